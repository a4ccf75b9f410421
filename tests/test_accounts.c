/* SPDX-License-Identifier: Apache-2.0 */
/* The account table: what a row sees of it, and what is done between rows that no row may see. */
#include "tests/support.h"

#include "detector/accounts_table.h"
#include "tests/chance.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_S = 1760000000, DAY_S = 86400, MIB = 1 << 20 };

static struct accounts *open_table(uint64_t limit,
                                   bool (*pinned)(const void *context, uint32_t number)) {
    struct error error;
    const struct accounts_options options = {
        .memory_limit = limit, .dormancy_s = 180 * DAY_S, .pinned = pinned};
    struct accounts *accounts = accounts_open(&options, &error);
    assert_non_null(accounts);
    return accounts;
}

static struct account_key key_of(uint32_t i) {
    char token[32];
    snprintf(token, sizeof token, "account-%u", i);
    return account_key_of(text_of(token));
}

/* An event of one tiyn, as far as the table is concerned. */
static void put_event(struct accounts *accounts, account_place *place, int64_t second) {
    struct account *account = accounts_at(accounts, place);
    if (account->count < RING_MAX && !account_has_room(account)) {
        if (account->first > 0)
            account_compact(account);
        else
            account = accounts_resize(accounts, place, (uint8_t)(account->size_class + 1));
    }
    if (account->count == RING_MAX) return;
    const struct ring ring = ring_of(account);
    ring.second[ring.count] = (uint32_t)second;
    ring.amount[ring.count] = 1;
    ring.counterparty[ring.count] = ring.bits[ring.count] = 0;
    ring.kind[ring.count] = KIND_IN;
    ring.way[ring.count] = ring.print[ring.count] = 0;
    ring.cold[ring.count] = 0;
    account->count++;
    account->flags |= ACCOUNT_SEEN;
    if (second > account->newest_s) account->newest_s = (uint32_t)second;
}

/* A row of one side. */
static struct account *play(struct accounts *accounts, uint32_t i, int64_t clock_s,
                            int64_t second) {
    account_place *place = accounts_locate(accounts, key_of(i));
    accounts_touch(accounts, place, clock_s);
    put_event(accounts, place, second);
    return accounts_at(accounts, place);
}

/* Every number leads to its record, or to none once the account is gone. */
static void check_numbers(const struct accounts *accounts) {
    uint64_t found = 0;
    for (uint32_t number = 1; number <= accounts->numbered; number++) {
        const struct account *account = accounts_numbered(accounts, number);
        if (account != NULL) assert_int_equal(account->number, number);
        found += account != NULL;
    }
    assert_int_equal(found, accounts_count(accounts).accounts);
}

static struct account *look_up(struct accounts *accounts, uint32_t i) {
    const uint64_t *place = account_index_find(&accounts->index, key_of(i));
    return place == NULL ? NULL : accounts_at(accounts, place);
}

static void numbers_are_given_in_the_order_of_touch_and_found_again(void **state) {
    enum { COUNT = 100000 };
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        account_place *place = accounts_locate(accounts, key_of(i));
        assert_int_equal(accounts_at(accounts, place)->number, 0);
        assert_int_equal(accounts_touch(accounts, place, START_S)->number, i + 1);
        if (i % 1024 == 0) accounts_maintain(accounts, START_S);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        accounts_prefetch_index(accounts, key_of(i));
        const uint32_t guess = accounts_guess(accounts, key_of(i));
        assert_int_not_equal(guess, 0);
        accounts_prefetch_records(accounts, &guess, 1);
        const account_place *place = accounts_locate(accounts, key_of(i));
        assert_int_equal(account_number(accounts_at(accounts, place)), i + 1);
        assert_int_equal(accounts_at(accounts, place)->key, key_of(i).low);
    }
    const struct accounts_counts counts = accounts_count(accounts);
    assert_int_equal(counts.accounts, COUNT);
    assert_int_equal(counts.by_class[CLASS_HEAD], COUNT);
    assert_int_equal(counts.numbered, COUNT);
    accounts_close(accounts);
}

