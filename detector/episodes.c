/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/episodes.h"

#include "detector/episode_parts.h"
#include "detector/grounds.h"

#include <assert.h>
#include <stdlib.h>

#define uthash_fatal(message) assert(false && message)
#include <uthash.h>
#include <utlist.h>

/* The episode's own memory: its texts, and its place in the maps. */
struct entry {
    struct episode episode;
    uint8_t *texts; /* account, opening transaction, BIC */
    char *later_tx[TARGET_TX_MAX];
    bool flagged;   /* among those of its token */
    uint32_t saved; /* by which saving; or it came after that one began */
    struct ground_link links[SIGNAL_IDS_MAX];
    struct ground_link answer_link;
    struct entry *next_unfounded;
    struct entry *prev, *next; /* flagged, of the same token */
    UT_hash_handle hh, by_id, by_token;
};

struct episodes {
    uint32_t max;
    uint32_t open_count;
    struct entry *map;     /* by account number */
    struct entry *ids;     /* the same, by id */
    struct entry *flagged; /* those that are open or confirmed, by account token: of each the first,
                              by number */
    struct episode_heap heap;
    struct grounds grounds, answers;
    struct entry *unfounded; /* by id */
    uint32_t due;            /* while it is loaded: episodes in the end */
    uint32_t savings;        /* ever begun */
    struct saving saving;
    struct entry *hand; /* the next that is looked at; NULL: none */
};

struct episodes *episodes_open(uint32_t episodes_max) {
    struct episodes *episodes = calloc(1, sizeof *episodes);
    if (episodes == NULL) return NULL;
    episodes->max = episodes_max;
    if (episode_heap_open(&episodes->heap, episodes_max)) return episodes;
    free(episodes);
    return NULL;
}

static struct entry *entry_of(const struct episode *episode) {
    return (struct entry *)(uintptr_t)episode; /* its first member */
}

static void entry_free(struct entry *entry) {
    for (size_t i = 0; i < TARGET_TX_MAX; i++)
        free(entry->later_tx[i]);
    free(entry->texts);
    free(entry);
}

void episodes_close(struct episodes *episodes) {
    if (episodes == NULL) return;
    (void)episodes_save_end(episodes);
    HASH_CLEAR(hh, episodes->map);
    HASH_CLEAR(by_id, episodes->ids);
    HASH_CLEAR(by_token, episodes->flagged);
    for (uint32_t i = 0; i < episodes->heap.count; i++) {
        episodes_rest_on(episodes, episodes->heap.items[i], NULL, 0);
        episodes_unanswer(episodes, episodes->heap.items[i]);
        entry_free(entry_of(episodes->heap.items[i]));
    }
    episode_heap_close(&episodes->heap);
    free(episodes);
}

/* What is saved before it is changed. */

static void save_grounds(const struct episode *episode, struct pack *p) {
    pack_u8(p, episode->stands_alone);
    pack_u32(p, episode->ground_count);
    for (uint32_t i = 0; i < episode->ground_count; i++) {
        pack_u64(p, episode->grounds[i].signal);
        pack_u8(p, episode->grounds[i].by_money);
    }
    pack_u32(p, episode->party.count);
    for (uint32_t i = 0; i < episode->party.count; i++) {
        pack_u64(p, episode->party.keys[i].low);
        pack_u64(p, episode->party.keys[i].high);
    }
}

static void save_answer(const struct episode *episode, struct pack *p) {
    pack_u8(p, episode->lapsed);
    pack_u8(p, (uint8_t)episode->answer_result);
    pack_u64(p, episode->answer_result == OUTCOME_UNKNOWN ? 0 : episode->answer);
}

static void save_one(struct episodes *episodes, struct entry *entry) {
    const struct episode *episode = &entry->episode;
    struct pack *p = saving_one(&episodes->saving);
    pack_u32(p, episode->account_number);
    pack_u8(p, (uint8_t)episode->state);
    pack_u8(p, episode->confirmed);
    pack_u8(p, entry->flagged);
    pack_i64(p, episode->due_s);
    pack_bytes(p, episode->id, RECOMMENDATION_ID_SIZE);
    pack_text(p, episode->account_token);
    pack_text(p, episode->bic);
    pack_u32(p, episode->tx_count);
    for (uint32_t i = 0; i < episode->tx_count; i++)
        pack_text(p, episode->tx_ids[i]);
    pack_i64(p, episode->since_s);
    save_grounds(episode, p);
    save_answer(episode, p);
    episode_save_published(episode, p);
    saving_put(&episodes->saving);
    entry->saved = episodes->savings;
}

