/* SPDX-License-Identifier: Apache-2.0 */
/* The generator's flags, shared by `gen` and `demo`. */
#pragma once

#include "detector/commands/cli.h"
#include "detector/generator/gen.h"

#define GEN_FLAGS                                                                                  \
    {"--seed", "N", "seed of everything (1)", NULL}, {"--days", "N", "days of feed (14)", NULL},   \
        {"--accounts", "N", "people with an account (10k)", NULL},                                 \
        {"--start", "DATE", "first day, YYYY-MM-DD in UTC+5 (2026-01-01)", NULL},                  \
        {"--daily", "N", "everyday operations a person a day, thousandths (2000)", NULL}, {        \
        "--droppers", "N", "people who become droppers, thousandths (6)", NULL                     \
    }

/* ERROR_USAGE naming the flag. */
bool gen_flags_read(const struct cli *cli, struct gen_options *options, struct error *error);
