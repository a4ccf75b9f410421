/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"

uint32_t printable_bytes(const char *text, uint32_t size) {
    const unsigned char first = (unsigned char)text[0];
    if (first < 0x80) return first >= 0x20 && first != 0x7f;
    if (first < 0xc2 || first > 0xf4) return 0;
    const uint32_t due = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (uint32_t i = 1; i < due; i++)
        if (i == size || (text[i] & 0xc0) != 0x80) return 0;
    return first == 0xc2 && (unsigned char)text[1] < 0xa0 ? 0 : due;
}

/* A control character of two bytes is one question mark. */
static uint32_t hidden_bytes(const char *text, uint32_t size) {
    return (unsigned char)text[0] == 0xc2 && size > 1 && (text[1] & 0xc0) == 0x80 ? 2 : 1;
}

void printable_put_text(struct text text, FILE *out) {
    for (uint32_t i = 0; i < text.size;) {
        const char *at = text.data + i;
        const uint32_t bytes = printable_bytes(at, text.size - i);
        if (bytes > 0)
            fwrite(at, 1, bytes, out);
        else
            fputc('?', out);
        i += bytes > 0 ? bytes : hidden_bytes(at, text.size - i);
    }
}

void printable_put(const char *text, FILE *out) {
    printable_put_text(text_of(text), out);
}