static bool is_due(const struct episodes *episodes, const struct entry *entry) {
    return episodes->saving.running && entry->saved != episodes->savings;
}

struct episode *episodes_change(struct episodes *episodes, const struct episode *episode) {
    struct entry *entry = entry_of(episode);
    if (is_due(episodes, entry)) save_one(episodes, entry);
    return &entry->episode;
}

/* Episodes. */

const struct episode *episodes_find(const struct episodes *episodes, uint32_t account_number) {
    struct entry *entry = NULL;
    HASH_FIND(hh, episodes->map, &account_number, sizeof account_number, entry);
    return entry == NULL ? NULL : &entry->episode;
}

const struct episode *episodes_find_id(const struct episodes *episodes, struct text id) {
    struct entry *entry = NULL;
    if (id.size == RECOMMENDATION_ID_SIZE) HASH_FIND(by_id, episodes->ids, id.data, id.size, entry);
    return entry == NULL ? NULL : &entry->episode;
}

const struct episode *episodes_find_flagged(const struct episodes *episodes,
                                            struct text account_token) {
    struct entry *entry = NULL;
    HASH_FIND(by_token, episodes->flagged, account_token.data, account_token.size, entry);
    return entry == NULL ? NULL : &entry->episode;
}

static int compare_numbers(const struct entry *a, const struct entry *b) {
    return a->episode.account_number < b->episode.account_number ? -1 : 1;
}

static struct entry *take_flagged(struct episodes *episodes, struct text token) {
    struct entry *first = NULL;
    HASH_FIND(by_token, episodes->flagged, token.data, token.size, first);
    if (first != NULL) HASH_DELETE(by_token, episodes->flagged, first);
    return first;
}

static void put_flagged(struct episodes *episodes, struct entry *first) {
    if (first == NULL) return;
    const struct text token = first->episode.account_token;
    HASH_ADD_KEYPTR(by_token, episodes->flagged, token.data, token.size, first);
}

static void flag(struct episodes *episodes, struct entry *entry) {
    struct entry *first = take_flagged(episodes, entry->episode.account_token);
    DL_INSERT_INORDER(first, entry, compare_numbers);
    put_flagged(episodes, first);
    entry->flagged = true;
}

static void unflag(struct episodes *episodes, struct entry *entry) {
    if (!entry->flagged) return;
    struct entry *first = take_flagged(episodes, entry->episode.account_token);
    DL_DELETE(first, entry);
    put_flagged(episodes, first);
    entry->flagged = false;
}

static struct entry *add(struct episodes *episodes, const struct episode_opening *opening,
                         enum episode_state state) {
    assert(episodes->heap.count < episodes->max);
    struct entry *entry = calloc(1, sizeof *entry);
    assert(entry != NULL && "out of memory");
    struct episode *episode = &entry->episode;
    entry->texts = episode_keep_texts(episode, opening);
    episode->account_number = opening->account_number;
    episode->state = state;
    episode->due_s = opening->due_s;
    episode->since_s = INT64_MAX;
    entry->saved = episodes->savings;
    HASH_ADD(hh, episodes->map, episode.account_number, sizeof episode->account_number, entry);
    HASH_ADD(by_id, episodes->ids, episode.id, RECOMMENDATION_ID_SIZE, entry);
    episodes->open_count += state == EPISODE_OPEN;
    episode_heap_add(&episodes->heap, episode);
    return entry;
}