static void places_stay_and_old_blocks_can_be_read_until_the_table_is_maintained(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    account_place *place = accounts_locate(accounts, key_of(0));
    accounts_touch(accounts, place, START_S);
    const struct account *olds[5] = {accounts_at(accounts, place)};
    for (uint32_t i = 0; i < 40; i++) {
        put_event(accounts, place, START_S + i);
        if (i % 10 == 9) olds[1 + i / 10] = accounts_at(accounts, place);
        accounts_locate(accounts, key_of(100 + i));
    }
    assert_ptr_equal(accounts_locate(accounts, key_of(0)), place);
    assert_int_equal(accounts_at(accounts, place)->count, 40);
    assert_int_equal(olds[0]->count, 0);
    assert_int_equal(olds[0]->size_class, CLASS_HEAD);
    assert_true(olds[1]->count >= 10);
    assert_int_equal(ring_of(olds[1]).second[9], START_S + 9);
    accounts_maintain(accounts, START_S);
    const struct account *account = look_up(accounts, 0);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(ring_of(account).second[i], START_S + i);
    accounts_close(accounts);
}

static void an_account_without_an_event_for_the_dormancy_comes_back_as_a_new_one(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    const int64_t dormancy_s = 180 * DAY_S;
    for (uint32_t i = 0; i < 2; i++)
        play(accounts, i, START_S, START_S)->opening_tiyn = 77;
    account_place *place = accounts_locate(accounts, key_of(0));
    assert_int_equal(accounts_touch(accounts, place, START_S + dormancy_s - 1)->number, 1);
    place = accounts_locate(accounts, key_of(1));
    const struct account *account = accounts_touch(accounts, place, START_S + dormancy_s);
    assert_int_equal(account->number, 3);
    assert_null(accounts_numbered(accounts, 2));
    assert_ptr_equal(accounts_numbered(accounts, 3), account);
    assert_ptr_equal(accounts_find(accounts, key_of(1)), account);
    assert_null(accounts_find(accounts, key_of(2)));
    assert_int_equal(account->key, key_of(1).low);
    assert_int_equal(account->flags, 0);
    assert_int_equal(account->opening_tiyn, 0);
    assert_int_equal(account->count, 0);
    assert_int_equal(accounts_count(accounts).forgotten, 1);
    for (int i = 0; i < 3; i++)
        accounts_maintain(accounts, START_S + dormancy_s);
    assert_null(look_up(accounts, 0));
    assert_int_equal(look_up(accounts, 1)->number, 3);
    assert_int_equal(accounts_count(accounts).forgotten, 2);
    accounts_close(accounts);
}

/* The payee of an attempt has a number and no event. */
static void an_account_that_never_had_an_event_is_as_old_as_its_number(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    const int64_t dormancy_s = 180 * DAY_S;
    accounts_touch(accounts, accounts_locate(accounts, key_of(0)), START_S);
    accounts_touch(accounts, accounts_locate(accounts, key_of(1)), START_S);
    account_place *place = accounts_locate(accounts, key_of(0));
    assert_int_equal(accounts_touch(accounts, place, START_S + dormancy_s - 1)->number, 1);
    assert_int_equal(accounts_touch(accounts, place, START_S + dormancy_s)->number, 3);
    accounts_maintain(accounts, START_S + dormancy_s);
    assert_null(look_up(accounts, 1));
    assert_int_equal(look_up(accounts, 0)->number, 3);
    accounts_close(accounts);
}

static void panes_are_forgotten_with_the_account(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    account_place *place = accounts_locate(accounts, key_of(0));
    accounts_touch(accounts, place, START_S);
    put_event(accounts, place, START_S);
    struct account *account = accounts_resize(accounts, place, CLASS_PANES);
    memset(panes_of(account), 0xff, 64);
    account = accounts_touch(accounts, place, START_S + 400 * (int64_t)DAY_S);
    assert_int_equal(account->number, 2);
    assert_int_equal(account->size_class, CLASS_4);
    accounts_close(accounts);
}

