/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text times a whole number, exactly: money and time never pass through a double. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum decimal_outcome {
    DECIMAL_OK,
    DECIMAL_NO_NUMBER, /* not digits with at most one mark and one sign */
    DECIMAL_NOT_WHOLE, /* the product has a fraction */
    DECIMAL_TOO_LARGE, /* the product does not fit int64 */
};

/* "[+-]DIGITS[MARK DIGITS]", spaces at both ends allowed, no exponent, no grouping. `unit` > 0 is
 * what 1 stands for. `floored`: the largest whole number not above the product, never NOT_WHOLE. */
enum decimal_outcome decimal_scale(const char *text, char mark, int64_t unit, bool floored,
                                   int64_t *out);
/* "is no plain decimal number" …, to follow the text in a message; NULL for OK. */
const char *decimal_why(enum decimal_outcome outcome);
