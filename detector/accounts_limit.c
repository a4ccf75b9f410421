/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of memory: accounts are dropped in the order (day of the newest event, number), never
 * one that is pinned. Which ones is a function of what the table holds: neither of addresses nor of
 * how far a pass has come. */
#include "detector/accounts_table.h"
#include "detector/base/log.h"
#include "detector/base/pages.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PASS_LOOKS = 16384, /* blocks of a pass over all records, a call */
    DROPS = 2048,       /* a call, between soft and hard */
    SAMPLES = 4096,     /* records that choose the bound of a pass */
    SHARE = 16,         /* a pass keeps one record of so many, the first in order */
    SMALL = 65536,      /* a table of so many blocks is kept whole */
    SAY_CALLS = 1024,   /* calls between two lines on what was dropped */
    ROOM_ENTRIES = 2 * ACCOUNTS_STRIDE,
};

/* A side adds a head and a block of the largest class at most. */
static uint64_t rows_reserve(uint64_t memory_limit) {
    const uint64_t most = memory_limit / 4;
    const uint64_t rows =
        ROOM_ENTRIES * (uint64_t)(class_bytes(CLASS_HEAD) + class_bytes(CLASS_PANES));
    return rows < most ? rows : most;
}

void limit_open(struct limit *l, uint64_t memory_limit) {
    const uint64_t reserve = rows_reserve(memory_limit);
    *l = (struct limit){
        .soft = memory_limit / 8 * 7 - reserve,
        .hard = memory_limit / 16 * 15 - reserve,
        .held = memory_limit - reserve,
        .pinned = {.bound = UINT64_MAX},
    };
}

void limit_close(struct limit *l) {
    victims_free(&l->front);
    victims_free(&l->back);
    victims_free(&l->pinned);
}

uint64_t accounts_bytes_live(const struct accounts *a) {
    return slabs_bytes_live(&a->slabs) + account_index_bytes(&a->index) +
           account_numbers_bytes(&a->numbers);
}

uint64_t accounts_bytes_held(const struct accounts *a) {
    const struct limit *l = &a->limit;
    const size_t candidates = l->front.room + l->back.room + l->pinned.room;
    return slabs_bytes_held(&a->slabs) + account_index_bytes(&a->index) +
           account_numbers_bytes(&a->numbers) + candidates * sizeof(struct victim);
}

bool limit_allows(const struct accounts *a, uint64_t bytes) {
    return accounts_bytes_live(a) + bytes <= a->limit.soft;
}

void limit_offer(struct accounts *a, const struct account *account) {
    if (!a->watched) return;
    victims_offer(&a->limit.front, account);
    if (a->limit.collecting) victims_offer(&a->limit.back, account);
}

void limit_hear(struct accounts *a) {
    for (size_t i = 0; i < a->changed_count; i++)
        limit_offer(a, accounts_at(a, a->changed[i]));
    a->changed_count = 0;
}

/* There is room again: nothing is kept for later. */
static void rest(struct accounts *a) {
    struct limit *l = &a->limit;
    a->watched = l->collecting = false;
    victims_clear(&l->front, 0);
    victims_clear(&l->back, 0);
    victims_clear(&l->pinned, UINT64_MAX);
    l->front_start = 0;
}

/* Collecting. */

static int ascending(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_pinned(const struct accounts *a, uint32_t number) {
    return a->options.pinned != NULL && a->options.pinned(a->options.pinned_context, number);
}

/* Below which about one record of SHARE that may go is, by a sample; any bound will do. */
static uint64_t choose_bound(const struct accounts *a) {
    static uint64_t orders[SAMPLES + SIZE_CLASSES];
    uint64_t blocks = 0;
    size_t count = 0;
    for (int c = 0; c < SIZE_CLASSES; c++)
        blocks += a->slabs.classes[c].top;
    if (blocks <= SMALL) return UINT64_MAX;
    const uint64_t stride = blocks / SAMPLES + 1;
    for (int c = 0; c < SIZE_CLASSES; c++)
        for (uint64_t n = 1; n <= a->slabs.classes[c].top; n += stride) {
            const uint32_t reference = slabs_reference((uint8_t)c, (uint32_t)n);
            const struct account *account = slabs_at(&a->slabs, reference);
            if (!slabs_is_hole(&a->slabs, reference) && !is_pinned(a, account->number))
                orders[count++] = victim_order(account);
        }
    qsort(orders, count, sizeof *orders, ascending);
    return count == 0 ? UINT64_MAX : orders[count / SHARE];
}

static void start_pass(struct accounts *a) {
    struct limit *l = &a->limit;
    victims_clear(&l->back, choose_bound(a));
    l->hand = (struct hand){.size_class = CLASS_HEAD};
    l->collecting = true;
    a->watched = true;
}

static void end_pass(struct limit *l) {
    const struct victims old = l->front;
    l->front = l->back;
    l->back = old;
    victims_clear(&l->back, 0);
    victims_clear(&l->pinned, UINT64_MAX); /* they are in the new front */
    l->front_start = l->front.count;
    l->collecting = false;
}

static void go_on(struct accounts *a, uint32_t looks) {
    struct limit *l = &a->limit;
    while (looks > 0) {
        const uint32_t reference = hand_next(a, &l->hand, CLASS_HEAD, CLASS_PANES, &looks);
        if (reference != 0) {
            victims_offer(&l->back, slabs_at(&a->slabs, reference));
        } else if (l->hand.size_class == CLASS_HEAD && l->hand.number == 0) {
            end_pass(l);
            return;
        }
    }
}

/* A pass begins while half of the candidates of the last one is left, and when what was
 * offered since outnumbers them: most of it is known to be out of date. */
static void collect(struct accounts *a) {
    struct limit *l = &a->limit;
    const bool stale = l->front.count > 2 * (l->front_start + SMALL);
    if (!l->collecting && (l->front.count <= l->front_start / 2 || stale)) start_pass(a);
    if (l->collecting) go_on(a, PASS_LOOKS);
}

/* Dropping. */

/* Those whose episode has ended since are in their turn again. */
static void unpin(struct accounts *a) {
    struct limit *l = &a->limit;
    const size_t count = l->pinned.count;
    l->pinned.count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct victim v = l->pinned.heap[i];
        const uint32_t number = (uint32_t)v.order;
        const uint32_t reference = account_index_numbered(&a->index, v.key, number);
        if (reference == 0) continue;
        const struct account *account = slabs_at(&a->slabs, reference);
        victims_offer(is_pinned(a, number) ? &l->pinned : &l->front, account);
    }
}