static void a_ring_that_has_emptied_shrinks_at_a_touch_and_does_not_flap(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (int i = 0; i < 60; i++)
        play(accounts, 0, START_S, START_S);
    assert_int_equal(look_up(accounts, 0)->size_class, class_for(60));
    const int64_t later_s = START_S + RING_KEEP_S;
    account_place *place = accounts_locate(accounts, key_of(0));
    assert_int_equal(accounts_touch(accounts, place, later_s)->size_class, CLASS_4);
    const struct account *account = accounts_at(accounts, place);
    assert_int_equal(account->count, 0);
    assert_int_equal(account->opening_tiyn, 60);
    assert_int_equal(account->left_s, START_S);
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(play(accounts, 0, later_s, later_s), account);
        assert_ptr_equal(accounts_touch(accounts, place, later_s), account);
    }
    accounts_close(accounts);
}

static void what_rests_is_a_head_alone_and_memory_goes_back(void **state) {
    enum { COUNT = 20000 };
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        for (int event = 0; event < 6; event++)
            play(accounts, i, START_S, START_S);
        if (i % 300 == 0) accounts_maintain(accounts, START_S);
    }
    const struct accounts_counts before = accounts_count(accounts);
    assert_int_equal(before.by_class[class_for(6)], COUNT);
    for (int i = 0; i < 400; i++)
        accounts_maintain(accounts, START_S + RING_KEEP_S);
    const struct accounts_counts after = accounts_count(accounts);
    assert_int_equal(after.by_class[CLASS_HEAD], COUNT);
    assert_int_equal(after.accounts, COUNT);
    assert_true(after.bytes - after.index_bytes < (before.bytes - before.index_bytes) / 3);
    assert_true(accounts->slabs.classes[class_for(6)].high <= 2 * (2 << 20));
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(look_up(accounts, i)->number, i + 1);
        assert_int_equal(look_up(accounts, i)->opening_tiyn, 6);
    }
    accounts_close(accounts);
}

static void accounts_of_rows_that_were_turned_away_are_swept_away(void **state) {
    (void)state;
    struct accounts *accounts = open_table(256 * MIB, NULL);
    for (uint32_t i = 0; i < 50; i++)
        accounts_locate(accounts, key_of(i));
    play(accounts, 50, START_S, START_S);
    accounts_maintain(accounts, START_S);
    assert_int_equal(accounts_count(accounts).accounts, 1);
    assert_int_equal(accounts_count(accounts).forgotten, 0);
    assert_int_equal(look_up(accounts, 50)->number, 1);
    accounts_close(accounts);
}

static void assert_same(const struct account *a, const struct account *b) {
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->newest_s, b->newest_s);
    assert_int_equal(a->left_s, b->left_s);
    assert_int_equal(a->opening_tiyn, b->opening_tiyn);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(ring_of(a).second, ring_of(b).second, 4 * (size_t)a->count);
}

/* Two tables and the same rows: one is maintained every 1,024, the other never. Quiet stretches of
 * many days make accounts rest, and some of them dormant. */
static void no_row_can_tell_whether_the_table_has_been_swept(void **state) {
    enum { NAMES = 3000, ROWS = 120000 };
    struct chance chance = {5};
    int64_t clock_s = START_S;
    (void)state;
    struct accounts *swept = open_table(256 * MIB, NULL), *left = open_table(1024 * MIB, NULL);
    for (int row = 0; row < ROWS; row++) {
        if (chance_below(&chance, 1000) == 0) clock_s += chance_below(&chance, 30 * DAY_S);
        clock_s += chance_below(&chance, 60);
        uint32_t name = chance_below(&chance, NAMES);
        if (chance_is(&chance, 60)) name %= 1 + chance_below(&chance, 200);
        const int64_t second = clock_s - chance_below(&chance, 2 * DAY_S);
        account_place *a = accounts_locate(swept, key_of(name));
        account_place *b = accounts_locate(left, key_of(name));
        assert_same(accounts_touch(swept, a, clock_s), accounts_touch(left, b, clock_s));
        put_event(swept, a, second);
        put_event(left, b, second);
        if (row % ACCOUNTS_STRIDE == 0) accounts_maintain(swept, clock_s);
    }
    const struct accounts_counts a = accounts_count(swept), b = accounts_count(left);
    assert_int_equal(a.numbered, b.numbered);
    assert_true(a.numbered > NAMES);
    assert_true(a.forgotten > 100);
    assert_true(a.by_class[CLASS_HEAD] > b.by_class[CLASS_HEAD] + 100);
    assert_int_equal(accounts_count(left).looked_at, 0);
    accounts_close(swept);
    accounts_close(left);
}

