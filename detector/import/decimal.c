/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/decimal.h"

#include <assert.h>
#include <stddef.h>

/* Enough for every fraction of int64 units; what lies behind can only make a product broken. */
enum { FRACTION_DIGITS_MAX = 18 };

typedef __int128 wide;

struct digits {
    wide whole, fraction, fraction_unit;
    bool negative, rest; /* rest: digits that are not 0 behind the fraction kept */
    int count;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static const char *read_whole(struct digits *d, const char *at) {
    for (; is_digit(*at); at++, d->count++)
        if (d->whole <= INT64_MAX) d->whole = d->whole * 10 + (*at - '0');
    return at;
}

static const char *read_fraction(struct digits *d, const char *at) {
    for (int i = 0; is_digit(*at); at++, i++, d->count++) {
        if (i >= FRACTION_DIGITS_MAX) {
            d->rest |= *at != '0';
            continue;
        }
        d->fraction = d->fraction * 10 + (*at - '0');
        d->fraction_unit *= 10;
    }
    return at;
}

static bool read_digits(const char *text, char mark, struct digits *d) {
    *d = (struct digits){.fraction_unit = 1};
    while (*text == ' ')
        text++;
    d->negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    text = read_whole(d, text);
    if (*text == mark) text = read_fraction(d, text + 1);
    while (*text == ' ')
        text++;
    return *text == '\0' && d->count > 0;
}

enum decimal_outcome decimal_scale(const char *text, char mark, int64_t unit, bool floored,
                                   int64_t *out) {
    struct digits d;
    assert(unit > 0);
    if (!read_digits(text, mark, &d)) return DECIMAL_NO_NUMBER;
    if (d.whole > INT64_MAX) return DECIMAL_TOO_LARGE;
    wide value = d.whole * unit + d.fraction * unit / d.fraction_unit;
    const bool broken = d.rest || d.fraction * unit % d.fraction_unit != 0;
    if (broken && !floored) return DECIMAL_NOT_WHOLE;
    if (d.negative) value = -value - broken;
    if (value < INT64_MIN || value > INT64_MAX) return DECIMAL_TOO_LARGE;
    *out = (int64_t)value;
    return DECIMAL_OK;
}

const char *decimal_why(enum decimal_outcome outcome) {
    static const char *const texts[] = {
        [DECIMAL_OK] = NULL,
        [DECIMAL_NO_NUMBER] = "is no plain decimal number",
        [DECIMAL_NOT_WHOLE] = "is not a whole number of minor units",
        [DECIMAL_TOO_LARGE] = "is out of range",
    };
    return texts[outcome];
}
