/* SPDX-License-Identifier: Apache-2.0 */
/* Traced money through the bytes of a snapshot, whole and damaged. */
#include "tests/taint_stand.h"

#include "tests/rows.h"
#include "tests/sample.h"
#include "tests/taint_saved.h"

#include <stdlib.h>

static int calloc_refused; /* the calloc that is to be, counted down; 0: none */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size) {
    return calloc_refused > 0 && --calloc_refused == 0 ? NULL : __real_calloc(count, size);
}

static struct taint *load(const struct pack *p, const struct accounts *accounts) {
    struct error error;
    struct unpack u = {p->data, p->data + p->size, false};
    struct taint *t = taint_open(&stand.options, (struct accounts *)(uintptr_t)accounts, &error);
    assert_non_null(t);
    if (taint_load(t, &u, &error) && u.at == u.end) return t;
    taint_close(t);
    return NULL;
}

static void what_is_saved_and_loaded_is_the_same(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct pack p = {.data = NULL}, q = {.data = NULL};
        close_engine();
        random_history(seed);
        save(&p);
        struct taint *t = load(&p, apply_accounts(stand.apply));
        assert_non_null(t);
        assert_true(taint_fits(t, taint_count(t).accounts));
        assert_false(taint_fits(t, taint_count(t).accounts + 1));
        taint_save(t, &q);
        assert_int_equal(p.size, q.size);
        assert_memory_equal(p.data, q.data, p.size);
        taint_close(t);
        free(p.data);
        free(q.data);
    }
}

/* That says nothing of the bytes, which damaged_bytes_are_refused_or_harmless has. */
static void memory_that_is_refused_is_no_damage(void **state) {
    enum { TALLIES = 3 };
    struct pack p = {.data = NULL};
    (void)state;
    close_engine();
    random_history(1);
    save(&p);
    for (int i = 1; i <= TALLIES; i++) {
        struct error error = {.code = ERROR_NONE};
        struct unpack u = {p.data, p.data + p.size, false};
        struct taint *t = taint_open(
            &stand.options, (struct accounts *)(uintptr_t)apply_accounts(stand.apply), &error);
        assert_non_null(t);
        calloc_refused = i;
        assert_false(taint_load(t, &u, &error));
        assert_int_equal(calloc_refused, 0);
        assert_int_equal(error.code, ERROR_FAILED);
        taint_close(t);
    }
    free(p.data);
}

/* Saves the engine, a few blocks between rows that go on, and loads it into a new one. */
static bool restart(bool untaint) {
    struct pack head = {.data = NULL}, records = {.data = NULL}, marks = {.data = NULL};
    struct accounts_load load;
    const struct apply_sinks sinks = {{&records, taint_space}, {&marks, taint_space}};
    apply_save_begin(stand.apply, &head, &sinks);
    if (untaint) /* the records that follow say another thing than the head */
        for (uint32_t i = 1; i <= ACCOUNTS; i++)
            if (account_named(i) != NULL)
                ((struct account *)(uintptr_t)account_named(i))->flags &= (uint8_t)~ACCOUNT_TAINTED;
    for (uint32_t i = 1; i <= ACCOUNTS && !untaint; i++) {
        withdraw(&stand.reports[0]); /* changes marks and flags that are not saved yet */
        if (account_named(i) != NULL) taint_note_bound(taint_of_stand(), account_named(i)->number);
        while (i == ACCOUNTS && apply_save_step(stand.apply, 1))
            ;
    }
    while (apply_save_step(stand.apply, 100))
        ;
    while (apply_save_taint_step(stand.apply, 1))
        ;
    assert_true(apply_save_end(stand.apply) && apply_save_taint_end(stand.apply));
    close_engine();
    open_engine();
    stand.untold = true;
    struct error error;
    struct unpack h = {head.data, head.data + head.size, false};
    struct unpack r = {records.data, records.data + records.size, false};
    struct unpack m = {marks.data, marks.data + marks.size, false};
    const bool ok = apply_load_begin(stand.apply, &load, &h, &error) && h.at == h.end &&
                    apply_load_records(stand.apply, &load, &r) &&
                    apply_load_taint(stand.apply, &m) && apply_load_end(stand.apply, &load, &error);
    free(head.data);
    free(records.data);
    free(marks.data);
    return ok;
}

static void an_engine_that_was_saved_and_loaded_goes_on_the_same(void **state) {
    (void)state;
    for (uint64_t seed = 200; seed < 260; seed++) {
        struct chance chance = {seed};
        close_engine();
        random_history(seed);
        if (stand.report_count == 0 || stand.count > EVENTS_MAX - 20) continue;
        const bool in_force = stand.reports[0].in_force;
        assert_true(restart(false));
        stand.reports[0].in_force = in_force; /* it was withdrawn after the saving had begun */
        for (uint32_t i = 1; i <= ACCOUNTS; i++)
            if (account_named(i) != NULL)
                assert_int_equal(account_named(i)->flags & ACCOUNT_BOUNDED, 0);
        compare();
        for (int i = 0; i < 19; i++)
            random_event(&chance);
        flush();
        compare();
    }
}

static void what_a_bound_marked_is_marked_behind_a_restart(void **state) {
    (void)state;
    close_engine();
    stand.options.accounts_max = 1;
    open_engine();
    report(pay(A, B, 100));
    pay(B, C, 60);
    assert_true((account_named(C)->flags & ACCOUNT_BOUNDED) != 0);
    assert_true(restart(false));
    assert_true((account_named(C)->flags & ACCOUNT_BOUNDED) != 0);
    assert_int_equal(account_named(B)->flags & ACCOUNT_BOUNDED, 0);
}

