/* SPDX-License-Identifier: Apache-2.0 */
/* At the limit of memory the engine stays a function of its input: what is dropped, who comes back
 * cold and every vector are the same for any split into batches, any tier, and whatever is
 * prefaulted. */
#include "tests/support.h"

#include "detector/account_record.h"
#include "detector/base/log.h"
#include "tests/chance.h"
#include "tests/engine.h"
#include "tests/rows.h"

#include <math.h>
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MIB (UINT64_C(1) << 20)
#define LIMIT (24 * MIB)
enum { ROWS = 160000, ACCOUNTS = 90000, HOT = 12, DAY_S = 86400, START_S = 1767225600 };
enum { SPAN_S = 12 * DAY_S, ANY_SIZE = 0 };

struct outcome {
    uint64_t digest, most_bytes;
    uint64_t dropped, by_panes; /* accounts; of the largest class, at the end */
};

static bool is_pinned(const void *context, uint32_t number) {
    (void)context;
    return number % 101 == 0;
}

static struct apply *open_engine(const char *tier, uint64_t prefault) {
    struct error error;
    const struct apply_options options = {.accounts = {.memory_limit = LIMIT,
                                                       .prefault_bytes = prefault,
                                                       .dormancy_s = 9 * DAY_S,
                                                       .pinned = is_pinned},
                                          .kernel_tier = tier};
    struct apply *apply = apply_open(&options, &error);
    if (apply == NULL) fail_msg("%s", error.text);
    return apply;
}

static struct text named(char *out, char prefix, uint32_t number) {
    return (struct text){out, (uint32_t)snprintf(out, 16, "%c%u", prefix, number)};
}

/* Some accounts are in most rows; some rows are late, reversed, attempted, sent twice. */
static void make_row(struct chance *c, struct transaction *tx, char text[3][16], uint32_t row) {
    static const uint8_t types[] = {EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_CASH_WITHDRAWAL,
                                    EVENT_TYPE_C2B_PAYMENT, EVENT_TYPE_CRYPTO_PURCHASE,
                                    EVENT_TYPE_OWN_TRANSFER};
    const int64_t now_s = START_S + (int64_t)row * SPAN_S / ROWS;
    const uint32_t late = chance_is(c, 4) ? chance_below(c, 7 * DAY_S - 60) : chance_below(c, 60);
    *tx = (struct transaction){
        .tx_id = named(text[0], 't', row - chance_below(c, 40) / 39),
        .ingest_time_present = true,
        .ingest_time_s = now_s,
        .event_time_s = now_s - late,
        .tx_status = TX_STATUS_SETTLED,
        .event_type = types[chance_below(c, sizeof types)],
        .active_call = TRISTATE_NULL,
        .remote_access = TRISTATE_NULL,
    };
    tx->event_id = tx->tx_id;
    tx->currency = text_of("KZT");
    tx->amount_minor = (int64_t)(chance_bits(c) >> (1 + chance_below(c, 60)));
    if (chance_is(c, 5)) tx->tx_status = TX_STATUS_REVERSED;
    if (chance_is(c, 5)) tx->tx_status = TX_STATUS_ATTEMPTED;
    const bool hot = chance_is(c, 30);
    tx->payer.account_token = named(text[1], 'a', chance_below(c, hot ? HOT : ACCOUNTS));
    tx->payee.account_token =
        named(text[2], 'a', chance_below(c, chance_is(c, 9) ? HOT : ACCOUNTS));
    if (chance_is(c, 3)) tx->payee.account_token = (struct text){NULL, 0};
    if (chance_is(c, 1)) tx->payee.account_token = tx->payer.account_token;
}

static void add_sides(struct outcome *out, const struct batch *b) {
    for (uint32_t i = 0; i < b->sides; i++) {
        double values[FEATURE_COUNT + 3];
        batch_vector(b, i, values);
        for (int f = 0; f < FEATURE_COUNT; f++)
            if (isnan(values[f])) values[f] = INFINITY;
        values[FEATURE_COUNT] = b->side[i].account_number;
        values[FEATURE_COUNT + 1] = b->side[i].quality;
        values[FEATURE_COUNT + 2] = b->verdict[b->side[i].event];
        out->digest = XXH3_64bits_withSeed(values, sizeof values, out->digest);
    }
}

static struct outcome run(const char *tier, uint32_t size, uint64_t prefault) {
    static struct transaction tx;
    static char text[BATCH_EVENTS][3][16];
    struct apply *apply = open_engine(tier, prefault);
    struct batch *b = batch_new();
    struct outcome out = {0};
    struct chance c = {7}, cut = {size};
    uint32_t room = size == ANY_SIZE ? 1 : size;
    for (uint32_t row = 0; row < ROWS; row++) {
        make_row(&c, &tx, text[b->count], row);
        rows_add(b, &tx, row);
        if (b->count < room && (row + 1) % ACCOUNTS_STRIDE != 0 && row + 1 < ROWS) continue;
        apply_batch(apply, b);
        add_sides(&out, b);
        const struct accounts_counts counts = accounts_count(apply_accounts(apply));
        if (counts.bytes > out.most_bytes) out.most_bytes = counts.bytes;
        rows_clear(b);
        room = size == ANY_SIZE ? 1 + chance_below(&cut, BATCH_EVENTS) : size;
    }
    const struct accounts_counts counts = accounts_count(apply_accounts(apply));
    out.dropped = counts.dropped;
    out.by_panes = counts.by_class[CLASS_PANES];
    batch_free(b);
    apply_close(apply);
    return out;
}

static void what_is_dropped_depends_on_the_input_alone(void **state) {
    (void)state;
    static const struct {
        const char *tier;
        uint32_t size;
        uint64_t prefault;
    } ways[] = {
        {"auto", 1, 0}, {"scalar", ANY_SIZE, 0}, {"auto", 7, 8 * MIB}, {"avx2", 64, 1u << 30}};
    const struct outcome first = run("auto", BATCH_EVENTS, 0);
    assert_true(first.dropped > 1000 && first.by_panes > 0);
    assert_true(first.most_bytes <= LIMIT);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct outcome other = run(ways[i].tier, ways[i].size, ways[i].prefault);
        assert_int_equal(other.digest, first.digest);
        assert_int_equal(other.dropped, first.dropped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_dropped_depends_on_the_input_alone),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
