/* SPDX-License-Identifier: Apache-2.0 */
/* The policy document: what is done at which score. JSON, validated whole before use. */
#pragma once

#include "detector/error.h"
#include "detector/recommendation.h"
#include "models/model.h"

struct policy;

/* Thresholds are given as probabilities and compared as logits of `model`. Errors as model_parse. */
struct policy *policy_parse(const char *json, size_t size, const char *origin,
                            const struct model *model, struct error *error);
struct policy *policy_load(const char *path, const struct model *model, struct error *error);
struct policy *policy_shipped(const struct model *model, struct error *error);
void policy_free(struct policy *policy);

const char *policy_id(const struct policy *policy);
const char *policy_sha256(const struct policy *policy);
