/* SPDX-License-Identifier: Apache-2.0 */
/* The whole vector against its slow twin, over random histories: every feature of every scored side
 * equals the one recomputed from the plain list of events. And the twin, made wrong in one place,
 * is told from the engine: so the comparison would notice. */
#include "tests/support.h"

#include "detector/apply.h"
#include "tests/naive_features.h"
#include "tests/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { HISTORIES = 400 };
#else
enum { HISTORIES = 4000 };
#endif
enum { EVENTS_MAX = 200, ACCOUNTS_MAX = 6, ID_MAX = 24, MUTANT_HISTORIES = 400, DAY_S = 86400 };
#define START_S INT64_C(1767225600)
#define SEED UINT64_C(20260101)

struct history {
    uint64_t seed;
    uint32_t count;
    struct transaction tx[EVENTS_MAX];
    char ids[EVENTS_MAX][ID_MAX];
};

static struct batch *batch;

/* Random histories. */

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int64_t below(uint64_t *state, int64_t limit) {
    return (int64_t)(next_random(state) % (uint64_t)limit);
}

static bool chance(uint64_t *state, int percent) {
    return below(state, 100) < percent;
}

/* How a history goes: each has its own pace, amounts and company. */
struct manner {
    int64_t pace_s;
    int accounts, amounts, late, reversed, attempted, twice, balances, edges;
};

static struct manner manner_of(uint64_t *random) {
    static const int64_t paces[] = {1, 60, 600, 3600, 6 * 3600, DAY_S, 4 * DAY_S, 30 * DAY_S};
    return (struct manner){
        .pace_s = paces[below(random, 8)],
        .accounts = 1 + (int)below(random, ACCOUNTS_MAX),
        .amounts = (int)below(random, 4),
        .late = (int)below(random, 3) * 15,
        .reversed = (int)below(random, 3) * 8,
        .attempted = (int)below(random, 3) * 8,
        .twice = (int)below(random, 3) * 4,
        .balances = (int)below(random, 3) * 40,
        .edges = (int)below(random, 3) * 20,
    };
}

static int64_t random_amount(uint64_t *random, int amounts) {
    static const int64_t special[] = {0,
                                      1,
                                      99999,
                                      100000,
                                      INT64_C(2147483647),
                                      INT64_C(2147483648),
                                      INT64_C(2147516415),
                                      INT64_C(2147516416),
                                      INT64_C(140737488289792),
                                      INT64_C(140737488355327),
                                      INT64_C(140737488355328),
                                      INT64_MAX};
    if (amounts == 0) return 100000 * (1 + below(random, 4));
    if (amounts == 1) return below(random, 300000);
    if (amounts == 2 || chance(random, 70)) return below(random, INT64_C(1) << 36);
    return special[below(random, 12)];
}

static int64_t random_balance(uint64_t *random) {
    if (chance(random, 5)) return chance(random, 50) ? INT64_MAX : INT64_MIN;
    return below(random, 2000000) - 500000;
}

static int64_t random_second(uint64_t *random, const struct history *h, const struct manner *m,
                             int64_t clock_s) {
    static const int64_t edges[] = {0, 600, 3600, 21600, 86400, 259200, 604800};
    const int64_t oldest_s = clock_s - 7 * DAY_S;
    if (h->count > 0 && chance(random, m->edges)) {
        const struct transaction *old = &h->tx[below(random, h->count)];
        const int64_t second = old->event_time_s + edges[below(random, 7)] + below(random, 3) - 1;
        if (second >= oldest_s) return second;
    }
    if (chance(random, m->late)) return oldest_s + below(random, 7 * DAY_S + 1);
    return clock_s + (chance(random, 30) ? 0 : below(random, 2 * m->pace_s));
}

static void random_party(uint64_t *random, const struct manner *m, struct party *p) {
    static const char *const names[ACCOUNTS_MAX] = {"anna", "boris", "vera",
                                                    "gleb", "dina",  "egor"};
    p->account_token = text_of(names[below(random, m->accounts)]);
    p->balance_after_present = chance(random, m->balances);
    if (p->balance_after_present) p->balance_after_minor = random_balance(random);
    p->account_opened_on_present = chance(random, 50);
    p->account_opened_on_day = (int32_t)(START_S / DAY_S - 100 + below(random, 120));
    p->credential_changed_at_present = chance(random, 50);
    p->credential_changed_at_s = START_S - DAY_S + below(random, 9 * DAY_S);
    p->phone_owner_mismatch = (uint8_t)below(random, 3);
}

