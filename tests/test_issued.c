/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/chance.h"
#include "tests/support.h"

#include "detector/admit.h"
#include "detector/issued.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONG_S = ADMIT_LATE_S + ADMIT_FUTURE_S };

static const char *id_of(unsigned number) {
    static char id[RECOMMENDATION_ID_SIZE + 1];
    (void)snprintf(id, sizeof id, "%032x", number);
    return id;
}

static void an_id_is_there_for_as_long_as_its_event_may_come(void **state) {
    (void)state;
    struct issued *issued = issued_open(4);
    issued_add(issued, id_of(1), 100);
    issued_add(issued, id_of(2), 101);
    issued_forget(issued, 100 + LONG_S);
    assert_true(issued_has(issued, id_of(1)) && issued_has(issued, id_of(2)));
    issued_forget(issued, 101 + LONG_S);
    assert_false(issued_has(issued, id_of(1)));
    assert_true(issued_has(issued, id_of(2)));
    assert_false(issued_has(issued, id_of(3)));
    issued_close(issued);
    issued_close(NULL);
}

static void it_is_full_until_the_oldest_goes(void **state) {
    (void)state;
    struct issued *issued = issued_open(2);
    issued_add(issued, id_of(1), 0);
    assert_false(issued_is_full(issued));
    issued_add(issued, id_of(2), 5);
    assert_true(issued_is_full(issued));
    issued_forget(issued, LONG_S + 1);
    assert_false(issued_is_full(issued));
    issued_close(issued);
}

/* The ring goes round many times, and what lies behind a gap of the index is found. */
static void those_of_a_list_are_there_and_no_others(void **state) {
    (void)state;
    enum { MOST = 37, ADDED = 5000 };
    struct chance chance = {11};
    struct issued *issued = issued_open(MOST);
    unsigned first = 0, end = 0;
    for (int64_t clock_s = 0; end < ADDED; clock_s += LONG_S / 64) {
        for (uint32_t more = chance_below(&chance, 3); more > 0 && end - first < MOST; more--)
            issued_add(issued, id_of(end++), clock_s);
        for (unsigned i = first < MOST ? 0 : first - MOST; i < end + MOST; i++)
            assert_int_equal(issued_has(issued, id_of(i)), first <= i && i < end);
        assert_int_equal(issued_is_full(issued), end - first == MOST);
        issued_forget(issued, clock_s + LONG_S / 64);
        while (first < end && !issued_has(issued, id_of(first)))
            first++;
    }
    issued_close(issued);
}

/* Saved, in one piece: u32 bytes of the head, the head, the ids. */

static uint8_t *space(void *pack, size_t size) {
    return pack_space(pack, size);
}

static void pack_whole(struct pack *p, struct pack *head, struct pack *records) {
    pack_u32(p, (uint32_t)head->size);
    pack_bytes(p, head->data, head->size);
    pack_bytes(p, records->data, records->size);
    free(head->data);
    free(records->data);
}

static struct pack saved(struct issued *issued) {
    struct pack head = {0}, records = {0}, p = {0};
    issued_save_begin(issued, &head, &(struct pack_sink){&records, space});
    while (issued_save_step(issued, 3))
        continue;
    assert_true(issued_save_end(issued));
    pack_whole(&p, &head, &records);
    return p;
}

static struct issued *loaded(const struct pack *pack, size_t size, uint32_t max) {
    struct issued *issued = issued_open(max);
    struct unpack u = {.at = pack->data, .end = pack->data + size};
    const uint32_t head_size = unpack_u32(&u);
    const uint8_t *at = unpack_space(&u, head_size);
    struct unpack head = {at, at == NULL ? NULL : at + head_size, at == NULL};
    bool ok = issued_load_begin(issued, &head);
    while (ok && u.at < u.end)
        ok = issued_load_one(issued, &u);
    if (ok && issued_load_end(issued)) return issued;
    issued_close(issued);
    return NULL;
}

static void assert_same(struct pack *a, struct pack *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, a->size);
    free(a->data);
    free(b->data);
}

static void they_come_back_as_they_were_saved(void **state) {
    (void)state;
    struct issued *before = issued_open(8);
    for (unsigned i = 0; i < 8; i++)
        issued_add(before, id_of(i * 7 % 8), i / 3);
    struct pack pack = saved(before);
    struct issued *after = loaded(&pack, pack.size, 8);
    assert_non_null(after);
    struct pack again = saved(after);
    assert_same(&again, &pack);
    issued_close(after);
    issued_close(before);
}

/* Ids that come and go, with the clock at which they do. */
struct world {
    struct chance chance;
    struct issued *issued;
    int64_t clock_s;
    unsigned number;
};

