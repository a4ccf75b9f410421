/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

bool utf8_valid(const char *text, size_t size);

/* Eight bytes at a time; the last eight may overlap those before. */
static inline bool utf8_ascii(const void *text, size_t size) {
    const uint8_t *at = text;
    uint64_t seen = 0, word;
    if (size < sizeof word) {
        for (size_t i = 0; i < size; i++)
            seen |= at[i];
        return (seen & 0x80) == 0;
    }
    for (size_t i = 0; i + sizeof word < size; i += sizeof word) {
        memcpy(&word, at + i, sizeof word);
        seen |= word;
    }
    memcpy(&word, at + size - sizeof word, sizeof word);
    return ((seen | word) & 0x8080808080808080) == 0;
}
