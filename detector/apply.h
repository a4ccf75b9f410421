/* SPDX-License-Identifier: Apache-2.0 */
/* Apply: both sides of every accepted event, debit first, and the feature vector of each side right
 * after; every signal at its place between them. In phases: hash the batch and fetch its lines of
 * the index; by blocks of rows probe it and fetch the records of the next block; update and count;
 * finish vectors by eights. Engine thread only. */
#pragma once

#include "detector/accounts.h"
#include "detector/batch.h"
#include "detector/kernels.h"
#include "detector/signals.h"
#include "detector/taint.h"

struct apply;

struct apply_options {
    struct accounts_options accounts;
    const char *kernel_tier; /* `kernel.tier`: "auto" or a tier's name; may only take tiers away */
    const struct kernels *kernels; /* NULL: those of the tier */
    struct signals *signals;       /* outlives the stage; NULL: no row is a signal */
    struct taint_options taint;    /* accounts_max 0: no money is traced */
};

struct apply *apply_open(const struct apply_options *options, struct error *error);
void apply_close(struct apply *apply);

/* Fills sides, side[], features[][], signal_effect[], signal_untraced[]; may turn a verdict into
 * DUPLICATE. The ordinals of a batch do not cross a multiple of ACCOUNTS_STRIDE. */
void apply_batch(struct apply *apply, struct batch *batch);

/* What a transaction adds to the balance of one of its sides, tiyn; nothing unless money moved. */
int64_t apply_moved_in(const struct transaction *tx, enum side_role role);

/* Between batches: the state as it now is, while batches go on (accounts.h). */
struct apply_sinks {
    struct pack_sink accounts, taint;
};
void apply_save_begin(struct apply *apply, struct pack *head, const struct apply_sinks *sinks);
bool apply_save_step(struct apply *apply, uint32_t looks);
bool apply_save_end(struct apply *apply);
/* The same of reported money (taint.h). */
bool apply_save_taint_step(struct apply *apply, uint32_t looks);
bool apply_save_taint_end(struct apply *apply);
/* Into a stage that is new; as accounts_load_begin. */
bool apply_load_begin(struct apply *apply, struct accounts_load *load, struct unpack *head,
                      struct error *error);
bool apply_load_records(struct apply *apply, struct accounts_load *load, struct unpack *records);
bool apply_load_taint(struct apply *apply, struct unpack *records);
bool apply_load_end(struct apply *apply, const struct accounts_load *load, struct error *error);

const struct accounts *apply_accounts(const struct apply *apply);
const struct taint *apply_taint(const struct apply *apply); /* NULL: none */
const char *apply_kernel_tier(const struct apply *apply);
