/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes, instructions and ids saved while they go on: what comes out is what there was when that
 * began, and nothing else is taken for it. */
#include "tests/advice_saved.h"
#include "tests/chance.h"
#include "tests/support.h"

#include "detector/grounds.h"

#include <stdio.h>

enum { MAX = 24, ACCOUNTS = 40, PAYEES = 3, SIGNALS = 6, SEEDS = 200, HOUR = 3600 };

/* Records as they came through the sink. */
struct bag {
    struct pack bytes;
    struct {
        size_t at, size;
    } record[256];
    size_t count, room;
};

static uint8_t *into_bag(void *context, size_t size) {
    struct bag *bag = context;
    if (bag->count == bag->room) return NULL;
    bag->record[bag->count].at = bag->bytes.size;
    bag->record[bag->count++].size = size;
    return pack_space(&bag->bytes, size);
}

static const struct bag *sorted_bag;

static int compare_records(const void *a, const void *b) {
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const struct bag *bag = sorted_bag;
    const size_t least =
        bag->record[i].size < bag->record[j].size ? bag->record[i].size : bag->record[j].size;
    const int order =
        memcmp(bag->bytes.data + bag->record[i].at, bag->bytes.data + bag->record[j].at, least);
    return order != 0 ? order : (bag->record[i].size > least) - (bag->record[j].size > least);
}

/* Whatever the order in which they came. */
static struct pack sorted(const struct bag *bag) {
    size_t order[256];
    struct pack p = {.data = NULL};
    for (size_t i = 0; i < bag->count; i++)
        order[i] = i;
    sorted_bag = bag;
    qsort(order, bag->count, sizeof *order, compare_records);
    for (size_t i = 0; i < bag->count; i++)
        pack_bytes(&p, bag->bytes.data + bag->record[order[i]].at, bag->record[order[i]].size);
    return p;
}

static void assert_same_and_free(struct pack *a, struct pack *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, a->size);
    free(a->data);
    free(b->data);
}

/* Tables and the clock they have come to. */
struct world {
    struct chance chance;
    struct advice_tables tables;
    int64_t clock_s;
    unsigned number;
};

static struct world world_of(uint64_t seed) {
    return (struct world){{seed}, advice_tables_of(MAX, MAX, MAX), HOUR, 0};
}

static struct text new_id(struct world *w) {
    static char id[RECOMMENDATION_ID_SIZE + 1];
    (void)snprintf(id, sizeof id, "%032x", ++w->number);
    return text_of(id);
}

static int64_t some_term_s(struct world *w) {
    return w->clock_s + 1 + chance_below(&w->chance, 40 * HOUR);
}

static struct text some_signal(struct world *w) {
    static char id[16];
    (void)snprintf(id, sizeof id, "signal-%u", chance_below(&w->chance, SIGNALS));
    return text_of(id);
}

static void add_episode(struct world *w) {
    char token[16];
    const uint32_t account = 1 + chance_below(&w->chance, ACCOUNTS);
    (void)snprintf(token, sizeof token, "token-%u", account / 2);
    if (episodes_find(w->tables.episodes, account) != NULL) return;
    const struct episode_opening opening = {
        account, text_of(token), text_of("BIC"), text_of("opening"), new_id(w), some_term_s(w)};
    episodes_add(w->tables.episodes, &opening);
}

static const struct episode *some_episode(struct world *w) {
    return episodes_find(w->tables.episodes, 1 + chance_below(&w->chance, ACCOUNTS));
}

static void amend(struct world *w, const struct episode *found) {
    struct episode *episode = episodes_change(w->tables.episodes, found);
    char tx[16];
    (void)snprintf(tx, sizeof tx, "tx-%u", ++w->number);
    episode->revision++;
    episode->at_risk_tiyn += 100;
    episode->confirmed = chance_is(&w->chance, 50);
    if (chance_is(&w->chance, 50)) episodes_add_tx(episode, text_of(tx));
}

static void rest(struct world *w, const struct episode *found) {
    struct episode *episode = episodes_change(w->tables.episodes, found);
    const struct episode_ground ground = {ground_of(some_signal(w)), chance_is(&w->chance, 50)};
    episodes_rest_on(w->tables.episodes, episode, &ground, 1);
    episode->party = (struct party_keys){.keys = {{++w->number, 1}}, .count = 1};
}

