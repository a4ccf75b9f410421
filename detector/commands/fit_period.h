/* SPDX-License-Identifier: Apache-2.0 */
/* What a model says of the data it was fitted on, in its provenance. */
#pragma once

#include "models/model.h"

/* *until_s: provenance.fit_until, the second at which the data it was fitted on ends; INT64_MIN
 * where it says nothing. ERROR_CONFIG when it is no whole number. */
bool fit_period_until(const struct model *model, int64_t *until_s, struct error *error);
