/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rows.h"

#include "detector/admit.h"

#include <assert.h>

uint32_t rows_add(struct batch *batch, const struct transaction *tx, uint64_t ordinal) {
    assert(batch->count < BATCH_EVENTS);
    const uint32_t row = batch->count++;
    const char *why;
    batch->tx[row] = *tx;
    batch->input[row].ordinal = ordinal;
    batch->verdict[row] = admit(&batch->tx[row], INT64_MIN, &why);
    assert(batch->verdict[row] == VERDICT_ACCEPTED);
    batch->clock_s[row] = admit_clock_s(tx);
    return row;
}

void rows_clear(struct batch *batch) {
    batch->count = batch->sides = 0;
}
