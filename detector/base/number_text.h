/* SPDX-License-Identifier: Apache-2.0 */
/* A double as decimal text that reads back as the same double, and fast: tables have a hundred of
 * them in a row. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_MAX = 40 };

/* Writes at most NUMBER_TEXT_MAX bytes, no NUL, and gives their number. `value` is finite. Whole
 * numbers below 2⁶³ have neither point nor exponent; a fraction has the fewest of 15, 16 or 17
 * digits that do, without zeros at its end. */
size_t number_text(double value, char *out);
/* The same of a whole number. */
size_t number_text_whole(int64_t value, char *out);
