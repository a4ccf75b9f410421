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
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MIB (UINT64_C(1) << 20)
#define LIMIT (24 * MIB)
enum { ROWS = 160000, ACCOUNTS = 90000, HOT = 12, DAY_S = 86400, START_S = 1767225600 };
enum { SPAN_S = 12 * DAY_S, ANY_SIZE = 0 };

struct outcome {
    uint64_t digest, most_bytes;
    uint64_t dropped, by_panes; /* accounts; of the largest class, at the end */
    uint32_t loads;             /* of states that had been saved */
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

/* What a saving has come to. */
struct saving {
    struct pack head, records;
    bool running;
};

static uint8_t *space(void *context, size_t size) {
    struct saving *saving = context;
    return pack_space(&saving->records, size);
}

static void start(struct saving *saving, struct apply *apply) {
    const struct apply_sinks sinks = {.accounts = {saving, space}};
    saving->head.size = saving->records.size = 0;
    saving->running = true;
    apply_save_begin(apply, &saving->head, &sinks);
}

/* The saved state takes the place of the engine's; a record at a time as well as many. */
static struct apply *load(const struct saving *saving, const char *tier) {
    struct error error;
    struct apply *apply = open_engine(tier, 0);
    struct accounts_load load;
    struct unpack head = {saving->head.data, saving->head.data + saving->head.size, false};
    struct unpack records = {saving->records.data, saving->records.data + saving->records.size,
                             false};
    assert_true(apply_load_begin(apply, &load, &head, &error));
    assert_ptr_equal(head.at, head.end);
    assert_true(apply_load_records(apply, &load, &records));
    assert_true(apply_load_end(apply, &load, &error));
    return apply;
}

/* How a run is cut: batches of `size` rows, ANY_SIZE: of random size; every `save_rows` the state
 * begins to be saved, a few blocks a batch, and when that is done the run starts again from what
 * was saved (0: never). */
struct way {
    const char *tier;
    uint32_t size;
    uint64_t prefault;
    uint32_t save_rows;
};

struct course {
    struct apply *apply;
    struct batch *batch;
    struct chance chance, saved_chance;
    uint32_t row, saved_row;
    int64_t saved_clock_s;
    struct outcome out, saved_out;
    struct saving saving;
};

static void note_saved(struct course *r) {
    start(&r->saving, r->apply);
    r->saved_chance = r->chance;
    r->saved_row = r->row;
    r->saved_clock_s = rows_clock_s();
    r->saved_out = r->out;
}

/* Back to where the saving began. */
static void go_back(struct course *r, const struct way *way) {
    r->saving.running = false;
    assert_true(apply_save_end(r->apply));
    const uint32_t loads = r->out.loads + 1;
    apply_close(r->apply);
    r->apply = load(&r->saving, way->tier);
    r->chance = r->saved_chance;
    r->row = r->saved_row;
    rows_set_clock_s(r->saved_clock_s);
    r->out = r->saved_out;
    r->out.loads = loads;
}

static void between_batches(struct course *r, const struct way *way) {
    const bool again = r->out.loads > 0 && r->row == r->saved_row; /* just loaded */
    if (r->saving.running && !apply_save_step(r->apply, 200))
        go_back(r, way);
    else if (!r->saving.running && way->save_rows != 0 && !again &&
             r->row / way->save_rows > r->saved_row / way->save_rows)
        note_saved(r);
}

static struct outcome run(const struct way *way) {
    static struct transaction tx;
    static char text[BATCH_EVENTS][3][16];
    static struct course r;
    r = (struct course){
        .apply = open_engine(way->tier, way->prefault), .batch = batch_new(), .chance = {7}};
    struct chance cut = {way->size};
    uint32_t room = way->size == ANY_SIZE ? 1 : way->size;
    while (r.row < ROWS) {
        make_row(&r.chance, &tx, text[r.batch->count], r.row);
        rows_add(r.batch, &tx, r.row++);
        if (r.batch->count < room && r.row % ACCOUNTS_STRIDE != 0 && r.row < ROWS) continue;
        apply_batch(r.apply, r.batch);
        add_sides(&r.out, r.batch);
        const struct accounts_counts counts = accounts_count(apply_accounts(r.apply));
        if (counts.bytes > r.out.most_bytes) r.out.most_bytes = counts.bytes;
        rows_clear(r.batch);
        between_batches(&r, way);
        room = way->size == ANY_SIZE ? 1 + chance_below(&cut, BATCH_EVENTS) : way->size;
    }
    const struct accounts_counts counts = accounts_count(apply_accounts(r.apply));
    r.out.dropped = counts.dropped;
    r.out.by_panes = counts.by_class[CLASS_PANES];
    batch_free(r.batch);
    apply_close(r.apply);
    free(r.saving.head.data);
    free(r.saving.records.data);
    return r.out;
}

/* In whole batches, from the beginning to the end: what every other way is held to. */
static struct outcome first;

static int run_whole(void **state) {
    (void)state;
    first = run(&(struct way){"auto", BATCH_EVENTS, 0, 0});
    return 0;
}

static void what_is_dropped_depends_on_the_input_alone(void **state) {
    (void)state;
    static const struct way ways[] = {{"auto", 1, 0, 0},
                                      {"scalar", ANY_SIZE, 0, 0},
                                      {"auto", 7, 8 * MIB, 0},
                                      {"avx2", 64, 1u << 30, 0}};
    assert_true(first.dropped > 1000 && first.by_panes > 0);
    assert_true(first.most_bytes <= LIMIT);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct outcome other = run(&ways[i]);
        assert_int_equal(other.digest, first.digest);
        assert_int_equal(other.dropped, first.dropped);
    }
}

static void an_engine_that_was_saved_while_it_went_on_and_loaded_is_the_same(void **state) {
    (void)state;
    static const struct way ways[] = {{"auto", BATCH_EVENTS, 0, 16001},
                                      {"scalar", ANY_SIZE, 0, 30000},
                                      {"auto", 61, 8 * MIB, 9973}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct outcome other = run(&ways[i]);
        assert_true(other.loads > 3);
        assert_int_equal(other.digest, first.digest);
        assert_int_equal(other.dropped, first.dropped);
        assert_int_equal(other.by_panes, first.by_panes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_dropped_depends_on_the_input_alone),
        cmocka_unit_test(an_engine_that_was_saved_while_it_went_on_and_loaded_is_the_same),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, run_whole, NULL);
}