static void go_on(struct world *w, uint32_t changes) {
    for (; changes > 0; changes--) {
        w->clock_s += chance_below(&w->chance, LONG_S / 8);
        issued_forget(w->issued, w->clock_s);
        if (!issued_is_full(w->issued)) issued_add(w->issued, id_of(w->number++), w->clock_s);
    }
}

static void what_goes_meanwhile_is_saved_and_what_comes_is_not(void **state) {
    (void)state;
    unsigned forgotten = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct world w = {{seed}, issued_open(32), 0, 0};
        struct pack head = {0}, records = {0}, pieces = {0};
        go_on(&w, chance_below(&w.chance, 60));
        struct pack before = saved(w.issued);
        issued_save_begin(w.issued, &head, &(struct pack_sink){&records, space});
        do {
            const size_t size = records.size;
            go_on(&w, chance_below(&w.chance, 4));
            forgotten += records.size > size;
        } while (issued_save_step(w.issued, chance_below(&w.chance, 4)));
        go_on(&w, 3);
        assert_true(issued_save_end(w.issued));
        pack_whole(&pieces, &head, &records);
        assert_same(&pieces, &before);
        issued_close(w.issued);
    }
    assert_true(forgotten > 100);
}

/* Room for so many ids. */
struct scant {
    struct pack pack;
    int left;
};

static uint8_t *scant_space(void *context, size_t size) {
    struct scant *scant = context;
    return scant->left-- > 0 ? pack_space(&scant->pack, size) : NULL;
}

/* Wherever the room ends: in a piece, or in a change before it. */
static void without_room_it_ends_and_the_next_is_whole(void **state) {
    (void)state;
    for (int room = 0; room < 8; room++) {
        struct world w = {{7}, issued_open(32), 0, 0};
        struct scant scant = {.left = room};
        struct pack head = {0};
        go_on(&w, 40);
        issued_save_begin(w.issued, &head, &(struct pack_sink){&scant, scant_space});
        while (issued_save_step(w.issued, 1))
            go_on(&w, (uint32_t)room % 2);
        go_on(&w, 20);
        assert_false(issued_save_end(w.issued));
        struct pack pack = saved(w.issued);
        struct issued *after = loaded(&pack, pack.size, 32);
        assert_non_null(after);
        issued_close(after);
        issued_close(w.issued);
        free(pack.data);
        free(head.data);
        free(scant.pack.data);
    }
}

static void one_that_is_closed_saves_no_more(void **state) {
    (void)state;
    struct world w = {{7}, issued_open(32), 0, 0};
    struct pack head = {0}, records = {0};
    go_on(&w, 40);
    issued_save_begin(w.issued, &head, &(struct pack_sink){&records, space});
    issued_close(w.issued);
    assert_int_equal(records.size, 0);
    free(head.data);
}

/* Cut anywhere, more than fit or than are told, the same twice, or out of order. */
static void bytes_that_are_none_are_refused(void **state) {
    (void)state;
    struct issued *issued = issued_open(8);
    issued_add(issued, id_of(1), 5);
    issued_add(issued, id_of(2), 6);
    struct pack pack = saved(issued);
    issued_close(issued);
    for (size_t size = 0; size < pack.size; size++)
        assert_null(loaded(&pack, size, 8));
    assert_null(loaded(&pack, pack.size, 1));
    enum { ENTRY = RECOMMENDATION_ID_SIZE + 8, COUNT = 4, FIRST = 8 };
    pack.data[COUNT] = 1;
    assert_null(loaded(&pack, pack.size, 8));
    pack.data[COUNT] = 2;
    uint8_t second[ENTRY];
    memcpy(second, pack.data + FIRST + ENTRY, ENTRY);
    memcpy(pack.data + FIRST + ENTRY, pack.data + FIRST, ENTRY);
    assert_null(loaded(&pack, pack.size, 8));
    memcpy(pack.data + FIRST, second, ENTRY);
    assert_null(loaded(&pack, pack.size, 8));
    free(pack.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_there_for_as_long_as_its_event_may_come),
        cmocka_unit_test(it_is_full_until_the_oldest_goes),
        cmocka_unit_test(those_of_a_list_are_there_and_no_others),
        cmocka_unit_test(they_come_back_as_they_were_saved),
        cmocka_unit_test(what_goes_meanwhile_is_saved_and_what_comes_is_not),
        cmocka_unit_test(without_room_it_ends_and_the_next_is_whole),
        cmocka_unit_test(one_that_is_closed_saves_no_more),
        cmocka_unit_test(bytes_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