static uint8_t random_type(uint64_t *random) {
    return chance(random, 50) ? EVENT_TYPE_P2P_TRANSFER
                              : (uint8_t)below(random, EVENT_TYPE_OTHER + 1);
}

static void random_sides(uint64_t *random, const struct manner *m, struct transaction *tx) {
    random_party(random, m, &tx->payer);
    random_party(random, m, &tx->payee);
    const bool out_only = tx->event_type == EVENT_TYPE_CASH_WITHDRAWAL || chance(random, 10);
    if (out_only)
        tx->payee.account_token = (struct text){0};
    else if (tx->event_type == EVENT_TYPE_CASH_DEPOSIT || chance(random, 10))
        tx->payer.account_token = (struct text){0};
}

static struct transaction random_transaction(uint64_t *random, struct history *h,
                                             const struct manner *m) {
    snprintf(h->ids[h->count], ID_MAX, "t%u", h->count);
    struct transaction tx = {
        .tx_id = text_of(h->ids[h->count]),
        .event_type = random_type(random),
        .tx_status = TX_STATUS_SETTLED,
        .amount_minor = random_amount(random, m->amounts),
        .active_call = (uint8_t)below(random, 3),
        .remote_access = (uint8_t)below(random, 3),
        .payee_alias_type = (uint8_t)below(random, ALIAS_TYPE_OTHER + 1),
    };
    static const char *const countries[] = {"", "KZ", "RU", "K"};
    tx.country_to = text_of(countries[below(random, 4)]);
    random_sides(random, m, &tx);
    if (!chance(random, m->attempted)) return tx;
    static const uint8_t stopped[] = {TX_STATUS_ATTEMPTED, TX_STATUS_SUSPENDED, TX_STATUS_REFUSED,
                                      TX_STATUS_UNKNOWN};
    tx.tx_status = stopped[below(random, 4)];
    return tx;
}

/* A new one, an old one again, or an old one taken back, whole or in part. */
static struct transaction random_event(uint64_t *random, struct history *h,
                                       const struct manner *m) {
    const struct transaction *old =
        h->count == 0 ? NULL : &h->tx[h->count - 1 - below(random, h->count < 12 ? h->count : 12)];
    if (old != NULL && chance(random, m->twice)) return *old;
    if (old == NULL || !chance(random, m->reversed)) return random_transaction(random, h, m);
    struct transaction tx = *old;
    tx.tx_status = TX_STATUS_REVERSED;
    if (chance(random, 30)) tx.amount_minor = random_amount(random, m->amounts);
    return tx;
}

static void make_history(struct history *h, uint64_t seed) {
    uint64_t random = seed;
    const struct manner m = manner_of(&random);
    const uint32_t count = 1 + (uint32_t)below(&random, chance(&random, 30) ? EVENTS_MAX : 60);
    int64_t clock_s = START_S + below(&random, DAY_S);
    h->seed = seed;
    for (h->count = 0; h->count < count; h->count++) {
        struct transaction tx = random_event(&random, h, &m);
        tx.event_id = tx.tx_id;
        tx.currency = text_of("KZT");
        tx.event_time_s = random_second(&random, h, &m, clock_s);
        if (tx.event_time_s > clock_s) clock_s = tx.event_time_s;
        h->tx[h->count] = tx;
    }
}

/* Comparison. */

