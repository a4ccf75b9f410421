/* SPDX-License-Identifier: Apache-2.0 */
/* Decide and all that it needs, for tests that play rows through it. Whatever fails here fails the
 * test. */
#pragma once

#include "detector/decide.h"
#include "detector/runs.h"

struct decide_stand {
    struct model *model;
    struct policy *policy;
    struct score *score;
    struct runs *runs;
    struct decide_options options;
    struct decide *decide;
    struct batch *batch;
};

/* How many of each it holds. */
struct decide_room {
    uint32_t runs, episodes, instructions, issued;
};

/* `terms`: what stands in the JSON list of them; their probability is logistic. */
struct model *decide_stand_model_of(double intercept, const char *terms);
/* One whose score is the first feature. */
struct model *decide_stand_model(void);
struct policy *decide_stand_policy(const char *json, const struct model *model);

/* Takes the model. The topics are "in" and "signals". */
void decide_stand_open(struct decide_stand *stand, struct model *model, const char *policy,
                       const struct decide_room *room);
void decide_stand_close(struct decide_stand *stand);

/* Decide's state goes through a snapshot's bytes into a stage that is new, which saves the same. */
void decide_stand_restart(struct decide_stand *stand);

/* 2026-06-01, 09:00 at UTC+5. */
int64_t decide_stand_monday(void);
/* An account's number is made of its name. */
uint32_t decide_stand_number(const char *name);
/* The text, or nothing, with its end. */
void decide_stand_print(char *out, size_t room, struct text text);