static void withdraw(struct world *w) {
    const struct episode *episode;
    const struct reach still = {.money = chance_is(&w->chance, 30)};
    if (chance_is(&w->chance, 30)) episodes_forget_signal(w->tables.episodes, some_signal(w));
    episodes_withdraw_ground(w->tables.episodes, some_signal(w), &still);
    while ((episode = episodes_next_unfounded(w->tables.episodes)) != NULL)
        episodes_start_cooling(w->tables.episodes, episode, some_term_s(w));
}

/* Answers come, are taken back, and come again. */
static void answer(struct world *w, const struct episode *episode) {
    struct episodes *episodes = w->tables.episodes;
    const struct episode *answered = episodes_answered_by(episodes, some_signal(w));
    if (answered != NULL && answered != episode && chance_is(&w->chance, 50))
        episodes_unanswer(episodes, answered);
    if (episode->state == EPISODE_COOLING && episode->lapsed)
        episodes_cool_again(episodes, episode, some_term_s(w), chance_is(&w->chance, 50));
    else if (episode->state == EPISODE_COOLING)
        episodes_change(episodes, episode)->lapsed = !episode->confirmed;
    else
        episodes_answer(episodes, episode, some_signal(w), OUTCOME_NO_FUNDS);
}

static void change_episodes(struct world *w) {
    const struct episode *of_answer = chance_is(&w->chance, 60) ? some_episode(w) : NULL;
    if (of_answer != NULL) answer(w, of_answer);
    const struct episode *episode = some_episode(w);
    const bool open = episode != NULL && episode->state == EPISODE_OPEN;
    const uint32_t what = chance_below(&w->chance, 6);
    if (episode == NULL || what == 0)
        add_episode(w);
    else if (what == 1)
        withdraw(w);
    else if (what == 2)
        episodes_remove(w->tables.episodes, episode);
    else if (!open && episode->confirmed)
        episodes_unconfirm(w->tables.episodes, episode);
    else if (open && what == 3)
        episodes_start_cooling(w->tables.episodes, episode, some_term_s(w));
    else if (open && what == 4)
        rest(w, episode);
    else if (open)
        amend(w, episode);
}

static const char *payee_of(uint32_t number) {
    static char id[RECOMMENDATION_ID_SIZE + 1];
    (void)snprintf(id, sizeof id, "payee-%026u", number);
    return id;
}

static void add_instruction(struct world *w) {
    char tx[16];
    const struct text id = new_id(w);
    (void)snprintf(tx, sizeof tx, "tx-%u", w->number);
    const struct episode_opening opening = {
        .account_token = text_of("payer"), .tx_id = text_of(tx), .id = id, .due_s = some_term_s(w)};
    if (!instructions_is_full(w->tables.instructions))
        instructions_add(w->tables.instructions, &opening,
                         payee_of(chance_below(&w->chance, PAYEES)));
}

static const struct instruction *some_instruction(struct world *w) {
    char tx[16];
    const uint32_t back = chance_below(&w->chance, 3 * MAX);
    (void)snprintf(tx, sizeof tx, "tx-%u", w->number - back);
    return instructions_find(w->tables.instructions, text_of("payer"), text_of(tx));
}

static void change_instructions(struct world *w) {
    const struct instruction *found = some_instruction(w);
    const uint32_t what = chance_below(&w->chance, 4);
    if (found == NULL || what == 0) {
        add_instruction(w);
    } else if (what == 1) {
        instructions_remove(w->tables.instructions, found);
    } else if (found->advice.state == EPISODE_OPEN) {
        instructions_change(w->tables.instructions, found)->advice.revision++;
        if (what == 2) instructions_close_one(w->tables.instructions, found);
    }
}

static void expire(struct world *w) {
    const struct episode *episode;
    const struct instruction *instruction;
    while ((episode = episodes_due(w->tables.episodes, w->clock_s)) != NULL)
        episodes_remove(w->tables.episodes, episode);
    while ((instruction = instructions_due(w->tables.instructions, w->clock_s)) != NULL)
        instructions_remove(w->tables.instructions, instruction);
}