struct episode *episodes_add(struct episodes *episodes, const struct episode_opening *opening) {
    const struct episode *before = episodes_find(episodes, opening->account_number);
    if (before != NULL && before->lapsed) episodes_remove(episodes, before);
    while ((before = episodes_find_flagged(episodes, opening->account_token)) != NULL &&
           before->state == EPISODE_COOLING)
        episodes_remove(episodes, before);
    assert(episodes_find(episodes, opening->account_number) == NULL);
    assert(episodes_find_id(episodes, opening->id) == NULL);
    if (episodes->heap.count == episodes->max) return NULL;
    struct entry *entry = add(episodes, opening, EPISODE_OPEN);
    flag(episodes, entry);
    return &entry->episode;
}

bool episodes_add_tx(struct episode *episode, struct text tx_id) {
    for (uint32_t i = 0; i < episode->tx_count; i++)
        if (text_equal(episode->tx_ids[i], tx_id)) return false;
    if (episode->tx_count < TARGET_TX_MAX) episode->tx_count++;
    const uint32_t last = episode->tx_count - 1;
    char *copy = realloc(entry_of(episode)->later_tx[last], tx_id.size + 1);
    assert(copy != NULL && "out of memory");
    memcpy(copy, tx_id.data, tx_id.size);
    entry_of(episode)->later_tx[last] = copy;
    episode->tx_ids[last] = (struct text){copy, tx_id.size};
    return true;
}

/* What they rest on. */

void episodes_rest_on(struct episodes *episodes, struct episode *episode,
                      const struct episode_ground *grounds, uint32_t count) {
    struct ground_link *links = entry_of(episode)->links;
    for (uint32_t i = 0; i < episode->ground_count; i++)
        grounds_remove(&episodes->grounds, &links[i]);
    for (uint32_t i = 0; i < count; i++) {
        episode->grounds[i] = grounds[i];
        grounds_add(&episodes->grounds, grounds[i].signal, &links[i], episode);
    }
    episode->ground_count = count;
}

/* Unless it speaks of it still. True: it does not rest on it any more. */
static bool forget(struct episodes *episodes, const struct episode *found, uint64_t signal,
                   const struct reach *still) {
    struct episode *episode = episodes_change(episodes, found);
    struct episode_ground kept[SIGNAL_IDS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < episode->ground_count; i++)
        if (episode->grounds[i].signal != signal ||
            reach_has(still, &episode->party, episode->grounds[i].by_money))
            kept[count++] = episode->grounds[i];
    if (count == episode->ground_count) return false;
    episodes_rest_on(episodes, episode, kept, count);
    return true;
}

void episodes_forget_signal(struct episodes *episodes, struct text signal_id) {
    static const struct reach nobody;
    struct ground_link *link;
    if (episodes->grounds.map == NULL && episodes->answers.map == NULL) return;
    const uint64_t signal = ground_of(signal_id);
    while ((link = grounds_first(&episodes->grounds, signal)) != NULL)
        forget(episodes, link->episode, signal, &nobody);
    while ((link = grounds_first(&episodes->answers, signal)) != NULL)
        episodes_unanswer(episodes, link->episode);
}

static void note_unfounded(struct episodes *episodes, struct episode *episode) {
    if (episode->ground_count > 0 || episode->stands_alone) return;
    LL_PREPEND2(episodes->unfounded, entry_of(episode), next_unfounded);
}

static int compare_ids(const struct entry *a, const struct entry *b) {
    return strcmp(a->episode.id, b->episode.id);
}

void episodes_withdraw_ground(struct episodes *episodes, struct text signal_id,
                              const struct reach *still) {
    assert(episodes->unfounded == NULL);
    if (episodes->grounds.map == NULL) return;
    const uint64_t signal = ground_of(signal_id);
    struct ground_link *link = grounds_first(&episodes->grounds, signal);
    while (link != NULL) {
        struct episode *episode = link->episode;
        link = link->next;
        if (forget(episodes, episode, signal, still)) note_unfounded(episodes, episode);
    }
    LL_SORT2(episodes->unfounded, compare_ids, next_unfounded);
}

const struct episode *episodes_next_unfounded(struct episodes *episodes) {
    struct entry *first = episodes->unfounded;
    if (first == NULL) return NULL;
    episodes->unfounded = first->next_unfounded;
    return &first->episode;
}

/* What they were answered. */

