/* SPDX-License-Identifier: Apache-2.0 */
/* The demo in lines for people: a recommendation, and where things stand. */
#pragma once

#include "detector/commands/demo_policy.h"
#include "detector/commands/demo_story.h"
#include "detector/commands/demo_tally.h"

enum { DEMO_LINE_SIZE = 320, DEMO_SHOWN_LINES = 3 };

/* 1234567 as 1,234,567. */
const char *demo_grouped(int64_t number, char out[32]);

/* A head, and why; lines that are not needed are empty. */
struct demo_shown {
    char lines[DEMO_SHOWN_LINES][DEMO_LINE_SIZE];
};
void demo_show(const struct recommendation *recommendation, struct demo_shown *shown);

struct demo_numbers {
    int64_t start_s, now_s, end_s; /* of the feed, seconds since 1970 */
    int64_t sent, taken;           /* records */
    int64_t signals, documents;    /* of those taken; acknowledgements are documents, too */
    int64_t answered;              /* of the signals that were sent, the banks' answers */
    int64_t accounts, dead_letters;
    struct demo_ending ending;
    struct demo_policy_said policy;
};

static inline int64_t demo_transactions(const struct demo_numbers *n) {
    return n->taken - n->signals - n->documents;
}

/* What victims said, and what had been advised, in a line. */
const char *demo_story_line(const struct demo_numbers *numbers, char out[DEMO_LINE_SIZE]);
/* What was advised, by state, and answered. */
const char *demo_advice_line(const struct demo_numbers *numbers, const struct demo_tally *tally,
                             char out[DEMO_LINE_SIZE]);
/* What became of the change of the policy. */
const char *demo_policy_line(const struct demo_policy_said *said, char out[DEMO_LINE_SIZE]);
