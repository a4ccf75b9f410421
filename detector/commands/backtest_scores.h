/* SPDX-License-Identifier: Apache-2.0 */
/* scores.csv: one row for each scored side, in the order of the engine.
 *
 *   position      PARTITION/OFFSET of its record in the run
 *   account, time (of the event, seconds since 1970), side (payer or payee)
 *   logit, probability */
#pragma once

#include "detector/batch.h"
#include "detector/shadows.h"
#include "models/model.h"

#include <stdio.h>

struct backtest_scores;

/* Begins with the head line. A column more for each shadow (backtest_shadows.h); NULL: none. File
 * and model outlive it; errors are the file's: ferror. */
struct backtest_scores *backtest_scores_open(FILE *file, const struct model *model,
                                             const struct shadows *shadows);
void backtest_scores_rows(struct backtest_scores *scores, const struct batch *batch);
/* Hands the last rows to the file. */
void backtest_scores_close(struct backtest_scores *scores);
