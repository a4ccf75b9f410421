/* SPDX-License-Identifier: Apache-2.0 */
/* All that the page of `tune` is made of. */
#pragma once

#include "detector/commands/fit_overlap.h"
#include "detector/commands/read_files.h"
#include "detector/commands/tune_curves.h"
#include "detector/commands/tune_drift.h"
#include "detector/commands/tune_near.h"

struct tune_findings {
    const char *input;
    const struct read_files *files; /* that it was made from */
    const struct model *model;
    const struct policy *policy;
    const struct backtest_pass *pass;
    struct tune_bests *bests;
    struct tune_sides *sides;
    struct backtest_figures *figures;    /* today's policy, with its caps */
    struct backtest_standing *standings; /* without recommendations */
    struct tune_edges edges;
    struct tune_curve *curves[ACTION_COUNT]; /* NULL: the policy does not use the action */
    struct tune_bands *bands[ACTION_COUNT];  /* NULL: no labels, or not used */
    struct tune_drift drift;
    struct tune_near near;
    struct fit_overlap overlap; /* of the model */
    bool interrupted;
};

/* From pass, bests and sides, which it sorts; `labels` may be NULL. */
void tune_find(struct tune_findings *findings, const struct labels *labels, int64_t from_s);
void tune_findings_free(struct tune_findings *findings);

/* The data of the page, one line of JSON without a `<`, so that it may stand in a page; to be
 * freed. */
char *tune_json(const struct tune_findings *findings);
