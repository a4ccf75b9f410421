/* SPDX-License-Identifier: Apache-2.0 */
/* The table as bytes, and back: the pools as they lie, so that what is dropped next is the same. */
#include "detector/taint_table.h"

#include <stdlib.h>
#include <string.h>

static void save_pool(struct pack *p, const struct taint_pool *pool, const void *blocks,
                      size_t size) {
    pack_u32(p, pool->top);
    pack_u32(p, pool->free);
    pack_u32(p, pool->used);
    pack_bytes(p, (const uint8_t *)blocks + size, pool->top * size);
}

void taint_save(const struct taint *t, struct pack *p) {
    save_pool(p, &t->account_pool, t->account, sizeof *t->account);
    save_pool(p, &t->mark_pool, t->mark, sizeof *t->mark);
    save_pool(p, &t->source_pool, t->source, sizeof *t->source);
    pack_u32(p, t->hold_count);
    pack_bytes(p, t->holds, t->hold_count * sizeof *t->holds);
    pack_u32(p, t->hand_account);
    pack_u32(p, t->hand_hold);
    pack_u64(p, t->walked);
    pack_u64(p, t->bounded);
}

static bool load_pool(struct unpack *u, struct taint_pool *pool, void *blocks, size_t size) {
    pool->top = unpack_u32(u);
    pool->free = unpack_u32(u);
    pool->used = unpack_u32(u);
    if (u->bad || pool->top > pool->max || pool->used > pool->top) return false;
    unpack_bytes(u, (uint8_t *)blocks + size, pool->top * size);
    return !u->bad;
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

bool taint_load(struct taint *t, struct unpack *u, struct error *error) {
    if (!load_pool(u, &t->account_pool, t->account, sizeof *t->account) ||
        !load_pool(u, &t->mark_pool, t->mark, sizeof *t->mark) ||
        !load_pool(u, &t->source_pool, t->source, sizeof *t->source))
        return false;
    t->hold_count = unpack_u32(u);
    if (u->bad || t->hold_count > t->source_pool.max) return false;
    unpack_bytes(u, t->holds, t->hold_count * sizeof *t->holds);
    t->hand_account = unpack_u32(u);
    t->hand_hold = unpack_u32(u);
    t->walked = unpack_u64(u);
    t->bounded = unpack_u64(u);
    return !u->bad && t->hand_account <= t->account_pool.top &&
           t->hand_hold <= t->source_pool.max && check(t, error);
}

bool taint_load_end(const struct taint *t, uint64_t tainted) {
    for (uint32_t i = 1; i <= t->account_pool.top; i++) {
        const uint32_t number = t->account[i].number;
        const struct account *account = number == 0 ? NULL : accounts_numbered(t->accounts, number);
        if (number != 0 && (account == NULL || (account->flags & ACCOUNT_TAINTED) == 0))
            return false;
    }
    return tainted == t->account_pool.used;
}
