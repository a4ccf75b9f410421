/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/csv_cell.h"

#include "detector/base/printable.h"
#include "detector/import/csv_write.h"

#define GUARD '\''

/* Also where it has been guarded: so that of every text one ' is taken off that was put there. */
static bool is_formula(struct text text) {
    uint32_t i = 0;
    while (i < text.size && text.data[i] == GUARD)
        i++;
    const char c = i < text.size ? text.data[i] : ' ';
    return c == '=' || c == '+' || c == '-' || c == '@';
}

static void put_doubling_quotes(FILE *file, struct text text) {
    uint32_t from = 0;
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] != '"') continue;
        printable_put_text((struct text){text.data + from, i + 1 - from}, file);
        from = i;
    }
    if (from < text.size)
        printable_put_text((struct text){text.data + from, text.size - from}, file);
}

void csv_write_cell(FILE *file, struct text text) {
    const bool plain = csv_is_plain(text);
    if (!plain) putc('"', file);
    if (is_formula(text)) putc(GUARD, file);
    put_doubling_quotes(file, text);
    if (!plain) putc('"', file);
}

const char *csv_cell_text(const char *field) {
    return field[0] == GUARD && is_formula(text_of(field)) ? field + 1 : field;
}
