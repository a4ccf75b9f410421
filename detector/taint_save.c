/* SPDX-License-Identifier: Apache-2.0 */
/* The table as bytes while it goes on, and back: the pools as they lie, so that what is dropped
 * next is the same. Each entry of them is saved by itself, and one that is about to change comes
 * before the others. */
#include "detector/taint_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Items. */

static void add_range(struct taint_items *items, int place, void *at, size_t size, uint32_t count) {
    items->ranges[place] = (struct taint_range){at, size, count, items->count};
    items->count += count;
}

/* All that is there now. False: no memory. */
static bool find_items(struct taint *t) {
    struct taint_items *items = &t->items;
    taint_items_free(t);
    add_range(items, 0, t->account + 1, sizeof *t->account, t->account_pool.top);
    add_range(items, 1, t->mark + 1, sizeof *t->mark, t->mark_pool.top);
    add_range(items, 2, t->source + 1, sizeof *t->source, t->source_pool.top);
    add_range(items, 3, t->holds, sizeof *t->holds, t->hold_count);
    return holes_reserve(&items->done, items->count);
}

void taint_items_free(struct taint *t) {
    saving_free(&t->items.saving);
    holes_free(&t->items.done);
    t->items = (struct taint_items){.count = 0};
}

static uint8_t *item_at(const struct taint_items *items, uint32_t item, size_t *size) {
    const struct taint_range *range = &items->ranges[TAINT_RANGES - 1];
    while (range->first > item)
        range--;
    *size = range->size;
    return range->at + (item - range->first) * range->size;
}

/* Saving. */

static void save_item(struct taint_items *items, uint32_t item) {
    size_t size;
    const uint8_t *bytes = item_at(items, item, &size);
    uint8_t *at = saving_space(&items->saving, sizeof item + size);
    if (at == NULL) return;
    memcpy(at, &item, sizeof item);
    memcpy(at + sizeof item, bytes, size);
    holes_add(&items->done, item);
}

void taint_save_at(struct taint *t, const void *at) {
    struct taint_items *items = &t->items;
    for (const struct taint_range *r = items->ranges; r < items->ranges + TAINT_RANGES; r++) {
        const size_t off = (size_t)((uintptr_t)at - (uintptr_t)r->at); /* huge: before it */
        if (off >= r->count * r->size) continue;
        const uint32_t item = r->first + (uint32_t)(off / r->size);
        if (!holes_has(&items->done, item)) save_item(items, item);
        return;
    }
}

static void save_pool(struct pack *p, const struct taint_pool *pool) {
    pack_u32(p, pool->top);
    pack_u32(p, pool->free);
    pack_u32(p, pool->used);
}

void taint_save_begin(struct taint *t, struct pack *head, const struct pack_sink *sink) {
    save_pool(head, &t->account_pool);
    save_pool(head, &t->mark_pool);
    save_pool(head, &t->source_pool);
    pack_u32(head, t->hold_count);
    pack_u32(head, t->hand_account);
    pack_u32(head, t->hand_hold);
    pack_u64(head, t->walked);
    pack_u64(head, t->bounded);
    const bool ok = find_items(t);
    assert(ok && "out of memory");
    saving_begin(&t->items.saving, t->items.count, sink);
}

bool taint_save_step(struct taint *t, uint32_t looks) {
    struct taint_items *items = &t->items;
    for (; items->saving.running && items->hand < items->count && looks > 0; looks--, items->hand++)
        if (!holes_has(&items->done, items->hand)) save_item(items, items->hand);
    return items->saving.running && items->hand < items->count;
}

bool taint_save_end(struct taint *t) {
    const bool whole = saving_end(&t->items.saving);
    taint_items_free(t);
    return whole;
}

/* Loading. */

static bool load_pool(struct unpack *u, struct taint_pool *pool) {
    const bool is_new = pool->top == 0;
    pool->top = unpack_u32(u);
    pool->free = unpack_u32(u);
    pool->used = unpack_u32(u);
    return !u->bad && is_new && pool->top <= pool->max && pool->used <= pool->top;
}

bool taint_load_begin(struct taint *t, struct unpack *u, struct error *error) {
    if (!load_pool(u, &t->account_pool) || !load_pool(u, &t->mark_pool) ||
        !load_pool(u, &t->source_pool))
        return false;
    t->hold_count = unpack_u32(u);
    t->hand_account = unpack_u32(u);
    t->hand_hold = unpack_u32(u);
    t->walked = unpack_u64(u);
    t->bounded = unpack_u64(u);
    if (u->bad || t->hold_count > t->source_pool.max || t->hand_account > t->account_pool.top ||
        t->hand_hold > t->source_pool.max)
        return false;
    return find_items(t) || error_set(error, ERROR_FAILED, "no memory to load the reported money");
}

bool taint_load_records(struct taint *t, struct unpack *u) {
    struct taint_items *items = &t->items;
    while (u->at < u->end) {
        const uint32_t item = unpack_u32(u);
        size_t size;
        if (u->bad || item >= items->count || holes_has(&items->done, item)) return false;
        uint8_t *at = item_at(items, item, &size);
        unpack_bytes(u, at, size);
        holes_add(&items->done, item);
        if (u->bad) return false;
    }
    return true;
}

static bool is_block(const struct taint_pool *pool, uint32_t number) {
    return number > 0 && number <= pool->top;
}

