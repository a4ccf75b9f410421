/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the scored sides of a run as rows to train on, with the labels of their accounts. */
#pragma once

#include "detector/batch.h"
#include "detector/commands/labels.h"
#include "models/train/row_store.h"

struct train_rows;

/* `labels` outlives it. memory_max: bytes of rows, with what they take in training
 * (TRAIN_ROW_BYTES), and of what the caller holds beside them. NULL: no memory. */
struct train_rows *train_rows_open(struct labels *labels, int64_t memory_max);
void train_rows_close(struct train_rows *taken);
/* held: bytes that the caller holds beside the rows while they are taken. ERROR_FAILED: more than
 * memory_max. */
bool train_rows_take(struct train_rows *taken, const struct batch *batch, int64_t held,
                     struct error *error);

struct row_store *train_rows_rows(struct train_rows *taken);
/* After the run: by account number, the second from which it is bad; INT64_MAX: never. */
const int64_t *train_rows_first_bad(struct train_rows *taken, uint32_t *accounts);
/* Seconds of the earliest event and of the latest, and one after which `share` of the rows have
 * come. */
int64_t train_rows_earliest(const struct train_rows *taken);
int64_t train_rows_latest(const struct train_rows *taken);
/* False: no memory. */
bool train_rows_at_share(const struct train_rows *taken, double share, int64_t *second);
