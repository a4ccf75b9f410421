/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a batch as decode leaves them, for tests of the stages behind it. */
#pragma once

#include "detector/apply.h"
#include "detector/batch.h"

/* Appends a row with its verdict, ACCEPTED or LATE (asserts that it is one of them), and the engine
 * clock: the largest accepted ingest_time, or event_time where absent, since the row with ordinal
 * 0. Returns its index. */
uint32_t rows_add(struct batch *batch, const struct transaction *tx, uint64_t ordinal);
/* Appends a signal, at the engine clock. Returns its index. */
uint32_t rows_add_signal(struct batch *batch, const struct signal *signal, uint64_t ordinal);
void rows_clear(struct batch *batch);
/* The engine clock of the last row; to go on from another. */
int64_t rows_clock_s(void);
void rows_set_clock_s(int64_t clock_s);
