/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/episodes.h"

#include "detector/episode_id.h"

#include <assert.h>
#include <stdlib.h>

#define uthash_fatal(message) assert(false && message)
#include <uthash.h>

/* The episode's own memory: its texts, and its place in the heap and in the map. */
struct entry {
    struct episode episode;
    size_t place;   /* in the heap */
    uint8_t *texts; /* account, opening transaction, BIC */
    char *later_tx[TARGET_TX_MAX];
    UT_hash_handle hh, by_id;
};

struct episodes {
    uint32_t max;
    uint32_t count, open_count;
    struct entry *map;   /* by account number */
    struct entry *ids;   /* the same, by id */
    struct entry **heap; /* by (due_s, id), smallest first */
};

struct episodes *episodes_open(uint32_t episodes_max) {
    struct episodes *episodes = calloc(1, sizeof *episodes);
    if (episodes == NULL) return NULL;
    episodes->max = episodes_max;
    episodes->heap = calloc((size_t)episodes_max + 1, sizeof(struct entry *));
    if (episodes->heap != NULL) return episodes;
    free(episodes);
    return NULL;
}

static void entry_free(struct entry *entry) {
    for (size_t i = 0; i < TARGET_TX_MAX; i++)
        free(entry->later_tx[i]);
    free(entry->texts);
    free(entry);
}

void episodes_close(struct episodes *episodes) {
    if (episodes == NULL) return;
    HASH_CLEAR(hh, episodes->map);
    HASH_CLEAR(by_id, episodes->ids);
    for (uint32_t i = 0; i < episodes->count; i++)
        entry_free(episodes->heap[i]);
    free(episodes->heap);
    free(episodes);
}

/* The heap. */

static bool is_before(const struct entry *a, const struct entry *b) {
    if (a->episode.due_s != b->episode.due_s) return a->episode.due_s < b->episode.due_s;
    return memcmp(a->episode.id, b->episode.id, sizeof a->episode.id) < 0;
}

static void put(struct episodes *episodes, size_t place, struct entry *entry) {
    episodes->heap[place] = entry;
    entry->place = place;
}