struct difference {
    bool found;
    uint32_t event;
    char what[160];
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

static void differ(struct difference *d, uint32_t event, const char *what, double engine,
                   double twin) {
    d->found = true;
    d->event = event;
    snprintf(d->what, sizeof d->what, "event %u, %s: engine %.17g, twin %.17g", event, what, engine,
             twin);
}

static bool features_of(const struct batch *b, uint32_t row, bool payee,
                        double out[FEATURE_COUNT]) {
    for (uint32_t i = 0; i < b->sides; i++) {
        if (b->side[i].event != row || (b->side[i].role == SIDE_PAYEE) != payee) continue;
        batch_vector(b, i, out);
        return true;
    }
    return false;
}

static void compare_row(struct naive *naive, uint32_t row, uint32_t event, struct difference *d) {
    struct naive_side sides[2];
    const unsigned count = naive_take(naive, &batch->tx[row], sides);
    const bool duplicate = batch->verdict[row] == VERDICT_DUPLICATE;
    if (duplicate != (count == 0)) differ(d, event, "duplicate", duplicate, count == 0);
    for (unsigned i = 0; i < count && !d->found; i++) {
        double features[FEATURE_COUNT];
        if (!features_of(batch, row, sides[i].payee, features))
            differ(d, event, "side missing", 0, 1);
        for (int f = 0; f < FEATURE_COUNT && !d->found; f++)
            if (!equal(f, features[f], sides[i].features[f]))
                differ(d, event, feature_table[f].name, features[f], sides[i].features[f]);
    }
}

static struct difference compare(const struct history *h, enum naive_mutation mutation) {
    struct difference d = {.found = false};
    struct error error;
    const struct apply_options options = {.accounts_max = 16, .kernel_tier = "auto"};
    struct apply *apply = apply_open(&options, &error);
    struct naive *naive = naive_new(mutation);
    uint64_t random = h->seed ^ 1;
    for (uint32_t at = 0; at < h->count && !d.found;) {
        const uint32_t size = 1 + (uint32_t)below(&random, BATCH_EVENTS);
        rows_clear(batch);
        for (uint32_t i = 0; i < size && at + i < h->count; i++)
            rows_add(batch, &h->tx[at + i], at + i);
        assert_true(apply_batch(apply, batch, &error));
        for (uint32_t row = 0; row < batch->count && !d.found; row++)
            compare_row(naive, row, at + row, &d);
        at += batch->count;
    }
    naive_free(naive);
    apply_close(apply);
    return d;
}

/* Failure. */

static void without(const struct history *h, uint32_t first, uint32_t count, struct history *out) {
    *out = *h;
    out->count = h->count - count;
    memmove(&out->tx[first], &out->tx[first + count],
            (out->count - first) * sizeof *out->tx); /* ids stay where the texts point */
}

/* Takes out what is not needed for the difference. */
static void shrink(struct history *h) {
    struct history *smaller = malloc(sizeof *smaller);
    assert_non_null(smaller);
    for (uint32_t size = h->count / 2; size > 0; size /= 2)
        for (uint32_t at = 0; at + size <= h->count;) {
            without(h, at, size, smaller);
            if (compare(smaller, NAIVE_none).found)
                *h = *smaller;
            else
                at += size;
        }
    free(smaller);
}

static void print_history(const struct history *h) {
    for (uint32_t i = 0; i < h->count; i++) {
        const struct transaction *tx = &h->tx[i];
        print_error("%3u %.*s status %d type %d at %" PRId64 " amount %" PRId64
                    ": %.*s (%d %" PRId64 ") to %.*s (%d %" PRId64 ")\n",
                    i, (int)tx->tx_id.size, tx->tx_id.data, tx->tx_status, tx->event_type,
                    tx->event_time_s - START_S, tx->amount_minor, (int)tx->payer.account_token.size,
                    tx->payer.account_token.data, tx->payer.balance_after_present,
                    tx->payer.balance_after_minor, (int)tx->payee.account_token.size,
                    tx->payee.account_token.data, tx->payee.balance_after_present,
                    tx->payee.balance_after_minor);
    }
}

static void every_feature_equals_the_one_recomputed_from_the_list(void **state) {
    (void)state;
    static struct history h;
    for (uint64_t i = 0; i < HISTORIES; i++) {
        make_history(&h, SEED + i);
        if (!compare(&h, NAIVE_none).found) continue;
        shrink(&h);
        print_history(&h);
        fail_msg("seed %" PRIu64 ": %s", h.seed, compare(&h, NAIVE_none).what);
    }
}

static void every_mistake_in_the_twin_is_noticed(void **state) {
    static const char *const names[] = {
#define X(name) #name,
        NAIVE_MUTATIONS(X)
#undef X
    };
    (void)state;
    static struct history h;
    for (int m = NAIVE_none + 1; m < NAIVE_MUTATION_COUNT; m++) {
        uint64_t i = 0;
        bool found = false;
        for (; i < MUTANT_HISTORIES && !found; i++) {
            make_history(&h, SEED + i);
            found = compare(&h, (enum naive_mutation)m).found;
        }
        print_message("%-34s noticed in history %" PRIu64 "\n", names[m], i);
        if (!found) fail_msg("%s is not noticed in %d histories", names[m], MUTANT_HISTORIES);
    }
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
        cmocka_unit_test(every_feature_equals_the_one_recomputed_from_the_list),
        cmocka_unit_test(every_mistake_in_the_twin_is_noticed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
