/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/twins.h"

#include "tests/chance.h"
#include "tests/engine.h"
#include "tests/naive_known.h"
#include "tests/rows.h"
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* What is told of each row that is not late; of a signal, `event` is the next one. */
typedef bool (*on_row)(void *context, const struct batch *batch, uint32_t row, uint32_t event);

/* The next of a history. */
struct place {
    uint32_t event, signal;
};

/* The next rows, at most `size`; a batch does not cross a multiple of ACCOUNTS_STRIDE. */
static void next_batch(struct batch *batch, const struct history *h, struct place *at,
                       uint32_t size) {
    const uint64_t stride = history_ordinal(h, at->event) / ACCOUNTS_STRIDE;
    rows_clear(batch);
    while (batch->count < size && at->event < h->count) {
        const uint64_t ordinal = history_ordinal(h, at->event);
        const struct history_signal *signal = &h->signals[at->signal];
        if (ordinal / ACCOUNTS_STRIDE != stride) break;
        if (at->signal < h->signal_count && signal->before <= at->event) {
            rows_add_signal(batch, &signal->signal, ordinal);
            at->signal++;
        } else {
            rows_add(batch, &h->tx[at->event++], ordinal);
        }
    }
}

/* NULL where nothing is told. */
static struct signals *open_signals(const struct history *h) {
    const struct signals_options options = {.max = 64};
    struct error error;
    if (h->signal_count == 0) return NULL;
    struct signals *signals = signals_open(&options, &error);
    if (signals == NULL) fail_msg("%s", error.text);
    return signals;
}

/* The engine over a history, in batches of random sizes, until `tell` says false. */
static void run_engine(const struct kernels *kernels, const struct history *h, on_row tell,
                       void *context) {
    static struct batch *batch;
    if (batch == NULL) batch = batch_new();
    assert_non_null(batch);
    struct chance chance = {h->seed ^ 1};
    struct signals *signals = open_signals(h);
    struct apply *apply = engine_open_with("auto", kernels, h->dormancy_s, signals);
    bool on = true;
    for (struct place at = {0, 0}; at.event < h->count && on;) {
        uint32_t event = at.event;
        next_batch(batch, h, &at, 1 + chance_below(&chance, BATCH_EVENTS));
        apply_batch(apply, batch);
        for (uint32_t row = 0; row < batch->count && on; row++) {
            if (batch->verdict[row] != VERDICT_LATE) on = tell(context, batch, row, event);
            event += batch->verdict[row] != VERDICT_SIGNAL;
        }
    }
    apply_close(apply);
    signals_close(signals);
}

/* Comparison. */

struct comparison {
    struct naive *naive;
    struct naive_signals *signals;
    struct difference difference;
};

/* Counts, money, seconds and flags are equal; what is divided or decayed, to the last places. */
static bool equal(int feature, double a, double b) {
    const char *unit = feature_table[feature].unit;
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    const bool divided = strcmp(unit, "ratio") == 0 || strcmp(unit, "days") == 0;
    const bool decayed = strcmp(unit, "log ratio") == 0 || strcmp(unit, "standard deviations") == 0;
    const double slack = divided ? 1e-13 : decayed ? 1e-9 : 0;
    return fabs(a - b) <= slack * (1 + fabs(b));
}

static void differ(struct difference *d, const char *what, double engine, double twin) {
    if (d->found) return;
    d->found = true;
    snprintf(d->what, sizeof d->what, "event %u, %s: engine %.17g, twin %.17g", d->event, what,
             engine, twin);
}

static const struct side *side_of(const struct batch *batch, uint32_t row, bool payee) {
    for (uint32_t i = 0; i < batch->sides; i++)
        if (batch->side[i].event == row && (batch->side[i].role == SIDE_PAYEE) == payee)
            return &batch->side[i];
    return NULL;
}

