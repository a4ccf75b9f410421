/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"

/* Bytes of a control character at `text`, C1 in two of them included; 0: it is none. */
static uint32_t control_bytes(const char *text, uint32_t size) {
    const unsigned char first = (unsigned char)text[0];
    if (first < 0x20 || first == 0x7f) return 1;
    return size > 1 && first == 0xc2 && (unsigned char)text[1] < 0xa0 ? 2 : 0;
}

/* Bytes of the character at `text`; 0: it is none of UTF-8, and a terminal that reads bytes may
 * take it for a control character. */
static uint32_t character_bytes(const char *text, uint32_t size) {
    const unsigned char first = (unsigned char)text[0];
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const uint32_t due = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (uint32_t i = 1; i < due; i++)
        if (i == size || (text[i] & 0xc0) != 0x80) return 0;
    return due;
}

void printable_put_text(struct text text, FILE *out) {
    for (uint32_t i = 0; i < text.size;) {
        const uint32_t control = control_bytes(text.data + i, text.size - i);
        const uint32_t bytes = character_bytes(text.data + i, text.size - i);
        if (control > 0 || bytes == 0)
            fputc('?', out);
        else
            fwrite(text.data + i, 1, bytes, out);
        i += control > 0 ? control : bytes > 0 ? bytes : 1;
    }
}

void printable_put(const char *text, FILE *out) {
    printable_put_text(text_of(text), out);
}
