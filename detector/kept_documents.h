/* SPDX-License-Identifier: Apache-2.0 */
/* Models and policies kept in `state.dir` as SHA256.json, so that a replay finds what an order
 * record names. `dir` "": nothing is kept. Any thread. */
#pragma once

#include "detector/policy.h"

/* Whole or not at all; a document that is there already stays. ERROR_IO. */
bool kept_documents_put_model(const char *dir, const struct model *model, struct error *error);
bool kept_documents_put_policy(const char *dir, const struct policy *policy, struct error *error);

/* The document with this hash, to be freed. NULL: ERROR_CONFIG, it is not kept, was changed since,
 * or is refused. The caller has seen that `sha256` is one. */
struct model *kept_documents_model(const char *dir, struct text sha256, struct error *error);
struct policy *kept_documents_policy(const char *dir, struct text sha256, const struct model *model,
                                     struct error *error);
