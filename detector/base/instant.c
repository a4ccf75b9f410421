/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/instant.h"

#include "detector/base/calendar.h"

#include <string.h>
#include <time.h>

enum { DATE_SIZE = 10, DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60, FRACTION_DIGITS = 6 };
#define SECOND_US INT64_C(1000000)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Two digits, at most `max`. */
static bool take_two(const char **at, int max, int32_t *out) {
    const char *text = *at;
    if (!is_digit(text[0]) || !is_digit(text[1])) return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    *at = text + 2;
    return *out <= max;
}

static bool take(const char **at, char wanted) {
    if (**at != wanted) return false;
    ++*at;
    return true;
}

bool instant_parse_zone(const char *text, int32_t *zone_s) {
    int32_t hours = 0, minutes = 0;
    *zone_s = 0;
    if (strcmp(text, "Z") == 0) return true;
    const bool west = *text == '-';
    if (!take(&text, '+') && !take(&text, '-')) return false;
    if (!take_two(&text, 14, &hours)) return false;
    if (*text != '\0') {
        take(&text, ':');
        if (!take_two(&text, 59, &minutes)) return false;
    }
    *zone_s = (hours * HOUR_S + minutes * MINUTE_S) * (west ? -1 : 1);
    return *text == '\0';
}

static bool take_date(const char **at, int32_t *day) {
    char date[DATE_SIZE + 1];
    if (strnlen(*at, DATE_SIZE) < DATE_SIZE) return false;
    memcpy(date, *at, DATE_SIZE);
    date[DATE_SIZE] = '\0';
    *at += DATE_SIZE;
    return calendar_parse(date, day);
}

static bool take_fraction(const char **at, int32_t *micros) {
    int32_t unit = 1000000;
    if (!is_digit(**at)) return false;
    for (int i = 0; is_digit(**at); i++, ++*at) {
        if (i >= FRACTION_DIGITS) continue;
        unit /= 10;
        *micros += (**at - '0') * unit;
    }
    return true;
}

static bool take_clock(const char **at, int32_t *second, int32_t *micros) {
    int32_t hours, minutes, seconds = 0;
    if (!take_two(at, 23, &hours) || !take(at, ':') || !take_two(at, 59, &minutes)) return false;
    if (take(at, ':')) {
        if (!take_two(at, 59, &seconds)) return false;
        if (take(at, '.') && !take_fraction(at, micros)) return false;
    }
    *second = hours * HOUR_S + minutes * MINUTE_S + seconds;
    return true;
}

bool instant_parse(const char *text, int32_t zone_s, int64_t *micros) {
    int32_t day, second = 0, fraction = 0;
    if (!take_date(&text, &day)) return false;
    if (*text != '\0') {
        if (!take(&text, 'T') && !take(&text, ' ')) return false;
        if (!take_clock(&text, &second, &fraction)) return false;
    }
    if (*text != '\0' && !instant_parse_zone(text, &zone_s)) return false;
    *micros = ((int64_t)day * DAY_S + second - zone_s) * SECOND_US + fraction;
    return true;
}

const char *instant_text(int64_t second, char out[INSTANT_TEXT_SIZE]) {
    const time_t seconds = (time_t)second;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(out, INSTANT_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &utc);
    return out;
}
