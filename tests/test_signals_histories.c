/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signals over many signals: against its slow twin on random histories, saved and
 * loaded on the way, and from bytes that are broken. */
#include "tests/naive_signals.h"
#include "tests/random_signals.h"
#include "tests/signals_saved.h"

#include <stdlib.h>

static void assert_same_answer(const struct signals *t, const struct naive_signals *n,
                               struct chance *chance, int64_t clock_s) {
    static const enum subject_type types[] = {SUBJECT_ACCOUNT, SUBJECT_PERSON, SUBJECT_PHONE,
                                              SUBJECT_DEVICE};
    struct naive_subject subjects[4];
    struct account_key keys[4];
    struct signal_evidence a, b;
    char id[SIGNAL_ID_SIZE];
    const size_t count = 1 + chance_below(chance, 4);
    for (size_t i = 0; i < count; i++) {
        subjects[i] = (struct naive_subject){types[chance_below(chance, 4)],
                                             tokens[chance_below(chance, TOKENS)]};
        keys[i] = subject_key_of(subjects[i].type, text_of(subjects[i].token));
    }
    signals_ask(t, keys, count, clock_s, &a);
    naive_signals_ask(n, subjects, count, clock_s, &b);
    assert_true(a.weight == b.weight && a.bot_weight == b.bot_weight);
    assert_int_equal(a.called_s, b.called_s);
    assert_int_equal(a.bot_only, b.bot_only);
    assert_int_equal(a.listed_grey, b.listed_grey);
    assert_int_equal(a.listed_black, b.listed_black);
    assert_int_equal(a.sim_box, b.sim_box);
    assert_int_equal(a.multi_loan, b.multi_loan);
    assert_int_equal(a.strongest_count, b.strongest_count);
    for (uint32_t i = 0; i < a.strongest_count; i++)
        assert_string_equal(signals_id(t, a.strongest[i], id), naive_signals_id(n, b.strongest[i]));
}

static struct pack saved(struct signals *t) {
    struct pack p = {.data = NULL};
    signals_save(t, &p);
    return p;
}

static struct signals *reloaded(struct signals *t, uint32_t max) {
    struct signals *again = table_of(max);
    struct pack p = saved(t), q;
    struct unpack u = {p.data, p.data + p.size, false};
    assert_true(signals_load(again, &u) && !u.bad && u.at == u.end);
    q = saved(again);
    assert_int_equal(p.size, q.size);
    assert_memory_equal(p.data, q.data, p.size);
    free(p.data);
    free(q.data);
    return again;
}

static void random_histories_give_what_the_twin_gives(void **unused) {
    (void)unused;
    uint64_t effects[EFFECT_COUNT] = {0};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct chance chance = {seed};
        struct signals *t = table();
        struct naive_signals *n = naive_signals_new();
        int64_t clock_s = NOW;
        const uint32_t stride_s = seed % 3 == 0 ? DAY : seed % 3 == 1 ? HOUR : 60;
        for (int i = 0; i < 400; i++) {
            char ids[2][64];
            struct signal s = random_signal(&chance, ids, clock_s);
            if (seed % 4 == 0) crowd(&chance, &s);
            const enum signal_effect effect = signals_apply(t, &s, clock_s);
            assert_int_equal(effect, naive_signals_apply(n, &s, clock_s));
            effects[effect]++;
            clock_s += chance_below(&chance, stride_s);
            assert_same_answer(t, n, &chance, clock_s);
            if (chance_is(&chance, 1)) {
                struct signals *again = reloaded(t, 1 << 16);
                signals_close(t);
                t = again;
            }
        }
        naive_signals_free(n);
        signals_close(t);
    }
    for (enum signal_effect effect = 0; effect < EFFECT_FULL; effect++)
        assert_true(effects[effect] > 500);
}

/* Near the limit what is refused depends on what was dropped: a table that was saved and loaded at
 * any moment refuses the same. */
static void a_loaded_table_goes_on_as_the_saved_one(void **unused) {
    (void)unused;
    uint32_t full = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct chance chance = {seed};
        struct signals *whole = table_of(20), *broken = table_of(20);
        int64_t clock_s = NOW;
        for (int i = 0; i < 400; i++) {
            char ids[2][64];
            const struct signal s = random_signal(&chance, ids, clock_s);
            const enum signal_effect effect = signals_apply(whole, &s, clock_s);
            assert_int_equal(effect, signals_apply(broken, &s, clock_s));
            assert_int_equal(signals_count(whole), signals_count(broken));
            assert_int_equal(whole->cells.used, broken->cells.used);
            full += effect == EFFECT_FULL;
            clock_s += chance_below(&chance, 4 * HOUR);
            if (!chance_is(&chance, 20)) continue;
            struct signals *again = reloaded(broken, 20);
            signals_close(broken);
            broken = again;
        }
        signals_close(whole);
        signals_close(broken);
    }
    assert_true(full > 500);
}