static void compare_side(const struct batch *batch, uint32_t row, const struct naive_side *twin,
                         struct difference *d) {
    const struct side *side = side_of(batch, row, twin->payee);
    if (side == NULL) {
        differ(d, twin->payee ? "payee missing" : "payer missing", 0, 1);
        return;
    }
    const ptrdiff_t column = side - batch->side;
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (!equal(f, batch->features[f][column], twin->features[f]))
            differ(d, feature_table[f].name, batch->features[f][column], twin->features[f]);
    if (side->account_number != twin->account_number)
        differ(d, "account number", side->account_number, twin->account_number);
    if (side->approximate_before_s != twin->approximate_before_s)
        differ(d, "approximate before", (double)side->approximate_before_s,
               (double)twin->approximate_before_s);
}

static bool compare_row(void *context, const struct batch *batch, uint32_t row, uint32_t event) {
    struct comparison *c = context;
    struct difference *d = &c->difference;
    struct naive_side sides[2];
    const int64_t clock_s = batch->clock_s[row];
    if (batch->verdict[row] == VERDICT_SIGNAL) {
        naive_signals_apply(c->signals, &batch->signal[row], clock_s);
        return true;
    }
    const struct naive_known known = naive_known_of(c->signals, &batch->tx[row], clock_s);
    const unsigned count = naive_take(c->naive, &batch->tx[row], clock_s, &known, sides);
    const bool duplicate = batch->verdict[row] == VERDICT_DUPLICATE;
    d->event = event;
    if (duplicate != (count == 0)) differ(d, "duplicate", duplicate, count == 0);
    for (unsigned i = 0; i < count && !d->found; i++)
        compare_side(batch, row, &sides[i], d);
    return !d->found;
}

struct difference twins_compare(const struct twins *twins, const struct history *h) {
    struct comparison c = {.naive = naive_new(twins->mutation, h->dormancy_s),
                           .signals = naive_signals_new()};
    run_engine(twins->kernels, h, compare_row, &c);
    naive_free(c.naive);
    naive_signals_free(c.signals);
    return c.difference;
}

/* Takes stretches of a size out where the difference stays. Returns whether any went. */
static bool cut(const struct twins *twins, struct history *h, uint32_t size,
                struct history *smaller) {
    bool any = false;
    for (uint32_t at = 0; at + size <= h->count;) {
        history_without(h, at, size, smaller);
        if (smaller->count == 0 || !twins_compare(twins, smaller).found) {
            at += size;
            continue;
        }
        h->count = smaller->count;
        memcpy(h->tx, smaller->tx, h->count * sizeof *h->tx);
        memcpy(h->signals, smaller->signals, h->signal_count * sizeof *h->signals);
        any = true;
    }
    return any;
}

void twins_shrink(const struct twins *twins, struct history *h) {
    struct history *smaller = malloc(sizeof *smaller);
    assert_non_null(smaller);
    for (uint32_t size = h->count / 2; size > 1; size /= 2)
        cut(twins, h, size, smaller);
    while (cut(twins, h, 1, smaller))
        continue;
    free(smaller);
}

/* Hash. */

static bool hash_row(void *context, const struct batch *batch, uint32_t row, uint32_t event) {
    uint64_t *hash = context;
    const uint64_t head[] = {*hash, event, batch->verdict[row]};
    *hash = XXH3_64bits(head, sizeof head);
    for (uint32_t i = 0; i < batch->sides; i++) {
        if (batch->side[i].event != row) continue;
        double values[FEATURE_COUNT];
        batch_vector(batch, i, values);
        const uint64_t parts[] = {*hash, batch->side[i].account_number, batch->side[i].quality,
                                  (uint64_t)batch->side[i].approximate_before_s,
                                  XXH3_64bits(values, sizeof values)};
        *hash = XXH3_64bits(parts, sizeof parts);
    }
    return true;
}

uint64_t twins_engine_hash(const struct kernels *kernels, const struct history *h) {
    uint64_t hash = h->seed;
    run_engine(kernels, h, hash_row, &hash);
    return hash;
}