static void records_that_do_not_fit_the_marks_are_refused(void **state) {
    (void)state;
    report(pay(A, B, 100));
    assert_false(restart(true));
}

static void go_on(struct chance *chance, uint32_t count) {
    for (; count > 0; count--) {
        const struct account *account = account_named(1 + chance_below(chance, ACCOUNTS));
        if (stand.count < EVENTS_MAX) random_event(chance);
        if (chance_is(chance, 20)) random_signal(chance);
        flush();
        if (account != NULL && chance_is(chance, 10))
            taint_forget(taint_of_stand(), account->number);
        if (chance_is(chance, 10))
            taint_maintain(taint_of_stand(), rows_clock_s() + chance_below(chance, 9 * DAY_S));
    }
}

static size_t changed_first; /* bytes that came by a change */

static struct pack saved_in_pieces(struct chance *chance) {
    struct pack head = {.data = NULL}, records = {.data = NULL}, p = {.data = NULL};
    const struct pack_sink sink = {&records, taint_space};
    stand.cut = stand.untold = true; /* neither trail nor twin forgets */
    taint_save_begin(taint_of_stand(), &head, &sink);
    do {
        const size_t size = records.size;
        go_on(chance, chance_below(chance, 4));
        changed_first += records.size - size;
    } while (taint_save_step(taint_of_stand(), chance_below(chance, 6)));
    assert_true(taint_save_end(taint_of_stand()));
    taint_pack(&p, &head, &records);
    free(head.data);
    free(records.data);
    return p;
}

static void what_changes_meanwhile_is_saved_as_it_was(void **state) {
    (void)state;
    for (uint64_t seed = 300; seed < 700; seed++) {
        struct chance chance = {seed};
        struct pack before = {.data = NULL}, after = {.data = NULL};
        close_engine();
        random_history(seed);
        save(&before);
        struct pack pieces = saved_in_pieces(&chance);
        struct taint *t = load(&pieces, apply_accounts(stand.apply));
        assert_non_null(t);
        taint_save(t, &after);
        assert_int_equal(after.size, before.size);
        assert_memory_equal(after.data, before.data, before.size);
        taint_close(t);
        free(before.data);
        free(pieces.data);
        free(after.data);
    }
    assert_true(changed_first > 100000);
}

/* Room for so many items. */
struct scant {
    struct pack pack;
    uint32_t left;
};

static uint8_t *scant_space(void *context, size_t size) {
    struct scant *scant = context;
    return scant->left > 0 && scant->left-- > 0 ? pack_space(&scant->pack, size) : NULL;
}

/* Wherever the room ends: in a piece, or in a change before it. */
static void without_room_it_ends_and_the_next_is_whole(void **state) {
    (void)state;
    report(pay(A, B, 100));
    pay(B, C, 40);
    flush();
    for (uint32_t room = 0; room < 6; room++) {
        struct scant scant = {.left = room};
        struct pack head = {.data = NULL}, before = {.data = NULL};
        const struct pack_sink sink = {&scant, scant_space};
        taint_save_begin(taint_of_stand(), &head, &sink);
        if (room % 2 == 0) pay(B, D, 1);
        flush();
        while (taint_save_step(taint_of_stand(), 1))
            continue;
        assert_false(taint_save_end(taint_of_stand()));
        assert_false(taint_save_step(taint_of_stand(), 1));
        save(&before);
        struct taint *t = load(&before, apply_accounts(stand.apply));
        assert_non_null(t);
        taint_close(t);
        free(head.data);
        free(before.data);
        free(scant.pack.data);
    }
}

/* What is loaded can be worked with, whatever it is: each number is used. */
static void damaged_bytes_are_refused_or_harmless(void **state) {
    (void)state;
    struct chance chance = {3};
    struct pack p = {.data = NULL};
    uint32_t refused = 0, tries = 0;
    for (uint64_t seed = 11; p.size < 1500; seed++) {
        p.size = 0;
        close_engine();
        random_history(seed);
        save(&p);
    }
    for (; tries < 4000; tries++) {
        const uint32_t at = chance_below(&chance, (uint32_t)p.size);
        const uint8_t was = p.data[at];
        p.data[at] ^= (uint8_t)(1u << chance_below(&chance, 8));
        struct taint *t = load(&p, apply_accounts(stand.apply));
        refused += t == NULL;
        for (uint32_t i = 1; t != NULL && i <= ACCOUNTS; i++) {
            struct taint_answer answer;
            taint_ask(t, i, SAMPLE_START_S + stand.second, rows_clock_s(), &answer);
        }
        taint_close(t);
        p.data[at] = was;
    }
    assert_true(refused > tries / 4);
    for (size_t size = p.size; size-- > 0; size -= size < 97 ? size : 97) {
        const struct pack cut = {p.data, size, 0};
        assert_null(load(&cut, apply_accounts(stand.apply)));
    }
    free(p.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_saved_and_loaded_is_the_same),
        TEST(memory_that_is_refused_is_no_damage),
        TEST(an_engine_that_was_saved_and_loaded_goes_on_the_same),
        TEST(what_a_bound_marked_is_marked_behind_a_restart),
        TEST(records_that_do_not_fit_the_marks_are_refused),
        TEST(what_changes_meanwhile_is_saved_as_it_was),
        TEST(without_room_it_ends_and_the_next_is_whole),
        TEST(damaged_bytes_are_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