static void go_on(struct world *w, uint32_t count) {
    for (; count > 0; count--) {
        w->clock_s += chance_below(&w->chance, 2 * HOUR);
        expire(w);
        change_episodes(w);
        change_instructions(w);
        issued_forget(w->tables.issued, w->clock_s);
        if (!issued_is_full(w->tables.issued))
            issued_add(w->tables.issued, new_id(w).data, w->clock_s);
    }
}

/* All of it at once. */
static struct bag whole_of(struct world *w) {
    struct bag bag = {.room = 256};
    struct pack head = {.data = NULL};
    struct advice_save save;
    advice_save_begin(&save, &w->tables, &head, &(struct pack_sink){&bag, into_bag});
    while (advice_save_step(&save, 1000))
        continue;
    assert_true(advice_save_end(&save));
    free(head.data);
    return bag;
}

/* The ids of open instructions, payee by payee, as they are come upon: which closes them. */
static struct pack drained(struct instructions *t) {
    struct pack p = {.data = NULL};
    const struct instruction *first;
    for (uint32_t payee = 0; payee < PAYEES; payee++)
        while ((first = instructions_of_payee(t, payee_of(payee))) != NULL) {
            pack_bytes(&p, first->advice.id, RECOMMENDATION_ID_SIZE);
            instructions_close_one(t, first);
        }
    assert_int_equal(instructions_open_count(t), 0);
    return p;
}

static void load(struct world *w, struct pack *head, const struct bag *records) {
    struct unpack h = {head->data, head->data + head->size, false};
    struct unpack r = {records->bytes.data, records->bytes.data + records->bytes.size, false};
    *w = world_of(1);
    assert_true(advice_load_begin(&w->tables, &h) && h.at == h.end);
    assert_true(advice_load_records(&w->tables, &r) && advice_load_end(&w->tables));
}

static size_t changed_first; /* records that came by a change */

/* With some changes between two pieces of some looks. */
static struct bag saved_in_pieces(struct world *w, struct pack *head) {
    struct bag bag = {.room = 256};
    struct advice_save save;
    advice_save_begin(&save, &w->tables, head, &(struct pack_sink){&bag, into_bag});
    do {
        const size_t count = bag.count;
        go_on(w, chance_below(&w->chance, 5));
        changed_first += bag.count - count;
    } while (advice_save_step(&save, chance_below(&w->chance, 8)));
    go_on(w, 3);
    assert_true(advice_save_end(&save));
    return bag;
}

static void what_changes_meanwhile_is_saved_as_it_was(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w = world_of(seed), loaded, twin;
        struct pack head = {.data = NULL};
        go_on(&w, chance_below(&w.chance, 120));
        struct bag before = whole_of(&w);
        struct bag pieces = saved_in_pieces(&w, &head);
        struct pack a = sorted(&before), b = sorted(&pieces);
        assert_same_and_free(&a, &b);
        load(&loaded, &head, &pieces);
        struct bag after = whole_of(&loaded);
        a = sorted(&before);
        b = sorted(&after);
        assert_same_and_free(&a, &b);
        load(&twin, &head, &before);
        a = drained(twin.tables.instructions);
        b = drained(loaded.tables.instructions);
        assert_same_and_free(&a, &b);
        advice_tables_close(&w.tables);
        advice_tables_close(&loaded.tables);
        advice_tables_close(&twin.tables);
        free(head.data);
        free(before.bytes.data);
        free(pieces.bytes.data);
        free(after.bytes.data);
    }
    assert_true(changed_first > 5 * SEEDS);
}

