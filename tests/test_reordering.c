/* SPDX-License-Identifier: Apache-2.0 */
/* Late arrivals in another legal order change no feature of windows: random weeks of one account
 * and its company, delivered by time, backwards and in random orders, and one event that ends them
 * all. Legal is any order in which nothing is more than 7 days behind the clock, so a week in any.
 */
#include "tests/support.h"

#include "tests/chance.h"
#include "tests/engine.h"
#include "tests/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if SANITIZED || !defined(__OPTIMIZE__)
enum { WEEKS = 200 };
#else
enum { WEEKS = 3000 };
#endif
enum { EVENTS_MAX = 100, ORDERS = 5, ID_MAX = 16, WEEK_S = 7 * 86400, DORMANCY_S = 180 * 86400 };
#define START_S INT64_C(1767225600)

/* Features that go by the order of the log, and so may differ. */
static const int by_log_order[] = {
    /* First in, first out: the lots are in the order in which money was seen to come. */
    FEATURE_rapid_cash_out_10m, FEATURE_rapid_cash_out_1h, FEATURE_passed_amount_cash_24h,
    FEATURE_passed_amount_p2p_24h, FEATURE_passed_amount_cash_72h, FEATURE_passed_amount_p2p_72h,
    FEATURE_retained_share,
    /* A counterparty is new, or is not, when the event arrives. */
    FEATURE_new_payer_share_24h, FEATURE_new_payer_share_7d, FEATURE_attempts_new_payee_1h,
    FEATURE_attempts_new_payee_24h,
    /* Decay begins at the newest event there was on arrival. */
    FEATURE_inbound_burst_1h, FEATURE_inbound_burst_24h, FEATURE_amount_z};
enum { LEFT_OUT = sizeof by_log_order / sizeof *by_log_order };

struct week {
    uint32_t count; /* the last one ends it */
    struct transaction tx[EVENTS_MAX + 1];
    char ids[EVENTS_MAX + 1][ID_MAX];
};

/* Both sides of the last event. */
struct ending {
    double features[2][FEATURE_COUNT];
    int64_t approximate_before_s[2];
};

static struct batch *batch;
static bool differed[LEFT_OUT];

static bool may_differ(int feature, bool note) {
    for (int i = 0; i < LEFT_OUT; i++)
        if (by_log_order[i] == feature) {
            differed[i] |= note;
            return true;
        }
    return false;
}

/* Weeks. */

static int64_t random_amount(struct chance *chance) {
    if (chance_is(chance, 3)) return INT64_MAX;
    if (chance_is(chance, 30)) return INT64_C(100000) * (1 + chance_below(chance, 9));
    return (int64_t)(chance_bits(chance) >> 30);
}

static void random_sides(struct chance *chance, struct transaction *tx) {
    static const char *const others[] = {"anna", "boris", "gleb", "dina", "egor"};
    const bool pays = chance_is(chance, 50);
    struct party *one = pays ? &tx->payer : &tx->payee, *other = pays ? &tx->payee : &tx->payer;
    one->account_token = text_of("vera");
    if (chance_is(chance, 80)) other->account_token = text_of(others[chance_below(chance, 5)]);
}

static uint8_t random_status(struct chance *chance) {
    return chance_is(chance, 80) ? TX_STATUS_SETTLED : TX_STATUS_REFUSED;
}

static struct transaction random_event(struct chance *chance, struct week *w, int64_t second) {
    snprintf(w->ids[w->count], ID_MAX, "t%u", w->count);
    struct transaction tx = {.tx_id = text_of(w->ids[w->count]),
                             .event_id = text_of("e"),
                             .currency = text_of("KZT"),
                             .event_time_s = second,
                             .amount_minor = random_amount(chance),
                             .tx_status = random_status(chance),
                             .payee_alias_type = (uint8_t)chance_below(chance, ALIAS_TYPE_OTHER)};
    tx.event_type = chance_is(chance, 50) ? EVENT_TYPE_P2P_TRANSFER
                                          : (uint8_t)chance_below(chance, EVENT_TYPE_OTHER + 1);
    if (chance_is(chance, 30)) tx.country_to = text_of("RU");
    random_sides(chance, &tx);
    return tx;
}

