/* SPDX-License-Identifier: Apache-2.0 */
/* The model and the policy in force, and those that the order log names.
 *
 * The pair of the files comes from model.path and policy.path, or is the shipped one. It is live
 * until the policy topic has put another into force: from then on what the topic said last is, and
 * the files count no more. With `state.dir` every document is kept there as SHA256.json before
 * anything is decided by it, so that a replay finds what an order record names. Engine thread. */
#pragma once

#include "detector/base/pack.h"
#include "detector/policy.h"
#include "detector/policy_change.h"
#include "detector/service/options.h"

struct documents;

/* ERROR_CONFIG for a refused document, ERROR_IO when it cannot be kept. */
struct documents *documents_open(const struct options *options, struct error *error);
void documents_close(struct documents *documents);

/* The documents as the options name them; to be freed. */
struct model *documents_load_model(const struct options *options, struct error *error);
struct policy *documents_load_policy(const struct options *options, const struct model *model,
                                     struct error *error);

/* As opened: the pair of the files is in force, the topic has said nothing. */
void documents_reset(struct documents *documents);

/* The pair in force; that of the files at first. Borrowed until documents_tidy. */
const struct model *documents_model(const struct documents *documents);
const struct policy *documents_policy(const struct documents *documents);
/* Puts the pair with these hashes into force. ERROR_CONFIG when one is neither live nor kept, or
 * was changed since. */
bool documents_use(struct documents *documents, struct text model_sha256, struct text policy_sha256,
                   struct error *error);
/* The live pair: of the topic where it has spoken, else of the files. */
void documents_use_live(struct documents *documents);
/* True from documents_use_live on, until documents_use: what is decided now is new. */
bool documents_are_live(const struct documents *documents);
/* Whether the topic has put a pair into force. */
bool documents_are_published(const struct documents *documents);
/* Whether the pair in force is that of the files. */
bool documents_are_of_files(const struct documents *documents);

/* A change that was read at its place in the order, under this key (no data: any): checked whole
 * with what it leaves as it is, and kept. It waits for documents_change. ERROR_CONFIG: it is
 * refused. */
bool documents_propose(struct documents *documents, const struct policy_change *change,
                       struct text key, struct error *error);
/* The policy that waits and its model; NULL: none. */
const struct policy *documents_next(const struct documents *documents);
const struct model *documents_next_model(const struct documents *documents);
/* Puts the pair that waits into force. */
void documents_change(struct documents *documents);
/* Forgets pairs that are neither in force nor of the files, once nobody borrows of them. */
void documents_tidy(struct documents *documents);

/* The pair in force, and who put it there; for a snapshot. */
void documents_save(const struct documents *documents, struct pack *pack);
/* Puts it into force. ERROR_CONFIG: this build refuses it. ERROR_BAD_DATA: it is none. */
bool documents_load(struct documents *documents, struct unpack *unpack, struct error *error);
