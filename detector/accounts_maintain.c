/* SPDX-License-Identifier: Apache-2.0 */
/* What the account table does between batches, a bounded piece of each at a time. */
#include "detector/accounts_table.h"
#include "detector/base/prefetch.h"

/* A call, at most. Heads are visited at a lower rate: all they wait for is the dormancy. For each
 * account that came since the last call two more are, so that those that never return do not heap
 * up. */
enum {
    SWEEP_LOOKS = 512,
    SWEEP_HEAD_LOOKS = 128,
    MIGRATE_BUCKETS = 256,
    PACK_MOVES = 1024,
    PACK_BYTES = 512 << 10,
    ROOM_ENTRIES = 2 * ACCOUNTS_STRIDE, /* accounts that may come before the next call */
    FETCH_AHEAD = 16,
};

uint32_t hand_next(struct accounts *a, struct hand *hand, uint8_t first, uint8_t last,
                   uint32_t *looks) {
    for (; *looks > 0; --*looks) {
        const struct slab *slab = &a->slabs.classes[hand->size_class];
        a->looked_at++;
        if (++hand->number > slab->top) {
            const bool end = hand->size_class == last;
            *hand = (struct hand){.size_class = end ? first : (uint8_t)(hand->size_class + 1)};
            if (end) return 0;
            continue;
        }
        const uint32_t reference = slabs_reference(hand->size_class, hand->number);
        prefetch(slab->blocks + (hand->number + FETCH_AHEAD) * slab->bytes);
        if (slabs_is_hole(&a->slabs, reference)) continue;
        --*looks;
        return reference;
    }
    return 0;
}

void accounts_remove(struct accounts *a, uint32_t reference) {
    struct account *account = slabs_at(&a->slabs, reference);
    if (accounts_must_save(a, account)) accounts_save_referred(a, account, reference);
    accounts_let_go(a, account);
    account_index_remove(&a->index, account->key, reference);
    slabs_free(&a->slabs, reference);
}

static void refer(struct accounts *a, const struct account *account, uint32_t from, uint32_t to) {
    uint64_t *place = account_index_place(&a->index, account->key, from);
    *place = (*place >> ENTRY_TAG_SHIFT << ENTRY_TAG_SHIFT) | to;
    accounts_refer(a, account->number, to);
}

static void move(struct accounts *a, uint32_t from, uint8_t size_class) {
    const uint32_t to = slabs_take(&a->slabs, size_class);
    struct account *account = slabs_at(&a->slabs, to);
    account_move(slabs_at(&a->slabs, from), account, size_class);
    refer(a, account, from, to);
    slabs_free(&a->slabs, from);
    limit_offer(a, account);
}

/* What accounts_touch would do with the record if it came now; nobody can tell the difference. One
 * that has no number belongs to rows that were turned away. */
static void sweep(struct accounts *a, uint32_t reference, int64_t clock_s) {
    struct account *account = slabs_at(&a->slabs, reference);
    const bool numbered = account->number != 0;
    const bool dormant = numbered && is_dormant(a, account, clock_s);
    if (dormant || !numbered) {
        a->forgotten += dormant;
        accounts_remove(a, reference);
        return;
    }
    if (accounts_must_save(a, account)) accounts_save_referred(a, account, reference);
    account_expire(account, clock_s - RING_KEEP_S);
    const uint8_t wanted = class_wanted(account, clock_s);
    if (wanted != account->size_class) move(a, reference, wanted);
}

static void sweep_classes(struct accounts *a, struct hand *hand, uint8_t first, uint8_t last,
                          uint32_t looks, int64_t clock_s) {
    if (hand->size_class < first) *hand = (struct hand){.size_class = first};
    uint32_t reference;
    while ((reference = hand_next(a, hand, first, last, &looks)) != 0)
        sweep(a, reference, clock_s);
}

static void grow_index(struct accounts *a) {
    if (!account_index_grow(&a->index)) slabs_refuse(account_index_bytes(&a->index));
    a->grown_numbered = a->numbered;
}

/* The new table takes what is added meanwhile: the old one is emptied faster than that fills it.
 * True: the index is full, and must not grow. */
static bool keep_index(struct accounts *a) {
    struct account_index *x = &a->index;
    const uint64_t added = x->count > a->index_entries ? x->count - a->index_entries : 0;
    bool settled = account_index_migrate(x, MIGRATE_BUCKETS + added);
    if (account_index_full(x, ROOM_ENTRIES)) {
        while (!settled)
            settled = account_index_migrate(x, UINT64_MAX);
        if (!limit_allows(a, account_index_next_bytes(x))) return true;
        grow_index(a);
    }
    return false;
}

static bool too_many_holes(const struct slab *slab) {
    return slab->holes.count > slab->top / 32;
}

/* True: a block was moved, so that its memory is nearer to going back. */
static bool pack_one(struct accounts *a, uint8_t size_class) {
    uint32_t from, to;
    if (!slabs_pack(&a->slabs, size_class, &from, &to)) return false;
    struct account *account = slabs_at(&a->slabs, to);
    if (accounts_must_save(a, account)) accounts_save_referred(a, account, from);
    refer(a, account, from, to);
    limit_offer(a, account);
    return true;
}

static void pack(struct accounts *a) {
    size_t moves = PACK_MOVES, bytes = PACK_BYTES;
    for (int c = 0; c < SIZE_CLASSES; c++) {
        const struct slab *slab = &a->slabs.classes[c];
        while (too_many_holes(slab) && moves > 0 && bytes >= slab->bytes &&
               pack_one(a, (uint8_t)c)) {
            moves--;
            bytes -= slab->bytes;
        }
    }
}

/* What is held is about to pass the limit: all holes are closed now, however long it takes. */
static void pack_all(struct accounts *a) {
    for (int c = 0; c < SIZE_CLASSES; c++)
        while (a->slabs.classes[c].holes.count > 0)
            pack_one(a, (uint8_t)c);
}

void accounts_maintain(struct accounts *a, int64_t clock_s) {
    a->calls++;
    limit_hear(a);
    slabs_settle(&a->slabs);
    const bool stuck = keep_index(a);
    const uint32_t head_looks = SWEEP_HEAD_LOOKS + 2 * (a->numbered - a->swept_numbered);
    a->swept_numbered = a->numbered;
    sweep_classes(a, &a->sweep_heads, CLASS_HEAD, CLASS_HEAD, head_looks, clock_s);
    sweep_classes(a, &a->sweep, CLASS_4, CLASS_PANES, SWEEP_LOOKS, clock_s);
    limit_keep(a, stuck);
    /* Nothing may go: rather too large than without a place for the next account. */
    if (stuck && account_index_in_need(&a->index)) grow_index(a);
    pack(a);
    if (accounts_bytes_held(a) > a->limit.held) pack_all(a);
    slabs_give_back(&a->slabs);
    a->index_entries = a->index.count;
}