static void set_answer(struct episodes *episodes, struct episode *episode, uint64_t answer,
                       enum outcome_result result) {
    episode->answer = answer;
    episode->answer_result = result;
    grounds_add(&episodes->answers, answer, &entry_of(episode)->answer_link, episode);
}

void episodes_answer(struct episodes *episodes, const struct episode *found, struct text signal_id,
                     enum outcome_result result) {
    struct episode *episode = episodes_change(episodes, found);
    episodes_unanswer(episodes, episode);
    set_answer(episodes, episode, ground_of(signal_id), result);
}

void episodes_unanswer(struct episodes *episodes, const struct episode *found) {
    if (found->answer_result == OUTCOME_UNKNOWN) return;
    struct episode *episode = episodes_change(episodes, found);
    grounds_remove(&episodes->answers, &entry_of(episode)->answer_link);
    episode->answer_result = OUTCOME_UNKNOWN;
}

const struct episode *episodes_answered_by(const struct episodes *episodes, struct text signal_id) {
    if (episodes->answers.map == NULL) return NULL;
    const struct ground_link *link = grounds_first(&episodes->answers, ground_of(signal_id));
    return link == NULL ? NULL : link->episode;
}

/* Leaving. */

void episodes_start_cooling(struct episodes *episodes, const struct episode *found,
                            int64_t until_s) {
    struct episode *episode = episodes_change(episodes, found);
    assert(episode->state == EPISODE_OPEN);
    episodes->open_count--;
    episodes_rest_on(episodes, episode, NULL, 0);
    episodes_unanswer(episodes, episode);
    if (!episode->confirmed) unflag(episodes, entry_of(episode));
    episode->state = EPISODE_COOLING;
    episode->due_s = until_s;
    episode_heap_settle(&episodes->heap, episode);
}

void episodes_remove(struct episodes *episodes, const struct episode *found) {
    struct episode *episode = episodes_change(episodes, found);
    struct entry *entry = entry_of(episode);
    if (entry == episodes->hand) episodes->hand = entry->hh.next;
    unflag(episodes, entry);
    episodes_rest_on(episodes, episode, NULL, 0);
    episodes_unanswer(episodes, episode);
    episodes->open_count -= episode->state == EPISODE_OPEN;
    HASH_DELETE(hh, episodes->map, entry);
    HASH_DELETE(by_id, episodes->ids, entry);
    episode_heap_remove(&episodes->heap, episode);
    entry_free(entry);
}

const struct episode *episodes_due(const struct episodes *episodes, int64_t clock_s) {
    return episode_heap_due(&episodes->heap, clock_s);
}

uint32_t episodes_open_count(const struct episodes *episodes) {
    return episodes->open_count;
}

void episodes_unconfirm(struct episodes *episodes, const struct episode *found) {
    struct episode *episode = episodes_change(episodes, found);
    assert(episode->state == EPISODE_COOLING);
    episode->confirmed = false;
    unflag(episodes, entry_of(episode));
}

void episodes_cool_again(struct episodes *episodes, const struct episode *found, int64_t until_s,
                         bool confirmed) {
    struct episode *episode = episodes_change(episodes, found);
    assert(episode->state == EPISODE_COOLING && episode->lapsed);
    episode->lapsed = false;
    episode->confirmed = confirmed;
    if (confirmed) flag(episodes, entry_of(episode));
    episode->due_s = until_s;
    episode_heap_settle(&episodes->heap, episode);
}

/* Saving. */

void episodes_save_begin(struct episodes *episodes, struct pack *head,
                         const struct pack_sink *sink) {
    pack_u32(head, episodes->heap.count);
    saving_begin(&episodes->saving, episodes->heap.count, sink);
    episodes->savings++;
    episodes->hand = episodes->map;
}

bool episodes_save_step(struct episodes *episodes, uint32_t looks) {
    for (; episodes->saving.running && episodes->hand != NULL && looks > 0; looks--) {
        struct entry *entry = episodes->hand;
        if (is_due(episodes, entry)) save_one(episodes, entry);
        episodes->hand = entry->hh.next;
    }
    return episodes->saving.running && episodes->hand != NULL;
}