/* Up to 100 events within a week, crowded towards its end or not. Some are taken back. */
static void make_week(struct week *w, struct chance *chance) {
    static const uint32_t spans[] = {600, 3600, 86400, 3 * 86400, WEEK_S};
    const uint32_t span = spans[chance_below(chance, 5)], most = 2 + chance_below(chance, 99);
    const int64_t end = START_S + WEEK_S;
    for (w->count = 0; w->count < most - 1; w->count++) {
        const uint32_t whole = chance_is(chance, 70) ? span : WEEK_S;
        w->tx[w->count] = random_event(chance, w, end - chance_below(chance, whole + 1));
        if (w->count == 0 || !chance_is(chance, 10)) continue;
        struct transaction *tx = &w->tx[w->count];
        if (tx[-1].tx_status != TX_STATUS_SETTLED) continue;
        const int64_t second = tx->event_time_s;
        *tx = tx[-1];
        tx->tx_status = TX_STATUS_REVERSED;
        tx->event_time_s = second;
    }
    w->tx[w->count] = random_event(chance, w, end);
    w->tx[w->count].payer.account_token = text_of("vera");
    w->tx[w->count].payee.account_token = text_of("anna");
    w->count++;
}

/* Orders of all but the last. */

static const struct week *sorted_week;

static int by_time(const void *a, const void *b) {
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const int64_t s = sorted_week->tx[i].event_time_s, t = sorted_week->tx[j].event_time_s;
    return s != t ? (s < t ? -1 : 1) : i < j ? -1 : i > j;
}

static void make_order(const struct week *w, int number, struct chance *chance, uint32_t *order) {
    const uint32_t count = w->count - 1;
    for (uint32_t i = 0; i < w->count; i++)
        order[i] = i;
    sorted_week = w;
    if (number < 2) qsort(order, count, sizeof *order, by_time);
    for (uint32_t i = 0; number == 1 && i < count / 2; i++) {
        const uint32_t swap = order[i];
        order[i] = order[count - 1 - i];
        order[count - 1 - i] = swap;
    }
    for (uint32_t i = count; number > 1 && i > 1; i--) {
        const uint32_t j = chance_below(chance, i), swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

/* Running. */

static void keep_ending(struct ending *ending) {
    assert_int_equal(batch->verdict[batch->count - 1], VERDICT_ACCEPTED);
    uint32_t found = 0;
    for (uint32_t i = 0; i < batch->sides; i++) {
        if (batch->side[i].event != batch->count - 1) continue;
        batch_vector(batch, i, ending->features[found]);
        ending->approximate_before_s[found++] = batch->side[i].approximate_before_s;
    }
    assert_int_equal(found, 2);
}

static void run(const struct week *w, const uint32_t *order, struct ending *ending) {
    struct apply *apply = engine_open("auto", NULL, DORMANCY_S);
    rows_clear(batch);
    for (uint32_t i = 0; i < w->count; i++)
        assert_int_equal(batch->verdict[rows_add(batch, &w->tx[order[i]], i)], VERDICT_ACCEPTED);
    apply_batch(apply, batch);
    for (uint32_t row = 0; row < batch->count; row++)
        assert_int_equal(batch->verdict[row], VERDICT_ACCEPTED);
    keep_ending(ending);
    apply_close(apply);
}

static void compare(const struct ending *a, const struct ending *b, int week, int order) {
    for (int side = 0; side < 2; side++) {
        for (int f = 0; f < FEATURE_COUNT; f++) {
            const double x = a->features[side][f], y = b->features[side][f];
            const bool same = memcmp(&x, &y, sizeof x) == 0;
            if (!may_differ(f, !same) && !same)
                fail_msg("week %d, order %d, side %d: %s is %.17g by time, and %.17g", week, order,
                         side, feature_table[f].name, x, y);
        }
        assert_true(a->approximate_before_s[side] == b->approximate_before_s[side]);
    }
}

static void windows_are_the_same_in_any_legal_order(void **state) {
    (void)state;
    static struct week week;
    struct chance chance = {20260101};
    for (int i = 0; i < WEEKS; i++) {
        struct ending by_time_ending, ending;
        uint32_t order[EVENTS_MAX + 1];
        make_week(&week, &chance);
        make_order(&week, 0, &chance, order);
        run(&week, order, &by_time_ending);
        for (int k = 1; k < ORDERS; k++) {
            make_order(&week, k, &chance, order);
            run(&week, order, &ending);
            compare(&by_time_ending, &ending, i, k);
        }
    }
}

/* Nothing is left out that need not be. */
static void what_goes_by_log_order_does_differ(void **state) {
    (void)state;
    for (int i = 0; i < LEFT_OUT; i++)
        if (!differed[i]) fail_msg("%s never differed", feature_table[by_log_order[i]].name);
}

static int set_up(void **state) {
    (void)state;
    batch = batch_new();
    return batch == NULL ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    batch_free(batch);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_the_same_in_any_legal_order),
        cmocka_unit_test(what_goes_by_log_order_does_differ),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
