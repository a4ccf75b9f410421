/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of episodes are made of: which is due first, an episode's texts, and what was
 * last published of it as bytes, and back. Engine thread. */
#pragma once

#include "detector/episodes.h"

/* The smallest (due_s, id) first. It owns none of the episodes; their `place` is its own. */
struct episode_heap {
    struct episode **items;
    uint32_t count;
};

/* Room for so many; false when memory is short. */
bool episode_heap_open(struct episode_heap *heap, uint32_t max);
void episode_heap_close(struct episode_heap *heap);
void episode_heap_add(struct episode_heap *heap, struct episode *episode);
void episode_heap_remove(struct episode_heap *heap, struct episode *episode);
/* After its due_s has changed. */
void episode_heap_settle(struct episode_heap *heap, struct episode *episode);
/* The first if it is due at `clock_s`, or NULL. */
struct episode *episode_heap_due(const struct episode_heap *heap, int64_t clock_s);

/* Its id, and account, opening transaction and BIC as the episode's own: in the block that is
 * returned, which is to be freed. */
uint8_t *episode_keep_texts(struct episode *episode, const struct episode_opening *opening);

/* RECOMMENDATION_ID_SIZE bytes of what is unpacked; none once it is bad. */
struct text episode_load_id(struct unpack *unpack);
void episode_save_published(const struct episode *episode, struct pack *pack);
bool episode_load_published(struct episode *episode, struct unpack *unpack);