/* Wherever the room ends: in a piece, or in a change before it. */
static void without_room_it_ends_and_the_next_is_whole(void **state) {
    (void)state;
    struct world w = world_of(7);
    go_on(&w, 100);
    for (size_t room = 0; room < 30; room++) {
        struct bag scant = {.room = room};
        struct pack head = {.data = NULL};
        struct advice_save save;
        advice_save_begin(&save, &w.tables, &head, &(struct pack_sink){&scant, into_bag});
        do
            go_on(&w, room % 3 == 0);
        while (advice_save_step(&save, 1));
        go_on(&w, 2);
        assert_false(advice_save_end(&save));
        assert_false(advice_save_step(&save, 1));
        free(head.data);
        free(scant.bytes.data);
        head = (struct pack){.data = NULL};
        struct bag before = whole_of(&w), pieces = saved_in_pieces(&w, &head);
        struct pack a = sorted(&before), b = sorted(&pieces);
        assert_same_and_free(&a, &b);
        free(head.data);
        free(before.bytes.data);
        free(pieces.bytes.data);
    }
    advice_tables_close(&w.tables);
}

/* Tables that are closed while they are saved give nothing more. */
static void what_is_closed_saves_no_more(void **state) {
    (void)state;
    struct world w = world_of(7);
    struct bag bag = {.room = 256};
    struct pack head = {.data = NULL};
    struct advice_save save;
    go_on(&w, 100);
    advice_save_begin(&save, &w.tables, &head, &(struct pack_sink){&bag, into_bag});
    advice_tables_close(&w.tables);
    assert_int_equal(bag.count, 0);
    free(head.data);
}

/* Cut anywhere, or flipped bit by bit: refused, or something that can be worked with. */
static void damaged_bytes_are_refused_or_harmless(void **state) {
    (void)state;
    struct world w = world_of(3);
    struct pack p = {.data = NULL};
    uint32_t refused = 0, tries = 0;
    go_on(&w, 100);
    advice_save(&w.tables, &p);
    advice_tables_close(&w.tables);
    for (size_t size = 0; size < p.size; size++) {
        struct advice_tables t = advice_tables_of(MAX, MAX, MAX);
        struct unpack u = {p.data, p.data + size, false};
        assert_false(advice_load(&t, &u));
        advice_tables_close(&t);
    }
    for (size_t bit = 0; bit < 8 * p.size; bit += 5, tries++) {
        struct world v = world_of(bit);
        struct unpack u = {p.data, p.data + p.size, false};
        p.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (advice_load(&v.tables, &u))
            go_on(&v, 10);
        else
            refused++;
        advice_tables_close(&v.tables);
        p.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(refused > tries / 10);
    free(p.data);
}

static void more_than_fit_or_than_are_told_are_refused(void **state) {
    (void)state;
    struct world w = world_of(3);
    struct pack p = {.data = NULL};
    go_on(&w, 100);
    advice_save(&w.tables, &p);
    advice_tables_close(&w.tables);
    for (int table = 0; table < ADVICE_TABLES; table++) {
        const uint32_t max[ADVICE_TABLES] = {table == 0 ? 1 : MAX, table == 1 ? 1 : MAX,
                                             table == 2 ? 1 : MAX};
        struct advice_tables small = advice_tables_of(max[0], max[1], max[2]);
        struct unpack u = {p.data, p.data + p.size, false};
        assert_false(advice_load(&small, &u));
        advice_tables_close(&small);
        for (int less = 0; less < 2; less++) {
            struct advice_tables t = advice_tables_of(MAX, MAX, MAX);
            struct unpack v = {p.data, p.data + p.size, false};
            uint8_t *count = p.data + 4 + 4 * table;
            const uint8_t right = *count;
            *count = (uint8_t)(less ? right - 1 : right + 1);
            assert_false(advice_load(&t, &v));
            *count = right;
            advice_tables_close(&t);
        }
    }
    free(p.data);
}

static void what_is_not_empty_takes_no_bytes(void **state) {
    (void)state;
    struct world w = world_of(3);
    struct pack p = {.data = NULL};
    go_on(&w, 100);
    advice_save(&w.tables, &p);
    struct unpack u = {p.data, p.data + p.size, false};
    assert_false(advice_load(&w.tables, &u));
    advice_tables_close(&w.tables);
    free(p.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_meanwhile_is_saved_as_it_was),
        cmocka_unit_test(without_room_it_ends_and_the_next_is_whole),
        cmocka_unit_test(what_is_closed_saves_no_more),
        cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
        cmocka_unit_test(more_than_fit_or_than_are_told_are_refused),
        cmocka_unit_test(what_is_not_empty_takes_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