/* Ids that are texts take the cells, and what ends last comes when all are taken. */
static void a_table_without_a_cell_left_is_loaded(void **unused) {
    (void)unused;
    enum { MAX = 60, IN_A_CELL = 28 };
    struct signals *t = table_of(MAX);
    for (int i = 0; signal_blocks_left(&t->cells) > 0; i++) {
        char id[SIGNAL_ID_SIZE];
        const uint32_t left = signal_blocks_left(&t->cells) * IN_A_CELL;
        snprintf(id, sizeof id, "%0*d", left < ID_TEXT_MAX ? (int)left : ID_TEXT_MAX, i);
        assert_int_equal(apply(t, a_signal(id, SUBJECT_ACCOUNT, id, 0)), EFFECT_ADDED);
    }
    const char *last = "0192d1a0-0000-7000-8000-000000000001";
    assert_int_equal(apply(t, a_signal(last, SUBJECT_ACCOUNT, "last", 5 * DAY)), EFFECT_ADDED);
    assert_int_equal(signal_blocks_left(&t->cells), 0);
    struct signals *again = reloaded(t, MAX);
    assert_int_equal(signals_count(again), signals_count(t));
    assert_true(of(again, "last", NOW + 5 * DAY).weight == 0.3);
    struct signal more = a_signal(last, SUBJECT_ACCOUNT, "last", 5 * DAY);
    signal_also(&more, SUBJECT_ACCOUNT, "more", ROLE_DROPPER);
    more.revision = 2;
    assert_int_equal(apply(again, more), EFFECT_FULL);
    signals_close(again);
    signals_close(t);
}

/* Of a signal with three subjects the first goes, which has no cell: one of the others takes its
 * place, as it would in a load. */
static void a_loaded_table_takes_as_many_cells(void **unused) {
    (void)unused;
    struct signals *t = table_of(20);
    struct signal s = a_signal("0192d1a0-0000-7000-8000-000000000000", SUBJECT_ACCOUNT, "a", 0);
    signal_also(&s, SUBJECT_ACCOUNT, "b", ROLE_DROPPER);
    signal_also(&s, SUBJECT_PHONE, "c", ROLE_DROPPER);
    apply(t, s);
    assert_int_equal(t->cells.used, 2);
    for (int i = 1; i <= SUBJECT_SOURCE_SIGNALS; i++) {
        char id[40];
        snprintf(id, sizeof id, "0192d1a0-0000-7000-8000-%012d", i);
        apply(t, a_signal_of(id, SIGNAL_INCIDENT, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a"));
    }
    struct signals *again = reloaded(t, 20);
    assert_int_equal(t->cells.used, 1);
    assert_int_equal(again->cells.used, 1);
    assert_true(of(t, "b", NOW).weight == 0.3);
    assert_true(ask(t, SUBJECT_PHONE, "c", NOW).weight == 0.3);
    apply(t, a_withdrawal("w", "0192d1a0-0000-7000-8000-000000000000", SOURCE_BANK));
    assert_int_equal(t->cells.used, 0);
    assert_true(of(t, "b", NOW).weight == 0);
    assert_true(ask(t, SUBJECT_PHONE, "c", NOW).weight == 0);
    assert_true(of(t, "a", NOW).weight == 1);
    signals_close(again);
    signals_close(t);
}

/* Of 100 that end on one day 64 are dropped at once: which they are shows in what is counted when
 * the others come again. */
static void the_order_of_ends_is_kept(void **unused) {
    (void)unused;
    struct signals *whole = table_of(1000);
    char id[16];
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "%d", i);
        apply(whole, a_signal(id, SUBJECT_ACCOUNT, id, 0));
    }
    struct signals *loaded = reloaded(whole, 1000);
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "%d", i);
        const struct signal again = a_signal(id, SUBJECT_ACCOUNT, id, 11 * DAY);
        assert_int_equal(signals_apply(whole, &again, NOW + 11 * DAY), EFFECT_ADDED);
        assert_int_equal(signals_apply(loaded, &again, NOW + 11 * DAY), EFFECT_ADDED);
        assert_int_equal(signals_count(whole), signals_count(loaded));
        if (i == 0) assert_in_range(signals_count(whole), 36, 37);
    }
    signals_close(whole);
    signals_close(loaded);
}

