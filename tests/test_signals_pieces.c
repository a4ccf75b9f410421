/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signals saved while it goes on: what comes out is the table of the moment when that
 * began, and nothing else is taken for one. */
#include "tests/random_signals.h"
#include "tests/signals_saved.h"

enum { MAX = 64, SEEDS = 150 };

static struct pack whole_of(struct signals *t) {
    struct pack p = {.data = NULL};
    signals_save(t, &p);
    return p;
}

static bool loads(const struct pack *p, struct signals *t) {
    struct unpack u = {p->data, p->data + p->size, false};
    return signals_load(t, &u);
}

static void free_pack(struct pack *p) {
    free(p->data);
    *p = (struct pack){.data = NULL};
}

/* A table and the clock it has come to. */
struct world {
    struct chance chance;
    struct signals *table;
    int64_t clock_s;
    uint32_t stride_s;
    bool crowded;
    uint64_t effects[EFFECT_COUNT], dropped;
};

static struct world world_of(uint64_t seed) {
    return (struct world){.chance = {seed},
                          .table = table_of(MAX),
                          .clock_s = NOW,
                          .stride_s = seed % 3 == 0   ? DAY
                                      : seed % 3 == 1 ? HOUR
                                                      : 60,
                          .crowded = seed % 4 == 0};
}

static void go_on(struct world *w, uint32_t count) {
    for (; count > 0; count--) {
        char ids[2][64];
        struct signal s = random_signal(&w->chance, ids, w->clock_s);
        if (w->crowded) crowd(&w->chance, &s);
        const uint32_t before = signals_count(w->table);
        const enum signal_effect effect = signals_apply(w->table, &s, w->clock_s);
        w->effects[effect]++;
        w->dropped += signals_count(w->table) < before;
        w->clock_s += chance_below(&w->chance, w->stride_s);
    }
}

static void assert_same_bytes(const struct pack *a, const struct pack *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, a->size);
}

/* With so many changes at most between two pieces of so many looks at most. */
static struct pack saved_in_pieces(struct world *w, uint32_t changes, uint32_t looks) {
    struct pack head = {.data = NULL}, records = {.data = NULL}, p = {.data = NULL};
    const struct pack_sink sink = {&records, signals_space};
    signals_save_begin(w->table, &head, &sink);
    do
        go_on(w, chance_below(&w->chance, changes + 1));
    while (signals_save_step(w->table, chance_below(&w->chance, looks + 1)));
    assert_true(signals_save_end(w->table));
    signals_pack(&p, &head, &records);
    free_pack(&head);
    free_pack(&records);
    return p;
}

static void what_changes_meanwhile_is_saved_as_it_was(void **unused) {
    (void)unused;
    uint64_t effects[EFFECT_COUNT] = {0}, dropped = 0, in_order = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w = world_of(seed);
        go_on(&w, chance_below(&w.chance, 200));
        for (int i = 0; i < 4; i++) {
            struct pack before = whole_of(w.table);
            memset(w.effects, 0, sizeof w.effects);
            w.dropped = 0;
            struct pack pieces = saved_in_pieces(&w, 8, 6);
            struct signals *again = table_of(MAX);
            assert_true(loads(&pieces, again));
            struct pack after = whole_of(again);
            assert_same_bytes(&before, &after);
            in_order += memcmp(pieces.data, before.data, before.size) == 0;
            for (int e = 0; e < EFFECT_COUNT; e++)
                effects[e] += w.effects[e];
            dropped += w.dropped;
            signals_close(again);
            free_pack(&before);
            free_pack(&pieces);
            free_pack(&after);
        }
        signals_close(w.table);
    }
    for (enum signal_effect effect = 0; effect < EFFECT_FULL; effect++)
        assert_true(effects[effect] > 100);
    assert_true(dropped > 100);
    assert_true(in_order < SEEDS); /* the signals that changed came before the others */
}

/* One that goes on, and one that is loaded from it again and again: the same bytes each time. */
static void what_is_loaded_goes_on_to_the_same_bytes(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS / 3; seed++) {
        struct world w = world_of(seed), v = world_of(seed);
        for (int i = 0; i < 20; i++) {
            const uint32_t count = chance_below(&w.chance, 30);
            chance_below(&v.chance, 30);
            go_on(&w, count);
            go_on(&v, count);
            struct pack a = whole_of(w.table), b = whole_of(v.table);
            assert_same_bytes(&a, &b);
            signals_close(v.table);
            v.table = table_of(MAX);
            assert_true(loads(&b, v.table));
            free_pack(&a);
            free_pack(&b);
        }
        signals_close(w.table);
        signals_close(v.table);
    }
}