bool episodes_save_end(struct episodes *episodes) {
    episodes->hand = NULL;
    return saving_end(&episodes->saving);
}

/* Loading. */

/* What is read before an episode can be added. */
struct loaded {
    struct episode_opening opening;
    uint8_t state, confirmed, flagged;
    uint32_t tx_count;
};

static struct loaded load_head(struct unpack *u) {
    struct loaded l = {.opening.account_number = unpack_u32(u)};
    l.state = unpack_u8(u);
    l.confirmed = unpack_u8(u);
    l.flagged = unpack_u8(u);
    l.opening.due_s = unpack_i64(u);
    l.opening.id = episode_load_id(u);
    l.opening.account_token = unpack_text(u);
    l.opening.bic = unpack_text(u);
    l.tx_count = unpack_u32(u);
    l.opening.tx_id = unpack_text(u);
    return l;
}

static bool is_whole(const struct loaded *l) {
    return l->opening.account_token.data != NULL && l->opening.tx_id.data != NULL &&
           l->state <= EPISODE_COOLING && l->tx_count > 0 && l->tx_count <= TARGET_TX_MAX;
}

/* Beside what is there already. */
static bool has_place(const struct episodes *episodes, const struct loaded *l) {
    const struct episode_opening *opening = &l->opening;
    return episodes->heap.count < episodes->due &&
           episodes_find(episodes, opening->account_number) == NULL &&
           episodes_find_id(episodes, opening->id) == NULL;
}

static bool load_party(struct party_keys *party, struct unpack *u) {
    party->count = unpack_u32(u);
    if (u->bad || party->count > sizeof party->keys / sizeof party->keys[0]) return false;
    for (uint32_t i = 0; i < party->count; i++) {
        party->keys[i].low = unpack_u64(u);
        party->keys[i].high = unpack_u64(u);
    }
    return !u->bad;
}

static bool load_grounds(struct episodes *episodes, struct episode *episode, struct unpack *u) {
    struct episode_ground grounds[SIGNAL_IDS_MAX] = {{0}};
    episode->stands_alone = unpack_u8(u) != 0;
    const uint32_t count = unpack_u32(u);
    if (u->bad || count > SIGNAL_IDS_MAX || (count > 0 && episode->state != EPISODE_OPEN))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        grounds[i].signal = unpack_u64(u);
        grounds[i].by_money = unpack_u8(u) != 0;
    }
    if (!u->bad) episodes_rest_on(episodes, episode, grounds, count);
    return load_party(&episode->party, u);
}

static bool load_answer(struct episodes *episodes, struct episode *episode, struct unpack *u) {
    episode->lapsed = unpack_u8(u) != 0;
    const uint8_t result = unpack_u8(u);
    const uint64_t answer = unpack_u64(u);
    if (u->bad || result >= OUTCOME_COUNT) return false;
    if (result != OUTCOME_UNKNOWN) set_answer(episodes, episode, answer, result);
    return true;
}

bool episodes_load_begin(struct episodes *episodes, struct unpack *head) {
    episodes->due = unpack_u32(head);
    return !head->bad && episodes->due <= episodes->max && episodes->heap.count == 0;
}

bool episodes_load_one(struct episodes *episodes, struct unpack *u) {
    const struct loaded l = load_head(u);
    if (u->bad || !is_whole(&l) || !has_place(episodes, &l)) return false;
    struct entry *entry = add(episodes, &l.opening, (enum episode_state)l.state);
    struct episode *episode = &entry->episode;
    if (l.flagged != 0) flag(episodes, entry);
    episode->confirmed = l.confirmed != 0;
    for (uint32_t i = 1; i < l.tx_count; i++) {
        const struct text tx_id = unpack_text(u);
        if (u->bad || tx_id.data == NULL) return false;
        episodes_add_tx(episode, tx_id);
    }
    episode->since_s = unpack_i64(u);
    return load_grounds(episodes, episode, u) && load_answer(episodes, episode, u) &&
           episode_load_published(episode, u);
}

bool episodes_load_end(const struct episodes *episodes) {
    return episodes->heap.count == episodes->due;
}