static void rise(struct episodes *episodes, size_t place) {
    struct entry *entry = episodes->heap[place];
    while (place > 0 && is_before(entry, episodes->heap[(place - 1) / 2])) {
        put(episodes, place, episodes->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(episodes, place, entry);
}

static void sink(struct episodes *episodes, size_t place) {
    struct entry *entry = episodes->heap[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= episodes->count) break;
        if (child + 1 < episodes->count &&
            is_before(episodes->heap[child + 1], episodes->heap[child]))
            child++;
        if (!is_before(episodes->heap[child], entry)) break;
        put(episodes, place, episodes->heap[child]);
        place = child;
    }
    put(episodes, place, entry);
}

static void settle(struct episodes *episodes, size_t place) {
    rise(episodes, place);
    sink(episodes, place);
}

/* Episodes. */

static struct entry *entry_of(struct episode *episode) {
    return (struct entry *)episode; /* its first member */
}

/* Appends and returns the copy; a null text stays null. */
static struct text append(uint8_t **end, struct text text) {
    if (text.data == NULL) return text;
    const struct text copy = {(const char *)*end, text.size};
    memcpy(*end, text.data, text.size);
    *end += text.size;
    return copy;
}

static bool keep_texts(struct entry *entry, const struct episode_opening *opening) {
    struct episode *episode = &entry->episode;
    entry->texts =
        malloc((size_t)opening->account_token.size + opening->tx_id.size + opening->bic.size + 1);
    if (entry->texts == NULL) return false;
    uint8_t *end = entry->texts;
    episode->account_token = append(&end, opening->account_token);
    episode->tx_ids[0] = append(&end, opening->tx_id);
    episode->tx_count = 1;
    episode->bic = append(&end, opening->bic);
    episode_id(episode->account_token, episode->tx_ids[0], episode->id);
    return true;
}

struct episode *episodes_find(const struct episodes *episodes, uint32_t account_number) {
    struct entry *entry = NULL;
    HASH_FIND(hh, episodes->map, &account_number, sizeof account_number, entry);
    return entry == NULL ? NULL : &entry->episode;
}

struct episode *episodes_find_id(const struct episodes *episodes, struct text id) {
    struct entry *entry = NULL;
    if (id.size == RECOMMENDATION_ID_SIZE) HASH_FIND(by_id, episodes->ids, id.data, id.size, entry);
    return entry == NULL ? NULL : &entry->episode;
}

static void take_over(struct episodes *episodes, struct episode *episode) {
    struct episode *twin = episodes_find_id(episodes, text_of(episode->id));
    if (twin == NULL) return;
    episode->revision = twin->revision;
    episodes_remove(episodes, twin);
}

struct episode *episodes_add(struct episodes *episodes, const struct episode_opening *opening) {
    assert(episodes_find(episodes, opening->account_number) == NULL);
    if (episodes->count == episodes->max) return NULL;
    struct entry *entry = calloc(1, sizeof *entry);
    const bool kept = entry != NULL && keep_texts(entry, opening);
    assert(kept && "out of memory");
    struct episode *episode = &entry->episode;
    episode->account_number = opening->account_number;
    episode->due_s = opening->due_s;
    take_over(episodes, episode);
    HASH_ADD(hh, episodes->map, episode.account_number, sizeof episode->account_number, entry);
    HASH_ADD(by_id, episodes->ids, episode.id, RECOMMENDATION_ID_SIZE, entry);
    put(episodes, episodes->count++, entry);
    episodes->open_count++;
    rise(episodes, entry->place);
    return episode;
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

void episodes_start_cooling(struct episodes *episodes, struct episode *episode, int64_t until_s) {
    assert(episode->state == EPISODE_OPEN);
    episode->state = EPISODE_COOLING;
    episode->due_s = until_s;
    episodes->open_count--;
    settle(episodes, entry_of(episode)->place);
}

void episodes_remove(struct episodes *episodes, struct episode *episode) {
    struct entry *entry = entry_of(episode);
    if (episode->state == EPISODE_OPEN) episodes->open_count--;
    HASH_DELETE(hh, episodes->map, entry);
    HASH_DELETE(by_id, episodes->ids, entry);
    struct entry *last = episodes->heap[--episodes->count];
    if (last != entry) {
        put(episodes, entry->place, last);
        settle(episodes, last->place);
    }
    entry_free(entry);
}

struct episode *episodes_due(const struct episodes *episodes, int64_t clock_s) {
    if (episodes->count == 0) return NULL;
    struct episode *first = &episodes->heap[0]->episode;
    return first->due_s <= clock_s ? first : NULL;
}

uint32_t episodes_open_count(const struct episodes *episodes) {
    return episodes->open_count;
}

/* Saving and loading. */

static void save_one(const struct episode *episode, struct pack *p) {
    pack_u32(p, episode->account_number);
    pack_u8(p, (uint8_t)episode->state);
    pack_i64(p, episode->due_s);
    pack_text(p, episode->account_token);
    pack_text(p, episode->bic);
    pack_u32(p, episode->tx_count);
    for (uint32_t i = 0; i < episode->tx_count; i++)
        pack_text(p, episode->tx_ids[i]);
    pack_u32(p, (uint32_t)episode->revision);
    pack_u8(p, (uint8_t)episode->action);
    pack_u8(p, (uint8_t)episode->priority);
    pack_i64(p, episode->at_risk_tiyn);
    pack_i64(p, episode->hold_tiyn);
    pack_u8(p, episode->emptied);
    pack_double(p, episode->score);
    pack_double(p, episode->threshold);
    pack_i64(p, episode->decide_by_us);
    pack_i64(p, episode->valid_until_us);
}

void episodes_save(const struct episodes *episodes, struct pack *p) {
    pack_u32(p, episodes->count);
    for (uint32_t i = 0; i < episodes->count; i++)
        save_one(&episodes->heap[i]->episode, p);
}

static bool load_opening(struct unpack *u, struct episode_opening *opening, uint8_t *state) {
    opening->account_number = unpack_u32(u);
    *state = unpack_u8(u);
    opening->due_s = unpack_i64(u);
    opening->account_token = unpack_text(u);
    opening->bic = unpack_text(u);
    return !u->bad && opening->account_token.data != NULL && *state <= EPISODE_COOLING;
}

static bool load_one(struct episodes *episodes, struct unpack *u) {
    struct episode_opening opening;
    uint8_t state;
    if (!load_opening(u, &opening, &state)) return false;
    const uint32_t tx_count = unpack_u32(u);
    opening.tx_id = unpack_text(u);
    if (u->bad || tx_count == 0 || tx_count > TARGET_TX_MAX || opening.tx_id.data == NULL ||
        episodes_find(episodes, opening.account_number) != NULL)
        return false;
    struct episode *episode = episodes_add(episodes, &opening);
    if (episode == NULL) return false;
    for (uint32_t i = 1; i < tx_count; i++) {
        const struct text tx_id = unpack_text(u);
        if (u->bad || tx_id.data == NULL) return false;
        episodes_add_tx(episode, tx_id);
    }
    if (state == EPISODE_COOLING) episodes_start_cooling(episodes, episode, opening.due_s);
    episode->revision = (int32_t)unpack_u32(u);
    episode->action = (enum action)unpack_u8(u);
    episode->priority = (enum priority)unpack_u8(u);
    episode->at_risk_tiyn = unpack_i64(u);
    episode->hold_tiyn = unpack_i64(u);
    episode->emptied = unpack_u8(u) != 0;
    episode->score = unpack_double(u);
    episode->threshold = unpack_double(u);
    episode->decide_by_us = unpack_i64(u);
    episode->valid_until_us = unpack_i64(u);
    return !u->bad && episode->action < ACTION_COUNT;
}

bool episodes_load(struct episodes *episodes, struct unpack *u) {
    for (uint32_t left = unpack_u32(u); left > 0 && !u->bad; left--)
        if (!load_one(episodes, u)) return false;
    return !u->bad;
}
