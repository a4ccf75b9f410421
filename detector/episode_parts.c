/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/episode_parts.h"

#include <assert.h>
#include <stdlib.h>

/* The heap. */

bool episode_heap_open(struct episode_heap *heap, uint32_t max) {
    heap->items = calloc((size_t)max + 1, sizeof(struct episode *));
    return heap->items != NULL;
}

void episode_heap_close(struct episode_heap *heap) {
    free(heap->items);
}

static bool is_before(const struct episode *a, const struct episode *b) {
    if (a->due_s != b->due_s) return a->due_s < b->due_s;
    return memcmp(a->id, b->id, sizeof a->id) < 0;
}

static void put(struct episode_heap *heap, uint32_t place, struct episode *episode) {
    heap->items[place] = episode;
    episode->place = place;
}

static void rise(struct episode_heap *heap, uint32_t place) {
    struct episode *episode = heap->items[place];
    while (place > 0 && is_before(episode, heap->items[(place - 1) / 2])) {
        put(heap, place, heap->items[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(heap, place, episode);
}

static void sink(struct episode_heap *heap, uint32_t place) {
    struct episode *episode = heap->items[place];
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= heap->count) break;
        if (child + 1 < heap->count && is_before(heap->items[child + 1], heap->items[child]))
            child++;
        if (!is_before(heap->items[child], episode)) break;
        put(heap, place, heap->items[child]);
        place = child;
    }
    put(heap, place, episode);
}

void episode_heap_settle(struct episode_heap *heap, struct episode *episode) {
    rise(heap, episode->place);
    sink(heap, episode->place);
}

void episode_heap_add(struct episode_heap *heap, struct episode *episode) {
    put(heap, heap->count++, episode);
    rise(heap, episode->place);
}

void episode_heap_remove(struct episode_heap *heap, struct episode *episode) {
    struct episode *last = heap->items[--heap->count];
    if (last == episode) return;
    put(heap, episode->place, last);
    episode_heap_settle(heap, last);
}

struct episode *episode_heap_due(const struct episode_heap *heap, int64_t clock_s) {
    if (heap->count == 0) return NULL;
    return heap->items[0]->due_s <= clock_s ? heap->items[0] : NULL;
}

/* Texts. */

/* Appends and returns the copy; a null text stays null. */
static struct text append(uint8_t **end, struct text text) {
    if (text.data == NULL) return text;
    const struct text copy = {(const char *)*end, text.size};
    memcpy(*end, text.data, text.size);
    *end += text.size;
    return copy;
}

uint8_t *episode_keep_texts(struct episode *episode, const struct episode_opening *opening) {
    uint8_t *texts =
        malloc((size_t)opening->account_token.size + opening->tx_id.size + opening->bic.size + 1);
    assert(texts != NULL && "out of memory");
    assert(opening->id.size == RECOMMENDATION_ID_SIZE);
    memcpy(episode->id, opening->id.data, RECOMMENDATION_ID_SIZE);
    uint8_t *end = texts;
    episode->account_token = append(&end, opening->account_token);
    episode->tx_ids[0] = append(&end, opening->tx_id);
    episode->tx_count = 1;
    episode->bic = append(&end, opening->bic);
    return texts;
}

/* Saving and loading. */

struct text episode_load_id(struct unpack *u) {
    const char *id = (const char *)unpack_space(u, RECOMMENDATION_ID_SIZE);
    return (struct text){id, id == NULL ? 0 : RECOMMENDATION_ID_SIZE};
}

void episode_save_published(const struct episode *episode, struct pack *p) {
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

bool episode_load_published(struct episode *episode, struct unpack *u) {
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
