/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as ISO 8601 text, to microseconds since 1970, exactly. Years 1970 to 2199. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "YYYY-MM-DD" or that, 'T' or a space, and "HH:MM[:SS[.FRACTION]]", then nothing, 'Z' or an offset
 * "+HH", "+HHMM", "+HH:MM". Without an offset the time is `zone_s` seconds east of UTC. What is
 * finer than a microsecond is cut. */
bool instant_parse(const char *text, int32_t zone_s, int64_t *micros);
/* "Z" or an offset as above, in seconds east of UTC. */
bool instant_parse_zone(const char *text, int32_t *zone_s);

/* "2026-01-03 11:33:20", in UTC, without saying so. */
enum { INSTANT_TEXT_SIZE = 32 };
const char *instant_text(int64_t second, char out[INSTANT_TEXT_SIZE]);
