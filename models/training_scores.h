/* SPDX-License-Identifier: Apache-2.0 */
/* `training_scores` of a model's provenance: how its own scores lay over the rows it was fitted on.
 *
 * {"edges": [logit, …], "rows": [count, …], "accounts": count}: rows below the first edge, from
 * each edge on; the accounts that these are of, 1 to as many as there are rows. Private to models/.
 */
#pragma once

#include "models/document.h"
#include "models/score_bins.h"

/* Counts beyond it are no longer exact in every reader of JSON. */
#define TRAINING_SCORES_COUNT_MAX (INT64_C(1) << 53)

/* No bins where `provenance` has none. False: ERROR_CONFIG. */
bool training_scores_read(const struct place *place, const json_t *provenance,
                          struct score_bins *out, struct error *error);
/* The caller's; there must be bins. */
json_t *training_scores_json(const struct score_bins *bins);
/* Its JSON Schema; the caller's. */
json_t *training_scores_schema(void);
