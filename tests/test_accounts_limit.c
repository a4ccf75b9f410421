/* SPDX-License-Identifier: Apache-2.0 */
/* The account table and its memory: who is dropped at the limit, how much a call does for it, and
 * where the system refuses. */
#include "tests/account_table.h"
#include "tests/chance.h"
#include "tests/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAMES_MAX = 600000, PIN_EVERY = 7 };

/* Episodes end and others begin. */
static uint32_t pin_phase;
static bool is_pinned(const void *context, uint32_t number) {
    (void)context;
    return (number + pin_phase) % PIN_EVERY == 0;
}

/* What was there before a call, and is gone after it, must be the first in order of what may go. */
struct census {
    uint64_t *orders; /* by name; 0: not there */
    uint32_t names;
    uint64_t dropped, lines;
};

static void take_census(struct census *census, struct accounts *accounts) {
    for (uint32_t i = 0; i < census->names; i++) {
        const struct account *account = look_up(accounts, i);
        census->orders[i] = account == NULL ? 0 : victim_order(account);
    }
}

static void check_victims(struct census *census, struct accounts *accounts, bool pinning) {
    uint64_t last_gone = 0, first_left = UINT64_MAX, gone = 0;
    for (uint32_t i = 0; i < census->names; i++) {
        const uint64_t order = census->orders[i];
        if (order == 0) continue;
        const bool pinned = pinning && is_pinned(NULL, (uint32_t)order);
        const bool left = look_up(accounts, i) != NULL;
        if (!left) assert_false(pinned);
        gone += !left;
        if (!left && order > last_gone) last_gone = order;
        if (left && !pinned && order < first_left) first_left = order;
    }
    assert_true(gone == 0 || last_gone < first_left);
    census->dropped += gone;
}

struct flood {
    uint32_t names; /* rows choose among so many, the later the more of them */
    uint32_t calls;
    uint32_t burst; /* rows in a call */
    uint64_t limit;
    uint32_t census_every;
    bool pinning;
};
static const struct flood usual = {
    .names = 120000, .calls = 500, .burst = 1024, .limit = 16 * (uint64_t)MIB, .census_every = 3};

/* Accounts come, some come back; events are up to two days late. */
static void run_flood(const struct flood *flood, struct accounts_counts *counts) {
    struct chance chance = {21};
    struct census census = {.orders = calloc(flood->names, sizeof(uint64_t)),
                            .names = flood->names};
    struct accounts *accounts = open_table(flood->limit, flood->pinning ? is_pinned : NULL);
    for (uint32_t call = 0; call < flood->calls; call++) {
        const int64_t clock_s = START_S + call * INT64_C(1800);
        const uint32_t known = 1 + (uint32_t)((uint64_t)flood->names * call / flood->calls);
        for (uint32_t row = 0; row < flood->burst; row++) {
            uint32_t name = chance_below(&chance, known);
            if (chance_is(&chance, 50)) name = known - 1 - chance_below(&chance, known) / 16;
            play(accounts, name, clock_s, clock_s - chance_below(&chance, 2 * DAY_S));
        }
        assert_true(accounts_count(accounts).bytes <= flood->limit);
        pin_phase = call / 8;
        const bool look = call % flood->census_every == 0;
        if (look) take_census(&census, accounts);
        accounts_maintain(accounts, clock_s);
        if (look) check_victims(&census, accounts, flood->pinning);
        assert_true(accounts_count(accounts).bytes <= flood->limit);
        assert_true(accounts_bytes_live(accounts) <= accounts->limit.hard);
    }
    assert_true(census.dropped > 0);
    check_numbers(accounts);
    *counts = accounts_count(accounts);
    assert_int_equal(counts->forgotten, 0);
    accounts_close(accounts);
    free(census.orders);
}

static void at_the_limit_the_first_in_order_are_dropped_and_nothing_grows_past_it(void **state) {
    (void)state;
    struct accounts_counts counts;
    run_flood(&usual, &counts);
    assert_true(counts.dropped > 10000);
}

