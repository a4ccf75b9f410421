/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rows.h"

#include "detector/admit.h"

#include <assert.h>

static int64_t clock_s;

uint32_t rows_add(struct batch *batch, const struct transaction *tx, uint64_t ordinal) {
    assert(batch->count < BATCH_EVENTS);
    const uint32_t row = batch->count++;
    const char *why;
    if (ordinal == 0) clock_s = INT64_MIN;
    batch->tx[row] = *tx;
    batch->input[row].ordinal = ordinal;
    assert(ordinal / ACCOUNTS_STRIDE == batch->input[0].ordinal / ACCOUNTS_STRIDE);
    batch->verdict[row] = admit(&batch->tx[row], clock_s, &why);
    assert(batch->verdict[row] == VERDICT_ACCEPTED || batch->verdict[row] == VERDICT_LATE);
    const int64_t second = admit_clock_s(tx);
    if (batch->verdict[row] == VERDICT_ACCEPTED && second > clock_s) clock_s = second;
    batch->clock_s[row] = clock_s;
    return row;
}

uint32_t rows_add_signal(struct batch *batch, const struct signal *signal, uint64_t ordinal) {
    assert(batch->count < BATCH_EVENTS);
    const uint32_t row = batch->count++;
    batch->signal[row] = *signal;
    batch->input[row].ordinal = ordinal;
    batch->verdict[row] = VERDICT_SIGNAL;
    batch->clock_s[row] = clock_s;
    return row;
}

void rows_clear(struct batch *batch) {
    batch->count = batch->sides = 0;
}

int64_t rows_clock_s(void) {
    return clock_s;
}

void rows_set_clock_s(int64_t second) {
    clock_s = second;
}