/* The same rows in batches of another size, located before the first of them is touched. */
static void the_layout_does_not_depend_on_batches(void **state) {
    enum { NAMES = 20000, ROUNDS = 60 };
    (void)state;
    struct accounts *tables[2] = {open_table(256 * MIB, NULL), open_table(256 * MIB, NULL)};
    static const uint32_t sizes[2] = {128, 512};
    for (int t = 0; t < 2; t++) {
        struct chance chance = {9};
        for (int round = 0; round < ROUNDS; round++) {
            uint32_t names[ACCOUNTS_STRIDE];
            account_place *places[ACCOUNTS_STRIDE];
            const int64_t clock_s = START_S + round * (int64_t)DAY_S / 4;
            for (uint32_t i = 0; i < ACCOUNTS_STRIDE; i++)
                names[i] = chance_below(&chance, 1 + chance_below(&chance, NAMES));
            for (uint32_t from = 0; from < ACCOUNTS_STRIDE; from += sizes[t]) {
                for (uint32_t i = from; i < from + sizes[t]; i++)
                    places[i] = accounts_locate(tables[t], key_of(names[i]));
                for (uint32_t i = from; i < from + sizes[t]; i++) {
                    accounts_touch(tables[t], places[i], clock_s);
                    put_event(tables[t], places[i], clock_s);
                }
            }
            accounts_maintain(tables[t], clock_s);
        }
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        const uint64_t *a = account_index_find(&tables[0]->index, key_of(i));
        const uint64_t *b = account_index_find(&tables[1]->index, key_of(i));
        assert_int_equal(a == NULL, b == NULL);
        if (a != NULL) assert_int_equal(*a, *b);
    }
    check_numbers(tables[0]);
    accounts_close(tables[0]);
    accounts_close(tables[1]);
}

/* The limit. */

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
    const struct flood flood = {.names = 120000,
                                .calls = 500,
                                .burst = 1024,
                                .limit = 16 * (uint64_t)MIB,
                                .census_every = 3,
                                .pinning = false};
    run_flood(&flood, &counts);
    assert_true(counts.dropped > 10000);
}

static void an_account_with_an_open_episode_is_never_dropped(void **state) {
    (void)state;
    struct accounts_counts counts;
    const struct flood flood = {.names = 120000,
                                .calls = 500,
                                .burst = 1024,
                                .limit = 16 * (uint64_t)MIB,
                                .census_every = 3,
                                .pinning = true};
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

/* Room for so many records, then none. */
struct scant {
    struct pack bytes;
    int left;
};

static uint8_t *scant_space(void *context, size_t size) {
    struct scant *scant = context;
    return scant->left-- > 0 ? pack_space(&scant->bytes, size) : NULL;
}

/* A disk that does not keep up ends the snapshot and nothing else. */
static void a_save_without_space_comes_to_an_end(void **state) {
    struct accounts *accounts = open_table(64 * MIB, NULL);
    struct scant scant = {.left = 5};
    const struct pack_sink sink = {&scant, scant_space};
    struct pack head = {.data = NULL};
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        play(accounts, i, START_S, START_S);
    accounts_save_begin(accounts, &head, &sink);
    assert_false(accounts_save_step(accounts, 1000000));
    assert_false(accounts_save_end(accounts));
    scant.left = 2000;
    accounts_save_begin(accounts, &head, &sink);
    assert_false(accounts_save_step(accounts, 1000000));
    assert_true(accounts_save_end(accounts));
    free(head.data);
    free(scant.bytes.data);
    accounts_close(accounts);
}

static uint8_t *any_space(void *context, size_t size) {
    return pack_space(context, size);
}

/* As a start would find it. */
static struct accounts *saved_and_loaded(struct accounts *accounts, uint64_t limit) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, any_space};
    accounts_save_begin(accounts, &head, &sink);
    while (accounts_save_step(accounts, 1000000)) {
    }
    assert_true(accounts_save_end(accounts));
    struct accounts *loaded = open_table(limit, NULL);
    struct accounts_load load;
    struct unpack h = {head.data, head.data + head.size, false};
    struct unpack r = {records.data, records.data + records.size, false};
    assert_true(accounts_load_begin(loaded, &load, &h));
    assert_true(accounts_load_records(loaded, &load, &r));
    assert_true(accounts_load_end(loaded, &load));
    free(head.data);
    free(records.data);
    return loaded;
}

