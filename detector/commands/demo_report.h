/* SPDX-License-Identifier: Apache-2.0 */
/* What the demo says at its end. */
#pragma once

#include "detector/commands/demo_words.h"
#include "detector/commands/scoreboard.h"
#include "detector/generator/gen.h"

#include <stdio.h>

struct demo_report {
    const struct gen_options *gen;
    const char *bootstrap_servers;
    const struct demo_numbers *numbers;
    const struct demo_tally *tally;
    const struct scoreboard_result *result;
    double seconds;
    bool interrupted;
};

/* One object in a line. */
void demo_report_json(const struct demo_report *report, FILE *out);
void demo_report_text(const struct demo_report *report, FILE *out);
