/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/moment.h"

#include "detector/base/instant.h"
#include "detector/import/decimal.h"

#include <stddef.h>

enum { MICROS_PER_S = 1000000 };
#define YEAR_2200_S INT64_C(7258118400) /* milliseconds since 1970 lie beyond */

const char *moment_read(const char *text, int64_t *second) {
    int64_t micros = 0;
    const enum decimal_outcome outcome = decimal_scale(text, '.', 1, true, second);
    if (outcome == DECIMAL_NO_NUMBER && instant_parse(text, 0, &micros)) {
        *second = micros / MICROS_PER_S;
        return NULL;
    }
    if (outcome == DECIMAL_NO_NUMBER)
        return "the time is neither seconds since 1970 nor like 2026-01-31T09:30:00Z";
    if (outcome != DECIMAL_OK || *second < 0 || *second >= YEAR_2200_S)
        return "the time is not within the years 1970 to 2199; it is due in seconds";
    return NULL;
}