/* Guests come in crowds and are forgotten; few residents, who came first, stay. */
enum { RESIDENTS = 300 };

struct town {
    struct accounts *accounts;
    struct chance chance;
    int64_t clock_s;
    uint32_t guests;
};

static void call_residents(struct town *t) {
    for (uint32_t i = 0; i < RESIDENTS; i++) {
        play(t->accounts, i, t->clock_s, t->clock_s);
        accounts_maintain(t->accounts, t->clock_s);
    }
}

static void come(struct town *t) {
    const uint32_t crowd = chance_below(&t->chance, 9000);
    for (uint32_t i = 0; i < crowd; i++) {
        play(t->accounts, RESIDENTS + t->guests++, t->clock_s, t->clock_s);
        if (i % 256 == 0) accounts_maintain(t->accounts, t->clock_s);
    }
}

/* Some of the guests are dormant then, or all. */
static void pass_time(struct town *t) {
    for (uint32_t seasons = chance_below(&t->chance, 4); seasons > 0; seasons--) {
        t->clock_s += 100 * DAY_S;
        call_residents(t);
    }
}

/* Nobody has a number any more for which there had to be more places. */
static bool is_outlived(const struct accounts *accounts) {
    uint32_t highest = accounts->numbered;
    while (highest > 0 && accounts_numbered(accounts, highest) == NULL)
        highest--;
    return account_numbers_reserved_bytes(highest) <
           account_numbers_reserved_bytes(accounts->numbered);
}

/* Memory decides who is dropped: an engine that was restarted must count what one that was not
 * counts. */
static void what_counts_as_memory_is_the_same_after_a_load(void **state) {
    enum { HISTORIES = 6, CROWDS = 20, AMPLE = 64 * MIB, SCARCE = 4 * MIB };
    uint64_t outlived = 0, dropped = 0;
    (void)state;
    for (uint32_t seed = 1; seed <= HISTORIES; seed++) {
        const uint64_t limit = seed % 2 == 0 ? AMPLE : SCARCE;
        struct town t = {open_table(limit, NULL), {seed}, START_S, 0};
        call_residents(&t);
        for (int i = 0; i < CROWDS; i++) {
            come(&t);
            pass_time(&t);
            struct accounts *loaded = saved_and_loaded(t.accounts, limit);
            assert_int_equal(accounts_bytes_live(loaded), accounts_bytes_live(t.accounts));
            assert_int_equal(accounts_bytes_held(loaded), accounts_bytes_held(t.accounts));
            outlived += is_outlived(t.accounts);
            accounts_close(t.accounts);
            t.accounts = loaded;
        }
        dropped += accounts_count(t.accounts).dropped;
        accounts_close(t.accounts);
    }
    assert_true(outlived > 0);
    assert_true(dropped > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_counts_as_memory_is_the_same_after_a_load),
        cmocka_unit_test(a_save_without_space_comes_to_an_end),
        cmocka_unit_test(numbers_are_given_in_the_order_of_touch_and_found_again),
        cmocka_unit_test(places_stay_and_old_blocks_can_be_read_until_the_table_is_maintained),
        cmocka_unit_test(an_account_without_an_event_for_the_dormancy_comes_back_as_a_new_one),
        cmocka_unit_test(an_account_that_never_had_an_event_is_as_old_as_its_number),
        cmocka_unit_test(panes_are_forgotten_with_the_account),
        cmocka_unit_test(a_ring_that_has_emptied_shrinks_at_a_touch_and_does_not_flap),
        cmocka_unit_test(what_rests_is_a_head_alone_and_memory_goes_back),
        cmocka_unit_test(accounts_of_rows_that_were_turned_away_are_swept_away),
        cmocka_unit_test(no_row_can_tell_whether_the_table_has_been_swept),
        cmocka_unit_test(the_layout_does_not_depend_on_batches),
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