/* Room for so many bytes. */
struct scant {
    struct pack pack;
    size_t left;
};

static uint8_t *scant_space(void *context, size_t size) {
    struct scant *s = context;
    if (s->left < size) return NULL;
    s->left -= size;
    return pack_space(&s->pack, size);
}

/* Wherever the room ends: in a piece, or in a change before it. */
static void without_room_it_ends_and_the_next_is_whole(void **unused) {
    (void)unused;
    struct world w = world_of(7);
    go_on(&w, 100);
    for (size_t room = 0; room < 1500; room += 50) {
        struct scant scant = {.left = room};
        struct pack head = {.data = NULL};
        const struct pack_sink sink = {&scant, scant_space};
        signals_save_begin(w.table, &head, &sink);
        go_on(&w, 20);
        while (signals_save_step(w.table, 1))
            go_on(&w, 1);
        assert_false(signals_save_end(w.table));
        assert_false(signals_save_step(w.table, 1));
        free_pack(&head);
        free_pack(&scant.pack);
        struct pack before = whole_of(w.table), pieces = saved_in_pieces(&w, 3, 3);
        struct signals *again = table_of(MAX);
        assert_true(loads(&pieces, again));
        struct pack after = whole_of(again);
        assert_same_bytes(&before, &after);
        signals_close(again);
        free_pack(&before);
        free_pack(&pieces);
        free_pack(&after);
    }
    signals_close(w.table);
}

/* Bytes that are wrong in a way. */

/* Where the parts are: of signals a to c, which end on one day, and d on another. */
enum {
    HEAD = 4,
    TOP = HEAD,
    SIGNALS = TOP + 4,
    SUBJECTS = SIGNALS + 4,
    DAY_1 = SUBJECTS + 4,
    LIST_1 = DAY_1 + 4,
    DAY_2 = LIST_1 + 4,
    LIST_2 = DAY_2 + 4,
    RECORDS = LIST_2 + 4,
    NUMBER = 0,
    NEXT = NUMBER + 4,
    ID_TEXT = NEXT + 4 + 1,
    FORGET = ID_TEXT + 1 + 8,
    RECORD = FORGET + 4 + 4 + 2 + 4 + 1 + 17,
    FOUR = 4
};

static struct pack four_signals(void) {
    struct signals *t = table_of(MAX);
    assert_int_equal(apply(t, a_signal("a", SUBJECT_ACCOUNT, "a", 0)), EFFECT_ADDED);
    assert_int_equal(apply(t, a_signal("b", SUBJECT_ACCOUNT, "b", 0)), EFFECT_ADDED);
    assert_int_equal(apply(t, a_signal("c", SUBJECT_ACCOUNT, "c", 0)), EFFECT_ADDED);
    assert_int_equal(apply(t, a_signal("d", SUBJECT_ACCOUNT, "d", 3 * DAY)), EFFECT_ADDED);
    struct pack p = whole_of(t);
    assert_int_equal(p.size, RECORDS + FOUR * RECORD);
    signals_close(t);
    return p;
}

static uint32_t word_at(const struct pack *p, size_t at) {
    uint32_t value;
    memcpy(&value, p->data + at, sizeof value);
    return value;
}

static size_t in_record(uint32_t number, size_t field) {
    return RECORDS + (number - 1) * (size_t)RECORD + field;
}

/* Of a word; 0: none is changed. */
struct change {
    size_t at;
    uint32_t value;
};

static void assert_refused(const struct change changes[2]) {
    struct pack p = four_signals();
    struct signals *t = table_of(MAX);
    for (int i = 0; i < 2; i++)
        if (changes[i].at != 0) memcpy(p.data + changes[i].at, &changes[i].value, sizeof(uint32_t));
    assert_false(loads(&p, t));
    signals_close(t);
    free_pack(&p);
}

