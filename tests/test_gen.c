/* SPDX-License-Identifier: Apache-2.0 */
/* The synthetic feed as records: it repeats, it grows as it should, its balances add up, and the
 * engine admits it. docs/GENERATOR.md makes the claims. */
#include "tests/gen_seen.h"
#include "tests/support.h"

#include "detector/admit.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FINGERPRINT 0x88dfce393b2447e3u

/* Everything of a feed that a reader can tell, in one number. */
static uint64_t fingerprint(uint64_t seed, uint32_t accounts, uint32_t days, int64_t *records) {
    const struct gen_options options = gen_sample_options(seed, accounts, days);
    struct gen *gen = gen_sample_open(&options);
    struct transaction tx;
    bool bad;
    uint64_t hash = 0;
    *records = 0;
    while (gen_next(gen, &tx, &bad)) {
        const uint64_t parts[] = {hash,
                                  gen_sample_hash(tx.event_id),
                                  gen_sample_hash(tx.tx_id),
                                  gen_sample_hash(tx.status_reason),
                                  gen_sample_hash(tx.payer.account_token),
                                  gen_sample_hash(tx.payee.account_token),
                                  gen_sample_hash(tx.payer.person_token),
                                  gen_sample_hash(tx.payee.phone_token),
                                  gen_sample_hash(tx.device_token),
                                  gen_sample_hash(tx.ip_token),
                                  gen_sample_hash(tx.terminal_id),
                                  (uint64_t)tx.amount_minor,
                                  (uint64_t)tx.event_time_us,
                                  (uint64_t)tx.ingest_time_us,
                                  (uint64_t)tx.payer.balance_after_minor,
                                  (uint64_t)tx.payee.balance_after_minor,
                                  (uint64_t)tx.payer.credential_changed_at_us,
                                  (uint64_t)tx.tx_status << 8 | tx.event_type,
                                  (uint64_t)tx.active_call << 8 | tx.remote_access,
                                  bad};
        hash = XXH3_64bits(parts, sizeof parts);
        ++*records;
    }
    gen_close(gen);
    return hash;
}

static void the_same_seed_gives_the_same_feed_and_another_one_another(void **state) {
    (void)state;
    int64_t records;
    const uint64_t once = fingerprint(1, 300, 3, &records);
    assert_true(once == fingerprint(1, 300, 3, &records));
    assert_true(once != fingerprint(2, 300, 3, &records));
}

/* The order of draws must not be left to the compiler. The number changes with the generator. */
static void every_compiler_gives_the_same_feed(void **state) {
    (void)state;
    int64_t records;
    const uint64_t hash = fingerprint(1, 300, 3, &records);
    if (hash != FINGERPRINT) fail_msg("0x%016llxu", (unsigned long long)hash);
}

static void twice_the_days_or_people_are_twice_the_records(void **state) {
    (void)state;
    int64_t once, days, people;
    fingerprint(1, 1000, 7, &once);
    fingerprint(1, 1000, 14, &days);
    fingerprint(1, 2000, 7, &people);
    assert_in_range(10 * days / once, 17, 23);
    assert_in_range(10 * people / once, 17, 23);
}

static void memory_grows_with_the_people_not_with_the_days(void **state) {
    (void)state;
    const uint32_t days[] = {5, 40};
    size_t room[2];
    for (int i = 0; i < 2; i++) {
        const struct gen_options options = gen_sample_options(1, 500, days[i]);
        struct gen *gen = gen_sample_open(&options);
        struct transaction tx;
        bool bad;
        while (gen_next(gen, &tx, &bad))
            assert_true(gen->queue.count <= 16 * (size_t)options.accounts);
        room[i] = gen->queue.room;
        gen_close(gen);
    }
    assert_int_equal(room[0], room[1]);
}

static void options_out_of_range_are_refused(void **state) {
    (void)state;
    const struct gen_options good = gen_sample_options(1, 100, 1);
    struct gen_options bad[] = {good, good, good, good};
    bad[0].accounts = 99;
    bad[1].days = 0;
    bad[2].start_s++;
    bad[3].dropper_per_mille = 501;
    for (int i = 0; i < 4; i++) {
        struct error error = {.code = ERROR_NONE};
        assert_null(gen_open(&bad[i], &error));
        assert_int_equal(error.code, ERROR_USAGE);
    }
}

