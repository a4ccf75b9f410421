/* SPDX-License-Identifier: Apache-2.0 */
/* Days and working days at UTC+5, the one time zone of Kazakhstan. Days are numbered from
 * 1970-01-01. No state, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the rule "Monday to Friday" does not know. */
struct calendar {
    const int32_t *holidays;
    size_t holiday_count;
    const int32_t *working_weekends; /* Saturdays and Sundays declared working days */
    size_t working_weekend_count;
};

int32_t calendar_day(int64_t second);
/* The second at which the day begins. */
int64_t calendar_day_start_s(int32_t day);
/* "YYYY-MM-DD", years 1970 to 2199; false when there is no such day. */
bool calendar_parse(const char *text, int32_t *day);
bool calendar_is_working_day(const struct calendar *calendar, int32_t day);
/* The end of working day number `days` (≥ 1) for what begins at `second`. The day of `second`
 * itself counts, if it is a working day and `today_counts`. */
int64_t calendar_after_working_days_s(const struct calendar *calendar, int64_t second, int32_t days,
                                      bool today_counts);
