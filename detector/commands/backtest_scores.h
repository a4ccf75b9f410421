/* SPDX-License-Identifier: Apache-2.0 */
/* scores.csv: one row for each scored side, in the order of the engine.
 *
 *   position      PARTITION/OFFSET of its record in the run
 *   account, time (of the event, seconds since 1970), side (payer or payee)
 *   logit, probability */
#pragma once

#include "detector/batch.h"
#include "models/model.h"

#include <stdio.h>

void backtest_scores_head(FILE *file);
/* Errors are the file's: ferror. */
void backtest_scores_rows(FILE *file, const struct batch *batch, const struct model *model);
