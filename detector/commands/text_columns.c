/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/text_columns.h"

#include "detector/base/printable.h"

static int characters(const char *text) {
    int count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void put_space(const char *text, int width, FILE *out) {
    fprintf(out, "%*s", width > characters(text) ? width - characters(text) : 1, "");
}

void columns_left(const char *text, int width, FILE *out) {
    printable_put(text, out);
    put_space(text, width, out);
}

void columns_right(const char *text, int width, FILE *out) {
    put_space(text, width, out);
    printable_put(text, out);
}
