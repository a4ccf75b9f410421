/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/train_world.h"

#include "tests/support.h"

#include <math.h>
#include <stdlib.h>

double uniform(struct chance *chance) {
    return (double)chance_below(chance, 1000000) / 1e6;
}

static void add_row(struct world *w, struct chance *chance, uint32_t account, int64_t time_s) {
    double x[FEATURE_COUNT];
    const bool bad = time_s >= w->first_bad_s[account];
    for (int f = 0; f < FEATURE_COUNT; f++)
        x[f] = 0;
    x[FEATURE_rapid_cash_out_1h] = bad ? 0.5 + uniform(chance) / 2 : uniform(chance);
    x[FEATURE_payers_24h] = floor((bad ? 12 : 6) * uniform(chance));
    x[FEATURE_cash_gap] = uniform(chance) < 0.5 ? NAN : 3600 * uniform(chance);
    x[FEATURE_in_amount_24h] = floor(1e7 * uniform(chance));
    assert_true(row_store_add(&w->rows, (struct row){time_s, account}, x, 1));
}

struct world *world(void) {
    struct world *w = calloc(1, sizeof *w);
    struct chance chance = {.state = 7};
    assert_non_null(w);
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        w->first_bad_s[a] = a % 6 == 0 ? FIRST_BAD + (int64_t)(a % EACH) * 100 : INT64_MAX;
    for (int64_t i = 0; i < EACH; i++)
        for (uint32_t a = 0; a < ACCOUNTS; a++)
            add_row(w, &chance, a, i * 100);
    return w;
}

void poison(struct world *w, int feature, double (*value)(struct world *, size_t)) {
    for (size_t i = 0; i < w->rows.count; i++)
        w->rows.chunk[i / ROW_CHUNK]->feature[feature][i % ROW_CHUNK] = value(w, i);
}