/* In the order of posting every balance is the one before with the amount taken off or put on, to
 * the tiyn; what was stopped moves nothing; and the last balance is what the person has. */
static int64_t moved(const struct seen *s) {
    if (s->status == TX_STATUS_SETTLED) return s->amount;
    return s->status == TX_STATUS_REVERSED ? -s->amount : 0;
}

static void balances_follow_every_posting(void **state) {
    (void)state;
    int64_t *last = calloc(feed.gen->count, sizeof *last);
    bool *known = calloc(feed.gen->count, sizeof *known);
    for
        EACH(s) {
            const uint32_t side[] = {s->payer, s->payee};
            const int64_t after[] = {s->payer_balance, s->payee_balance};
            for (int i = 0; i < 2; i++) {
                if (side[i] == NOBODY) continue;
                const int64_t change = i == 0 ? -moved(s) : moved(s);
                if (known[side[i]]) assert_true(last[side[i]] + change == after[i]);
                assert_true(after[i] >= 0);
                last[side[i]] = after[i];
                known[side[i]] = true;
            }
        }
    for (uint32_t i = 0; i < feed.gen->count; i++)
        assert_true(!known[i] || last[i] == person(i)->balance);
    free(last);
    free(known);
}

static void no_two_postings_share_a_time_and_no_two_records_an_id(void **state) {
    (void)state;
    for (size_t i = 1; i < feed.count; i++)
        assert_true(feed.seen[i - 1].event_us < feed.seen[i].event_us);
}

static void nothing_moves_before_an_account_is_open(void **state) {
    (void)state;
    for
        EACH(s)
    assert_true(s->opened);
}

static void every_record_is_admitted(void **state) {
    (void)state;
    const struct gen_options options = gen_sample_options(3, 1000, 5);
    struct gen *gen = gen_sample_open(&options);
    struct transaction tx;
    bool bad;
    int64_t clock_s = INT64_MIN;
    while (gen_next(gen, &tx, &bad)) {
        const char *why = NULL;
        if (admit(&tx, clock_s, &why) != VERDICT_ACCEPTED) fail_msg("%s", why);
        clock_s = admit_clock_s(&tx) > clock_s ? admit_clock_s(&tx) : clock_s;
    }
    gen_close(gen);
}

/* One in a thousand comes 1 to 120 minutes late, one in a thousand twice; the rest within 2 s. */
static void few_records_come_late_or_twice(void **state) {
    (void)state;
    const struct gen_options options = gen_sample_options(3, 3000, 7);
    struct gen *gen = gen_sample_open(&options);
    struct account_set *ids = account_set_new();
    struct transaction tx;
    bool bad;
    int64_t records = 0, late = 0, twice = 0;
    while (gen_next(gen, &tx, &bad)) {
        const int64_t delay_s = tx.ingest_time_s - tx.event_time_s;
        const bool repeated = !account_set_add(ids, tx.event_id, 0);
        records++;
        twice += repeated;
        late += delay_s >= MINUTE_S;
        assert_in_range(delay_s, 0, 2 * HOUR_S);
        assert_true(delay_s <= 2 || delay_s >= MINUTE_S || repeated);
    }
    account_set_free(ids);
    gen_close(gen);
    assert_in_range(100000 * late / records, 60, 140);
    assert_in_range(100000 * twice / records, 60, 140);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_feed_and_another_one_another),
        cmocka_unit_test(every_compiler_gives_the_same_feed),
        cmocka_unit_test(twice_the_days_or_people_are_twice_the_records),
        cmocka_unit_test(memory_grows_with_the_people_not_with_the_days),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(balances_follow_every_posting),
        cmocka_unit_test(no_two_postings_share_a_time_and_no_two_records_an_id),
        cmocka_unit_test(nothing_moves_before_an_account_is_open),
        cmocka_unit_test(every_record_is_admitted),
        cmocka_unit_test(few_records_come_late_or_twice),
    };
    return cmocka_run_group_tests(tests, generate, dispose);
}
