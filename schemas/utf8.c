/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/utf8.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the sequence that `lead` starts, with the bounds of the second byte; 0: no lead byte. */
static size_t sequence(uint8_t lead, uint8_t *low, uint8_t *high) {
    *low = 0x80;
    *high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0) *low = 0xa0;
        if (lead == 0xed) *high = 0x9f;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0) *low = 0x90;
        if (lead == 0xf4) *high = 0x8f;
        return 4;
    }
    return 0;
}

static size_t ascii_prefix(const uint8_t *at, size_t size) {
    size_t done = 0;
    for (uint64_t word; size - done >= 8; done += 8) {
        memcpy(&word, at + done, sizeof word);
        if ((word & 0x8080808080808080u) != 0) break;
    }
    while (done < size && at[done] < 0x80)
        done++;
    return done;
}

bool utf8_valid(const char *text, size_t size) {
    const uint8_t *at = (const uint8_t *)text;
    for (;;) {
        const size_t ascii = ascii_prefix(at, size);
        at += ascii;
        size -= ascii;
        if (size == 0) return true;
        uint8_t low, high;
        const size_t length = sequence(at[0], &low, &high);
        if (length == 0 || length > size || at[1] < low || at[1] > high) return false;
        for (size_t i = 2; i < length; i++)
            if ((at[i] & 0xc0) != 0x80) return false;
        at += length;
        size -= length;
    }
}
