/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/gen_flags.h"

#include <time.h>

enum { UTC_PLUS_5_S = 5 * 3600 };

static bool read_start(const char *text, int64_t *start_s, struct error *error) {
    struct tm day = {0};
    if (text == NULL) text = "2026-01-01";
    const char *end = strptime(text, "%Y-%m-%d", &day);
    if (end == NULL || *end != '\0')
        return error_set(error, ERROR_USAGE, "--start takes a date like 2026-01-01, not %s", text);
    const int day_of_month = day.tm_mday;
    *start_s = (int64_t)timegm(&day) - UTC_PLUS_5_S;
    if (day.tm_mday != day_of_month)
        return error_set(error, ERROR_USAGE, "--start: there is no %s", text);
    return true;
}

bool gen_flags_read(const struct cli *cli, struct gen_options *options, struct error *error) {
    int64_t seed = 1, days = 14, accounts = 10000, daily = 2000, droppers = 6;
    *options = (struct gen_options){0};
    if (!cli_number(cli, "--seed", 0, INT64_MAX / 2, &seed, error) ||
        !cli_number(cli, "--days", 1, 3660, &days, error) ||
        !cli_number(cli, "--accounts", 100, 50000000, &accounts, error) ||
        !cli_number(cli, "--daily", 0, 1000000, &daily, error) ||
        !cli_number(cli, "--droppers", 0, 500, &droppers, error) ||
        !read_start(cli_value(cli, "--start"), &options->start_s, error))
        return false;
    options->seed = (uint64_t)seed;
    options->days = (uint32_t)days;
    options->accounts = (uint32_t)accounts;
    options->daily_per_mille = (uint32_t)daily;
    options->dropper_per_mille = (uint32_t)droppers;
    return true;
}
