/* SPDX-License-Identifier: Apache-2.0 */
/* The model and the policy in force, and those that the order log names.
 *
 * The live pair comes from model.path and policy.path, or is the shipped one. With `state.dir`
 * every document is kept there as SHA256.json before anything is decided by it, so that a replay
 * finds what an order record names. Engine thread. */
#pragma once

#include "detector/policy.h"
#include "detector/service/options.h"

struct documents;

/* ERROR_CONFIG for a refused document, ERROR_IO when it cannot be kept. */
struct documents *documents_open(const struct options *options, struct error *error);
void documents_close(struct documents *documents);

/* The live documents as the options name them; to be freed. */
struct model *documents_load_model(const struct options *options, struct error *error);
struct policy *documents_load_policy(const struct options *options, const struct model *model,
                                     struct error *error);

/* The pair in force; the live one at first. Borrowed until documents_close. */
const struct model *documents_model(const struct documents *documents);
const struct policy *documents_policy(const struct documents *documents);
/* Puts the pair with these hashes into force. ERROR_CONFIG when one is neither live nor kept, or
 * was changed since. */
bool documents_use(struct documents *documents, struct text model_sha256, struct text policy_sha256,
                   struct error *error);
void documents_use_live(struct documents *documents);
/* True from documents_use_live on, until documents_use: what is decided now is new. */
bool documents_are_live(const struct documents *documents);
