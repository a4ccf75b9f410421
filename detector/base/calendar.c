/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/calendar.h"

#include <assert.h>

enum { DAY_S = 86400, ZONE_S = 5 * 3600, DAYS_OF_WEEK = 7 };

int32_t calendar_day(int64_t second) {
    const int64_t local = second + ZONE_S;
    const int64_t day = local / DAY_S - (local % DAY_S < 0 ? 1 : 0);
    return (int32_t)day;
}

int64_t calendar_day_start_s(int32_t day) {
    return (int64_t)day * DAY_S - ZONE_S;
}

static bool is_leap(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t days_in_month(int32_t year, int32_t month) {
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static int32_t number(const char *text, int at, int count) {
    int32_t value = 0;
    for (int i = at; i < at + count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

static bool has_shape(const char *text) {
    static const char shape[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof shape; i++) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return false;
    }
    return true;
}

bool calendar_parse(const char *text, int32_t *day) {
    if (!has_shape(text)) return false;
    const int32_t year = number(text, 0, 4), month = number(text, 5, 2), date = number(text, 8, 2);
    if (year < 1970 || year > 2199 || month < 1 || month > 12) return false;
    if (date < 1 || date > days_in_month(year, month)) return false;
    int32_t days = date - 1;
    for (int32_t y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (int32_t m = 1; m < month; m++)
        days += days_in_month(year, m);
    *day = days;
    return true;
}

static bool contains(const int32_t *days, size_t count, int32_t day) {
    for (size_t i = 0; i < count; i++)
        if (days[i] == day) return true;
    return false;
}

bool calendar_is_working_day(const struct calendar *calendar, int32_t day) {
    if (contains(calendar->working_weekends, calendar->working_weekend_count, day)) return true;
    if (contains(calendar->holidays, calendar->holiday_count, day)) return false;
    /* 1970-01-01 was a Thursday; Saturday and Sunday are 5 and 6. */
    const int32_t weekday = ((day + 3) % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK;
    return weekday < 5;
}

int64_t calendar_after_working_days_s(const struct calendar *calendar, int64_t second, int32_t days,
                                      bool today_counts) {
    assert(days >= 1);
    int32_t day = calendar_day(second);
    int32_t counted = today_counts && calendar_is_working_day(calendar, day) ? 1 : 0;
    while (counted < days)
        counted += calendar_is_working_day(calendar, ++day) ? 1 : 0;
    return calendar_day_start_s(day + 1);
}