/* What is found by counting anew. */
struct tally {
    uint32_t *marks, *holders; /* by source */
    uint8_t *seen;             /* by mark */
    uint32_t used;             /* marks */
};

static bool tally_open(struct tally *tally, const struct taint *t, struct error *error) {
    tally->marks = calloc((size_t)t->source_pool.top + 1, sizeof *tally->marks);
    tally->holders = calloc((size_t)t->source_pool.top + 1, sizeof *tally->holders);
    tally->seen = calloc((size_t)t->mark_pool.top + 1, 1);
    tally->used = 0;
    return (tally->marks != NULL && tally->holders != NULL && tally->seen != NULL) ||
           error_set(error, ERROR_FAILED, "no memory to load the reported money");
}

static void tally_close(struct tally *tally) {
    free(tally->marks);
    free(tally->holders);
    free(tally->seen);
}

static bool is_sane(const struct taint_mark *m) {
    return m->start >= 0 && m->amount >= 0 && m->start <= INT64_MAX - m->amount &&
           m->ordinal <= ORDINAL_MASK;
}

/* Marks of an account: each once, in order, of sources that there are. */
static bool check_list(const struct taint *t, const struct taint_account *a, struct tally *tally) {
    uint64_t ordinal = 0;
    int64_t end = 0;
    uint32_t count = 0;
    for (uint32_t m = a->first; m != 0; m = t->mark[m].next, count++) {
        if (!is_block(&t->mark_pool, m) || tally->seen[m] || count == TAINT_MARKS_MAX) return false;
        const struct taint_mark *mark = &t->mark[m];
        if (!is_sane(mark) || !is_block(&t->source_pool, mark->source)) return false;
        if (count > 0 && mark->ordinal < ordinal) return false;
        if (count > 0 && mark->ordinal == ordinal && mark->hop != TAINT_RETURNED &&
            mark->start < end)
            return false;
        ordinal = mark->ordinal;
        end = mark->start + mark->amount;
        tally->seen[m] = 1;
        tally->marks[mark->source]++;
        tally->used++;
    }
    return count > 0 && count == a->count;
}

static bool check_accounts(struct taint *t, struct tally *tally) {
    uint32_t used = 0;
    for (uint32_t i = 1; i <= t->account_pool.top; i++) {
        const struct taint_account *a = &t->account[i];
        if (a->number == 0) continue;
        if (number_map_get(&t->by_number, a->number) != 0 || !check_list(t, a, tally)) return false;
        number_map_add(&t->by_number, a->number, i);
        used++;
    }
    return used == t->account_pool.used && tally->used == t->mark_pool.used;
}

static bool check_sources(struct taint *t, struct tally *tally) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < t->hold_count; i++) {
        if (!is_block(&t->source_pool, t->holds[i].source)) return false;
        tally->holders[t->holds[i].source]++;
    }
    for (uint32_t i = 1; i <= t->source_pool.top; i++) {
        const struct taint_source *s = &t->source[i];
        if (s->marks != tally->marks[i] || s->holders != tally->holders[i]) return false;
        if (s->marks == 0 && s->holders == 0) continue;
        if (s->ordinal > ORDINAL_MASK || number_map_get(&t->by_ordinal, s->ordinal + 1) != 0)
            return false;
        number_map_add(&t->by_ordinal, s->ordinal + 1, i);
        used++;
    }
    return used == t->source_pool.used;
}

/* The free ones of a pool are one list; `next` says what is behind one, which is not in use. */
static bool check_free(const struct taint *t, const struct taint_pool *pool,
                       bool (*next)(const struct taint *t, uint32_t *number)) {
    uint32_t at = pool->free, count = 0;
    for (; at != 0; count++)
        if (!is_block(pool, at) || count == pool->top - pool->used || !next(t, &at)) return false;
    return count == pool->top - pool->used;
}

static bool next_account(const struct taint *t, uint32_t *number) {
    const struct taint_account *a = &t->account[*number];
    *number = a->first;
    return a->number == 0;
}

static bool next_mark(const struct taint *t, uint32_t *number) {
    const struct taint_mark *m = &t->mark[*number];
    *number = m->next;
    return m->source == 0;
}

static bool next_source(const struct taint *t, uint32_t *number) {
    const struct taint_source *s = &t->source[*number];
    *number = s->payee;
    return s->marks == 0 && s->holders == 0;
}

static bool check(struct taint *t, struct error *error) {
    struct tally tally;
    const bool ok = tally_open(&tally, t, error) && check_accounts(t, &tally) &&
                    check_sources(t, &tally) && check_free(t, &t->account_pool, next_account) &&
                    check_free(t, &t->mark_pool, next_mark) &&
                    check_free(t, &t->source_pool, next_source);
    tally_close(&tally);
    return ok;
}

bool taint_load_end(struct taint *t, struct error *error) {
    const bool whole = t->items.done.count == t->items.count;
    taint_items_free(t);
    return whole && check(t, error);
}

bool taint_fits(const struct taint *t, uint64_t tainted) {
    for (uint32_t i = 1; i <= t->account_pool.top; i++) {
        const uint32_t number = t->account[i].number;
        const struct account *account = number == 0 ? NULL : accounts_numbered(t->accounts, number);
        if (number != 0 && (account == NULL || (account->flags & ACCOUNT_TAINTED) == 0))
            return false;
    }
    return tainted == t->account_pool.used;
}
