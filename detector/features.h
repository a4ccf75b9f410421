/* SPDX-License-Identifier: Apache-2.0 */
/* The feature vectors of sides, from their account records and events, LANES sides at a time.
 * Definitions: feature_table.c. */
#pragma once

#include "detector/account_record.h"
#include "detector/batch.h"
#include "detector/finish.h"
#include "detector/taint.h"

/* Sides that were taken and are not finished yet, and the tier that works on them. */
struct features {
    const struct kernels *kernels;
    finish_features *finish;
    uint32_t count, first_side;
    struct raw_row rows[LANES];
    struct raw_columns columns;
};

/* Counts what the vector of a side is made of, from the record as it stands. `before` is what the
 * head said of amounts before the event entered (features_before). */
struct amounts_before {
    double mean, variance; /* NaN: too few, or no deviation */
};
struct amounts_before features_before(const struct account *account);
/* What signals say of a side's party at its row, and what reported money came to its account. */
struct outside {
    double list_evidence;
    bool fraud_call;                        /* of the payer alone */
    const struct signal_evidence *evidence; /* that list_evidence is of */
    struct taint_answer taint;
};
void features_take(struct features *features, struct batch *batch, uint32_t side,
                   const struct account *account, const struct amounts_before *before,
                   const struct outside *outside);
/* Writes the vectors of all sides taken so far; after the last side of a batch. */
void features_flush(struct features *features, struct batch *batch);

/* Sets quality, approximate_before_s and cold_before_s of a side at `second`, when the engine's
 * knowledge began at `first_s`. */
void features_quality(const struct account *account, int64_t second, int64_t first_s,
                      struct side *side);