static void an_account_with_an_open_episode_is_never_dropped(void **state) {
    (void)state;
    struct accounts_counts counts;
    struct flood flood = usual;
    flood.pinning = true;
    run_flood(&flood, &counts);
    assert_true(counts.dropped > 10000);
}

/* So many that a pass keeps a part of them only. */
static void a_large_table_drops_in_the_same_order(void **state) {
    (void)state;
    struct accounts_counts counts;
    const struct flood flood = {.names = NAMES_MAX,
                                .calls = 900,
                                .burst = 1500,
                                .limit = 64 * (uint64_t)MIB,
                                .census_every = 20,
                                .pinning = true};
    run_flood(&flood, &counts);
    assert_true(counts.dropped > 10000);
}

static void accounts_after_the_first_drop_are_cold_from_where_they_begin(void **state) {
    enum { COUNT = 200000 };
    (void)state;
    struct accounts *accounts = open_table(16 * (uint64_t)MIB, NULL);
    uint32_t i = 0;
    for (; accounts_count(accounts).dropped == 0; i++) {
        assert_true(i < COUNT);
        assert_int_equal(play(accounts, i, START_S, START_S - 5)->flags, ACCOUNT_SEEN);
        if (i % 1024 == 0) accounts_maintain(accounts, START_S);
    }
    assert_null(look_up(accounts, 0));
    const struct account *back = play(accounts, 0, START_S + 9, START_S - 5);
    assert_int_equal(back->flags, ACCOUNT_SEEN | ACCOUNT_COLD);
    assert_int_equal(back->left_s, START_S + 9);
    assert_int_equal(back->number, i + 1);
    assert_int_equal(look_up(accounts, i - 1)->flags, ACCOUNT_SEEN);
    accounts_close(accounts);
}

static bool pin_all(const void *context, uint32_t number) {
    (void)context;
    return number > 0;
}

static bool is_candidate(const struct victims *victims, uint64_t key) {
    for (size_t i = 0; i < victims->count; i++)
        if (victims->heap[i].key == key) return true;
    return false;
}

/* From the top of its class, where the pass has not been, into a hole where it has. */
static void a_record_that_is_packed_during_a_pass_is_not_missed(void **state) {
    enum { COUNT = 60000, GONE = 10000 };
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, pin_all);
    for (uint32_t i = 0; i < COUNT; i++) {
        play(accounts, i, START_S, START_S);
        if (i % 1024 == 0) accounts_maintain(accounts, START_S);
    }
    for (uint32_t i = 0; i < GONE; i++)
        accounts_remove(accounts, (uint32_t)*account_index_find(&accounts->index, key_of(i)));
    accounts->limit.soft = 0;
    accounts->limit.hard = UINT64_MAX;
    accounts_maintain(accounts, START_S);
    const uint64_t *place = account_index_find(&accounts->index, key_of(COUNT - 1));
    assert_true(accounts->limit.collecting);
    assert_true(slabs_number((uint32_t)*place) <= GONE + 2048);
    assert_true(is_candidate(&accounts->limit.back, key_of(COUNT - 1).low));
    assert_false(is_candidate(&accounts->limit.back, key_of(COUNT - 5000).low));
    accounts_close(accounts);
}

/* Nothing may go: the call ends all the same, and the index grows with them. */
static void where_all_are_pinned_nothing_is_dropped(void **state) {
    (void)state;
    struct accounts *accounts = open_table(16 * (uint64_t)MIB, pin_all);
    uint32_t i = 0;
    for (; accounts_bytes_live(accounts) <= accounts->limit.hard || i < 60000; i++) {
        play(accounts, i, START_S, START_S);
        if (i % 1024 == 0) accounts_maintain(accounts, START_S);
    }
    for (int call = 0; call < 20; call++)
        accounts_maintain(accounts, START_S);
    assert_int_equal(accounts_count(accounts).accounts, i);
    assert_int_equal(accounts_count(accounts).dropped, 0);
    assert_false(account_index_in_need(&accounts->index));
    accounts_close(accounts);
}

