/* SPDX-License-Identifier: Apache-2.0 */
/* Traced money through the bytes of a snapshot, whole and damaged. */
#include "tests/taint_stand.h"

#include "tests/rows.h"
#include "tests/sample.h"

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
        assert_true(taint_load_end(t, taint_count(t).accounts));
        assert_false(taint_load_end(t, taint_count(t).accounts + 1));
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

static uint8_t *space(void *context, size_t size) {
    return pack_space(context, size);
}

/* Saves the engine, a few blocks between rows that go on, and loads it into a new one. */
static bool restart(bool untaint) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    struct accounts_load load;
    const struct pack_sink sink = {&records, space};
    apply_save_begin(stand.apply, &head, &sink);
    if (untaint) /* the records that follow say another thing than the head */
        for (uint32_t i = 1; i <= ACCOUNTS; i++)
            if (account_named(i) != NULL)
                ((struct account *)(uintptr_t)account_named(i))->flags &= (uint8_t)~ACCOUNT_TAINTED;
    for (uint32_t i = 1; i <= ACCOUNTS && !untaint; i++) {
        withdraw(&stand.reports[0]); /* changes marks and flags that are not saved yet */
        while (i == ACCOUNTS && apply_save_step(stand.apply, 1))
            ;
    }
    while (apply_save_step(stand.apply, 100))
        ;
    assert_true(apply_save_end(stand.apply));
    close_engine();
    open_engine();
    stand.untold = true;
    struct error error;
    struct unpack h = {head.data, head.data + head.size, false};
    struct unpack r = {records.data, records.data + records.size, false};
    const bool ok = apply_load_begin(stand.apply, &load, &h, &error) && h.at == h.end &&
                    apply_load_records(stand.apply, &load, &r) &&
                    apply_load_end(stand.apply, &load);
    free(head.data);
    free(records.data);
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
        compare();
        for (int i = 0; i < 19; i++)
            random_event(&chance);
        flush();
        compare();
    }
}

static void records_that_do_not_fit_the_marks_are_refused(void **state) {
    (void)state;
    report(pay(A, B, 100));
    assert_false(restart(true));
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
        TEST(records_that_do_not_fit_the_marks_are_refused),
        TEST(damaged_bytes_are_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
