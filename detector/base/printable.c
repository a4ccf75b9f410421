/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"

/* Bytes of a control character at `text`, C1 in two of them included; 0: it is none. */
static size_t control_bytes(const char *text) {
    const unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
    if (first < 0x20 || first == 0x7f) return 1;
    return first == 0xc2 && second < 0xa0 ? 2 : 0;
}

void printable_put(const char *text, FILE *out) {
    while (*text != '\0') {
        const size_t control = control_bytes(text);
        fputc(control > 0 ? '?' : *text, out);
        text += control > 0 ? control : 1;
    }
}
