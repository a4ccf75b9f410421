/* SPDX-License-Identifier: Apache-2.0 */
/* The period that a command judges, by its flags --input, --labels and --from; what makes figures
 * of it meaningless. */
#pragma once

#include "detector/commands/backtest_pass.h"
#include "detector/commands/cli.h"
#include "models/model.h"

/* *from_s: --from, or where the model's own data ends; INT64_MIN: the first event. ERROR_USAGE. */
bool judging_from(const struct cli *cli, const struct model *model, int64_t *from_s,
                  struct error *error);
/* Warns of records that were left out as late: of an input that is out of order, half of them. */
void judging_warn_of_late(void);
/* Warns where fewer than all accounts that a file names ("labelled", "grouped") are in the input.
 */
void judging_warn_of_strangers(size_t known, size_t all, const char *what);
/* Warns of events that are labelled both ways. `labels` may be NULL. */
void judging_warn_of_contradictions(const struct labels *labels);
/* ERROR_BAD_DATA: nothing was scored, nothing is left to judge, or the labels, which may be NULL,
 * know nothing of the input. Warns of labelled accounts that it does not hold, and of
 * contradictions. */
bool judging_check(const struct cli *cli, const struct backtest_pass *pass,
                   const struct labels *labels, int64_t from_s, struct error *error);