static void a_table_that_hangs_together_wrongly_is_refused(void **unused) {
    (void)unused;
    struct pack good = four_signals();
    struct signals *t = table_of(MAX);
    assert_true(loads(&good, t));
    signals_close(t);
    assert_int_equal(word_at(&good, LIST_1), 3); /* c, b, a */
    assert_int_equal(word_at(&good, LIST_2), 4);
    const uint32_t day_1 = word_at(&good, DAY_1), day_2 = word_at(&good, DAY_2);
    const struct change wrong[][2] = {
        {{in_record(1, NEXT), 3}},                          /* a list without an end, */
        {{LIST_1, 2}, {in_record(3, NEXT), 3}},             /* also apart from the others; */
        {{in_record(1, NEXT), 4}},                          /* two that meet, */
        {{in_record(3, NEXT), 4}, {in_record(2, NEXT), 2}}, /* so that the number is right; */
        {{in_record(2, NEXT), 0}},                          /* one that ends early, */
        {{in_record(1, NEXT), 5}},                          /* or beyond all, */
        {{in_record(1, NEXT), ~0u}},
        {{LIST_2, 0}}, /* or begins there; */
        {{LIST_2, 5}},
        {{DAY_1, day_2}}, /* days that are the same, */
        {{DAY_1, day_2}, {DAY_2, day_1}},
        {{DAY_2, day_2 + 1}}, /* later than the end of one, */
        {{DAY_2, DAYS}},      /* or than all time; */
        {{in_record(4, NUMBER), 1}},
        {{in_record(4, NUMBER), 0}},
        {{in_record(4, NUMBER), 5}}, /* a place that there is not, */
        {{TOP, 3}},
        {{TOP, MAX + 1}},
        {{SIGNALS, 3}}, /* and more, or fewer, than there are. */
        {{SIGNALS, 5}, {TOP, 5}},
        {{SUBJECTS, 3}},
        {{SUBJECTS, ~0u}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(wrong[i]);
    free_pack(&good);
}

/* More lists than are followed at once, the last of which leads into the first. */
static void a_list_of_many_that_leads_into_another_is_refused(void **unused) {
    (void)unused;
    enum { LISTS = 40 };
    struct signals *t = table_of(MAX), *again = table_of(MAX), *broken = table_of(MAX);
    for (int i = 0; i < LISTS; i++) {
        char id[2] = {(char)('A' + i)};
        apply(t, a_signal(id, SUBJECT_ACCOUNT, id, i * DAY));
    }
    struct pack p = whole_of(t);
    assert_true(loads(&p, again));
    const uint32_t first = 1;
    memcpy(p.data + p.size - RECORD + NEXT, &first, sizeof first);
    assert_false(loads(&p, broken));
    signals_close(t);
    signals_close(again);
    signals_close(broken);
    free_pack(&p);
}

static void an_id_is_there_once(void **unused) {
    (void)unused;
    struct pack p = four_signals();
    struct signals *t = table_of(MAX);
    p.data[in_record(2, ID_TEXT)] = 'a';
    assert_false(loads(&p, t));
    signals_close(t);
    free_pack(&p);
}

/* A table that holds something already. */
static void a_second_table_is_refused(void **unused) {
    (void)unused;
    struct pack p = four_signals();
    struct signals *t = table_of(MAX);
    assert_true(loads(&p, t));
    assert_false(loads(&p, t));
    signals_close(t);
    free_pack(&p);
}

/* Nor may it come twice that way. */
static void subjects_of_no_signals_are_refused(void **unused) {
    (void)unused;
    const uint32_t words[] = {0, 0, 5};
    const uint8_t *bytes = (const uint8_t *)words;
    struct signals *t = table_of(MAX);
    for (int i = 0; i < 2; i++) {
        struct signals_load load;
        struct unpack head = {bytes, bytes + sizeof words, false};
        assert_false(signals_load_begin(t, &load, &head));
    }
    signals_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_meanwhile_is_saved_as_it_was),
        cmocka_unit_test(what_is_loaded_goes_on_to_the_same_bytes),
        cmocka_unit_test(without_room_it_ends_and_the_next_is_whole),
        cmocka_unit_test(a_table_that_hangs_together_wrongly_is_refused),
        cmocka_unit_test(a_list_of_many_that_leads_into_another_is_refused),
        cmocka_unit_test(an_id_is_there_once),
        cmocka_unit_test(a_second_table_is_refused),
        cmocka_unit_test(subjects_of_no_signals_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
