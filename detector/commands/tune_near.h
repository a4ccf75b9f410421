/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts beside the line: of the ranking, those that are among the TUNE_NEAR just above or
 * just below one of the edges. */
#pragma once

#include "detector/commands/backtest_figures.h"
#include "detector/commands/tune_best.h"
#include "detector/commands/tune_edges.h"

enum { TUNE_NEAR = 20 };

struct tune_near {
    size_t count;      /* of the ranking: accounts that are judged, highest score first */
    uint32_t *account; /* by rank */
    bool *is_near;     /* by rank */
};

void tune_near_find(struct tune_near *near, const struct backtest_pass *pass,
                    const struct backtest_standing *standings, const struct tune_edges *edges);
void tune_near_free(struct tune_near *near);
