/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"

/* Control characters, what turns the direction of the text beside it (Unicode's Bidi_Control), and
 * its separators of lines. */
static const struct {
    uint32_t first, last;
} hidden[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},
              {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

static bool is_hidden(uint32_t character) {
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (character >= hidden[i].first && character <= hidden[i].last) return true;
    return false;
}

/* Its bytes; 0: there is none. */
static uint32_t take_character(const char *text, uint32_t size, uint32_t *character) {
    const unsigned char first = (unsigned char)text[0];
    *character = first;
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const uint32_t due = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    *character = first & (0x7fU >> due);
    for (uint32_t i = 1; i < due; i++) {
        if (i == size || (text[i] & 0xc0) != 0x80) return 0;
        *character = *character << 6 | (text[i] & 0x3f);
    }
    return due;
}

uint32_t printable_bytes(const char *text, uint32_t size) {
    uint32_t character;
    const uint32_t bytes = take_character(text, size, &character);
    return is_hidden(character) ? 0 : bytes;
}

/* One question mark stands for them. */
static uint32_t hidden_bytes(const char *text, uint32_t size) {
    uint32_t character;
    const uint32_t bytes = take_character(text, size, &character);
    return bytes > 0 ? bytes : 1;
}

bool printable_has_control(struct text text) {
    for (uint32_t i = 0; i < text.size; i++) {
        const unsigned char at = (unsigned char)text.data[i];
        if (at < 0x20 || at == 0x7f) return true;
        if (at == 0xc2 && i + 1 < text.size && (unsigned char)text.data[i + 1] < 0xa0) return true;
    }
    return false;
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
