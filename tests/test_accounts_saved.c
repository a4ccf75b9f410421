/* SPDX-License-Identifier: Apache-2.0 */
/* The account table saved and loaded: without space, and what counts as memory. */
#include "tests/account_table.h"
#include "tests/chance.h"
#include "tests/support.h"

#include <stdlib.h>

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
    struct error error;
    struct accounts *loaded = open_table(limit, NULL);
    struct accounts_load load;
    struct unpack h = {head.data, head.data + head.size, false};
    struct unpack r = {records.data, records.data + records.size, false};
    assert_true(accounts_load_begin(loaded, &load, &h, &error));
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
