/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/csv_write.h"

static bool is_special(char c) {
    return (c == ',') | (c == '"') | (c == '\r') | (c == '\n');
}

/* To the end in any case: so the compiler looks at many bytes at once. */
bool csv_is_plain(struct text text) {
    bool special = false;
    for (uint32_t i = 0; i < text.size; i++)
        special |= is_special(text.data[i]);
    return !special;
}

static void write_quoted(FILE *file, struct text text) {
    putc('"', file);
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') putc('"', file);
        putc(text.data[i], file);
    }
    putc('"', file);
}

void csv_write_field(FILE *file, struct text text) {
    if (!csv_is_plain(text))
        write_quoted(file, text);
    else if (text.size > 0)
        fwrite(text.data, 1, text.size, file);
}