/* Not by a clock: by what was looked at. Every second side is a new account's. */
static void a_call_does_a_bounded_piece_of_work(void **state) {
    enum { COUNT = 150000, LOOKS = 512 + 128 + 2 * 512 + 16384 };
    (void)state;
    struct accounts *accounts = open_table(48 * (uint64_t)MIB, NULL);
    uint64_t before = 0, most = 0, dropped = 0;
    for (uint32_t i = 0; i < 4 * COUNT; i++) {
        play(accounts, i, START_S + i, START_S + i);
        if (i % 512 != 0) continue;
        accounts_maintain(accounts, START_S + i);
        const struct accounts_counts counts = accounts_count(accounts);
        const uint64_t looked = counts.looked_at - before;
        before = counts.looked_at;
        if (looked > most) most = looked;
        assert_true(counts.dropped - dropped <= 2048);
        dropped = counts.dropped;
    }
    assert_true(dropped > COUNT);
    assert_true(most <= LOOKS);
    accounts_close(accounts);
}

/* More accounts than the index has room for at first, with no address space for a larger one. */
static void outgrow_the_address_space(struct accounts *accounts) {
    const struct rlimit no_core = {0, 0};
    struct rlimit space = {0, RLIM_INFINITY};
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu", &pages) != 1) _exit(2);
    (void)fclose(file);
    space.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + MIB;
    if (setrlimit(RLIMIT_CORE, &no_core) != 0 || setrlimit(RLIMIT_AS, &space) != 0) _exit(2);
    for (uint32_t i = 0; i < 40000; i++) {
        play(accounts, i, START_S, START_S);
        if (i % 512 == 0) accounts_maintain(accounts, START_S);
    }
    _exit(accounts_count(accounts).dropped > 0 ? 1 : 0);
}

/* Far from the limit of memory the system gives no more: who is dropped would depend on more than
 * the input, so nobody is. */
static void where_the_system_refuses_memory_the_process_ends(void **state) {
    (void)state;
    struct accounts *accounts = open_table(64 * (uint64_t)MIB, NULL);
    int status = 0;
    const pid_t child = fork();
    if (child == 0) outgrow_the_address_space(accounts);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    accounts_close(accounts);
}

static void prefaulting_stays_within_the_limit(void **state) {
    struct error error;
    (void)state;
    const struct accounts_options options = {
        .memory_limit = 32 * MIB, .prefault_bytes = (uint64_t)1 << 40, .dormancy_s = DAY_S};
    struct accounts *accounts = accounts_open(&options, &error);
    assert_non_null(accounts);
    size_t touched = 0;
    for (int c = 0; c < SIZE_CLASSES; c++)
        touched += accounts->slabs.classes[c].floor;
    assert_int_equal(touched, 16 * MIB);
    assert_int_equal(accounts_count(accounts).bytes, accounts_count(accounts).index_bytes);
    play(accounts, 1, START_S, START_S);
    accounts_close(accounts);
    accounts_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_limit_the_first_in_order_are_dropped_and_nothing_grows_past_it),
        cmocka_unit_test(an_account_with_an_open_episode_is_never_dropped),
        cmocka_unit_test(a_large_table_drops_in_the_same_order),
        cmocka_unit_test(accounts_after_the_first_drop_are_cold_from_where_they_begin),
        cmocka_unit_test(a_record_that_is_packed_during_a_pass_is_not_missed),
        cmocka_unit_test(where_all_are_pinned_nothing_is_dropped),
        cmocka_unit_test(a_call_does_a_bounded_piece_of_work),
        cmocka_unit_test(where_the_system_refuses_memory_the_process_ends),
        cmocka_unit_test(prefaulting_stays_within_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