static void drop(struct accounts *a, const struct victim *v) {
    struct limit *l = &a->limit;
    const uint32_t number = (uint32_t)v->order;
    const uint32_t reference = account_index_numbered(&a->index, v->key, number);
    if (reference == 0) return;
    const struct account *account = slabs_at(&a->slabs, reference);
    if (victim_order(account) != v->order)
        victims_offer(&l->front, account);
    else if (is_pinned(a, number))
        victims_offer(&l->pinned, account);
    else {
        a->dropped += number != 0;
        accounts_remove(a, reference);
    }
}

/* Blocks by the bytes given; an index that is stuck by its 0.75, in need by 0.85. */
static bool too_much(const struct accounts *a, bool stuck, bool urgent) {
    const struct limit *l = &a->limit;
    const uint64_t entries = (uint64_t)a->index.now.count * BUCKET_ENTRIES;
    const bool full =
        urgent ? a->index.count * 20 > entries * 17 : account_index_full(&a->index, ROOM_ENTRIES);
    return accounts_bytes_live(a) > (urgent ? l->hard : l->soft) || (stuck && full);
}

/* Between soft and hard a call has its bounds, and waits for the pass to come to its end. Above
 * hard there is no time: the pass is completed at once. */
static void drop_some(struct accounts *a, bool stuck) {
    struct limit *l = &a->limit;
    const uint64_t before = a->dropped;
    bool complete = false; /* a pass of this call has found nothing that may go, so far */
    unpin(a);
    while (too_much(a, stuck, false)) {
        const bool urgent = too_much(a, stuck, true);
        const uint64_t dropped = a->dropped;
        struct victim victim;
        if (!urgent && dropped - before >= DROPS) return;
        if (victims_take(&l->front, &victim)) {
            drop(a, &victim);
            complete = complete && a->dropped == dropped;
            continue;
        }
        if (!urgent || complete) return;
        if (!l->collecting) start_pass(a);
        go_on(a, UINT32_MAX);
        unpin(a);
        complete = true;
    }
}

/* Saying so. */

static void say_low(struct accounts *a, uint64_t live) {
    struct limit *l = &a->limit;
    if (l->low) return;
    l->low = true;
    log_warn("event=memory_low bytes=%llu accounts=%llu drops_at=%llu next=\"at that size the "
             "accounts that rested longest are dropped; a larger memory.limit.mib needs a "
             "new shard.id (docs/OPERATIONS.md)\"",
             (unsigned long long)live, (unsigned long long)a->index.count,
             (unsigned long long)l->soft);
}

static void say_dropped(struct accounts *a) {
    struct limit *l = &a->limit;
    if (a->dropped == l->said || (l->dropping && a->calls % SAY_CALLS != 0)) return;
    l->dropping = true;
    log_warn("event=accounts_dropped count=%llu total=%llu bytes=%llu accounts=%llu next=\"those "
             "that come back are new and marked COLD_START\"",
             (unsigned long long)(a->dropped - l->said), (unsigned long long)a->dropped,
             (unsigned long long)accounts_bytes_live(a), (unsigned long long)a->index.count);
    l->said = a->dropped;
}

void limit_keep(struct accounts *a, bool stuck) {
    const uint64_t live = accounts_bytes_live(a), warning = a->limit.soft / 4 * 3;
    if (live <= warning && !stuck) {
        rest(a);
        return;
    }
    say_low(a, live);
    collect(a);
    drop_some(a, stuck);
    say_dropped(a);
}
