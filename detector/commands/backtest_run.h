/* SPDX-License-Identifier: Apache-2.0 */
/* One model over recorded events, by the stages that production runs, apart from any live shard:
 * nothing is read from state.dir or snapshot.dir, and nothing written there. A recording's order
 * log is not followed, since it names the documents of its time: partitions are merged by record
 * time. */
#pragma once

#include "detector/commands/backtest_pass.h"
#include "detector/commands/offline_run.h"
#include "detector/policy.h"
#include "detector/shadows.h"

#include <stdio.h>

struct backtest_run {
    struct options settings;
    struct model *model;
    struct policy *policy;
    bool with_shadows; /* the caller's, before backtest_run_open: scores those of the settings, too
                        */
    struct shadows *shadows;
    struct backtest_pass *pass; /* what it left, from backtest_run_go on */
    FILE *scores_file;          /* where scores.csv goes, of the caller; NULL: nowhere */
    struct backtest_scores *scores;
    /* The caller's: sees each batch after the pass; NULL: nobody. */
    void (*on_batch)(void *context, const struct batch *batch);
    void *context;
    struct offline_run offline; /* from backtest_run_go on */
};

/* The file of a document: the flag's, else that of the settings; NULL: the shipped one. */
const char *backtest_run_path(const char *flag, const char *setting);
/* The paths replace those of the settings; NULL: as they are. Fills settings, model, policy,
 * shadows. Warns of actions that the model never reaches. */
bool backtest_run_open(struct backtest_run *run, const struct options *settings, const char *model,
                       const char *policy, struct error *error);
/* Once. `labels`, which may be NULL, are told of each side. True also after a stop. */
bool backtest_run_go(struct backtest_run *run, const struct offline_input *input, bool quiet,
                     struct labels *labels, struct error *error);
/* Frees the records; the pass stays. */
void backtest_run_forget(struct backtest_run *run);
void backtest_run_close(struct backtest_run *run);
