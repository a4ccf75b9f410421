/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"

/* Bytes of a control character at `text`, C1 in two of them included; 0: it is none. */
static uint32_t control_bytes(const char *text, uint32_t size) {
    const unsigned char first = (unsigned char)text[0];
    if (first < 0x20 || first == 0x7f) return 1;
    return size > 1 && first == 0xc2 && (unsigned char)text[1] < 0xa0 ? 2 : 0;
}

void printable_put_text(struct text text, FILE *out) {
    for (uint32_t i = 0; i < text.size;) {
        const uint32_t control = control_bytes(text.data + i, text.size - i);
        fputc(control > 0 ? '?' : text.data[i], out);
        i += control > 0 ? control : 1;
    }
}

void printable_put(const char *text, FILE *out) {
    printable_put_text(text_of(text), out);
}