static void a_signal_is_bound_to_a_subject_once(void **unused) {
    (void)unused;
    enum { HEAD = 4 + 3 * 4 + 8, ID = 1 + 3, NUMBERS = 6 * 4 + 2 + 4 + 1, LINK = 8 + 4 + 4 + 1 };
    struct signals *t = table(), *again = table();
    struct signal s = a_signal("two", SUBJECT_ACCOUNT, "a", 0);
    signal_also(&s, SUBJECT_ACCOUNT, "b", ROLE_DROPPER);
    apply(t, s);
    struct pack p = saved(t);
    uint8_t *first = p.data + HEAD + ID + NUMBERS;
    assert_int_equal(p.size, first + 2 * LINK - p.data);
    memcpy(first + LINK, first, LINK);
    struct unpack u = {p.data, p.data + p.size, false};
    assert_false(signals_load(again, &u));
    free(p.data);
    signals_close(again);
    signals_close(t);
}

static struct signals *some_signals(void) {
    struct signals *t = table();
    struct chance chance = {5};
    for (int i = 0; i < 30; i++) {
        char ids[2][64];
        const struct signal s = random_signal(&chance, ids, NOW);
        signals_apply(t, &s, NOW);
    }
    return t;
}

static void what_was_cut_is_not_loaded(void **unused) {
    (void)unused;
    struct signals *t = some_signals();
    struct pack p = saved(t);
    for (size_t size = 0; size < p.size; size++) {
        struct signals *again = table();
        struct unpack u = {p.data, p.data + size, false};
        assert_false(signals_load(again, &u));
        signals_close(again);
    }
    free(p.data);
    signals_close(t);
}

static void broken_bytes_are_refused_or_give_a_table_that_works(void **unused) {
    (void)unused;
    struct signals *t = some_signals();
    struct pack p = saved(t);
    struct chance chance = {11};
    uint32_t refused = 0;
    for (int i = 0; i < 1000; i++) {
        uint8_t *at = &p.data[chance_below(&chance, (uint32_t)p.size)];
        const uint8_t was = *at;
        struct signals *again = table();
        *at = (uint8_t)chance_bits(&chance);
        struct unpack u = {p.data, p.data + p.size, false};
        if (signals_load(again, &u)) {
            for (int k = 0; k < 20; k++) {
                char ids[2][64];
                const struct signal s = random_signal(&chance, ids, NOW + 100 * DAY);
                signals_apply(again, &s, NOW + 100 * DAY);
                of_enemy(again, tokens[k % TOKENS], NOW + k * DAY);
            }
        } else {
            refused++;
        }
        *at = was;
        signals_close(again);
    }
    assert_true(refused > 100);
    struct signals *small = table_of(3);
    struct unpack u = {p.data, p.data + p.size, false};
    assert_false(signals_load(small, &u));
    signals_close(small);
    free(p.data);
    signals_close(t);
}

/* A few more than make the index larger, so that some are withdrawn while it is filled. */
static void thousands_are_found_again(void **unused) {
    (void)unused;
    enum { MANY = 2 * 196608 + 100 };
    struct signals *t = table_of(MANY);
    char id[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "signal-%d", i);
        assert_int_equal(apply(t, a_signal(id, SUBJECT_ACCOUNT, id, 0)), EFFECT_ADDED);
    }
    for (int i = 0; i < MANY; i += 2) {
        snprintf(id, sizeof id, "signal-%d", i);
        assert_int_equal(apply(t, a_withdrawal("w", id, SOURCE_BANK)), EFFECT_WITHDRAWN);
        assert_int_equal(signals_head(t, subject_key_of(SUBJECT_ACCOUNT, text_of(id))), 0);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "signal-%d", i);
        assert_true(of(t, id, NOW).weight == (i % 2 == 0 ? 0 : 0.3));
    }
    signals_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_give_what_the_twin_gives),
        cmocka_unit_test(a_loaded_table_goes_on_as_the_saved_one),
        cmocka_unit_test(a_table_without_a_cell_left_is_loaded),
        cmocka_unit_test(a_loaded_table_takes_as_many_cells),
        cmocka_unit_test(the_order_of_ends_is_kept),
        cmocka_unit_test(a_signal_is_bound_to_a_subject_once),
        cmocka_unit_test(what_was_cut_is_not_loaded),
        cmocka_unit_test(broken_bytes_are_refused_or_give_a_table_that_works),
        cmocka_unit_test(thousands_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
