/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/account_index.h"

#include "detector/base/pages.h"
#include "detector/base/prefetch.h"

#include <assert.h>

/* SPILL: lines behind the last bucket for what it has no room for. STICKY: a count of entries gone
 * past that is not known any more, and stays. GROUP: buckets whose records are fetched at once. */
enum { SPILL = 64, STICKY = 255, GROUP = 16 };

static uint32_t tag_of(struct account_key key) {
    return (uint32_t)(key.high >> 32);
}

/* In the order of the keys in a table of any size, so that growing goes through both in order. */
static uint32_t home_of(const struct index_table *t, uint64_t low) {
    return (uint32_t)(((low >> 32) * t->count) >> 32);
}

static uint32_t reference_of(uint64_t entry) {
    return (uint32_t)entry;
}

static bool table_open(struct index_table *t, uint32_t count) {
    const size_t lines = (size_t)count + SPILL;
    *t = (struct index_table){.count = count};
    t->size = account_index_bytes_of(count);
    t->buckets = pages_reserve(t->size);
    if (t->buckets == NULL) return false;
    if (!pages_commit(t->buckets, t->size)) {
        pages_release(t->buckets, t->size);
        return false;
    }
    t->passed = (uint8_t *)(t->buckets + lines);
    return true;
}

static void table_close(struct index_table *t) {
    pages_release(t->buckets, t->size);
    *t = (struct index_table){.count = 0};
}

bool account_index_open(struct account_index *x, const struct slabs *slabs, uint32_t buckets,
                        struct error *error) {
    *x = (struct account_index){.slabs = slabs};
    return table_open(&x->now, buckets) ||
           error_set(error, ERROR_FAILED, "no memory for the index of accounts");
}

void account_index_close(struct account_index *x) {
    table_close(&x->now);
    table_close(&x->old);
}

/* True when keys of this low half may still be in the old table. */
static bool in_old(const struct account_index *x, uint64_t low) {
    return x->old.count != 0 && home_of(&x->old, low) >= x->hand;
}

void account_index_prefetch(const struct account_index *x, struct account_key key) {
    prefetch(&x->now.buckets[home_of(&x->now, key.low)]);
    if (in_old(x, key.low)) prefetch(&x->old.buckets[home_of(&x->old, key.low)]);
}

/* One bit an entry. */
static uint32_t tagged(const struct bucket *bucket, uint32_t tag) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < BUCKET_ENTRIES; i++)
        mask |= (uint32_t)((uint32_t)(bucket->entries[i] >> ENTRY_TAG_SHIFT) == tag) << i;
    return mask;
}

/* Whether something that belongs here may lie in the next line. */
static bool goes_on(const struct index_table *t, uint32_t b) {
    for (int i = 0; i < BUCKET_ENTRIES; i++)
        if (t->buckets[b].entries[i] == 0) return false;
    return t->passed[b] != 0;
}

static uint32_t guess_in(const struct index_table *t, struct account_key key) {
    for (uint32_t b = home_of(t, key.low);; b++) {
        const struct bucket *bucket = &t->buckets[b];
        for (uint32_t mask = tagged(bucket, tag_of(key)); mask != 0; mask &= mask - 1) {
            const uint32_t reference = reference_of(bucket->entries[__builtin_ctz(mask)]);
            if (reference != 0) return reference;
        }
        if (!goes_on(t, b)) return 0;
    }
}

uint32_t account_index_guess(const struct account_index *x, struct account_key key) {
    const uint32_t old = in_old(x, key.low) ? guess_in(&x->old, key) : 0;
    return old != 0 ? old : guess_in(&x->now, key);
}

static uint64_t *find_in(const struct account_index *x, const struct index_table *t,
                         struct account_key key) {
    for (uint32_t b = home_of(t, key.low);; b++) {
        struct bucket *bucket = &t->buckets[b];
        for (uint32_t mask = tagged(bucket, tag_of(key)); mask != 0; mask &= mask - 1) {
            uint64_t *entry = &bucket->entries[__builtin_ctz(mask)];
            const uint32_t reference = reference_of(*entry);
            if (reference != 0 && slabs_at(x->slabs, reference)->key == key.low) return entry;
        }
        if (!goes_on(t, b)) return NULL;
    }
}

uint64_t *account_index_find(const struct account_index *x, struct account_key key) {
    uint64_t *entry = in_old(x, key.low) ? find_in(x, &x->old, key) : NULL;
    return entry != NULL ? entry : find_in(x, &x->now, key);
}

static uint64_t *free_entry(struct bucket *bucket) {
    for (int i = 0; i < BUCKET_ENTRIES; i++)
        if (reference_of(bucket->entries[i]) == 0) return &bucket->entries[i];
    return NULL;
}

/* NULL: there is no room behind the bucket either, which takes hundreds of equal keys. */
static uint64_t *put_if_room(struct index_table *t, uint64_t low, uint64_t entry) {
    for (uint32_t b = home_of(t, low); b < t->count + SPILL; b++) {
        uint64_t *place = free_entry(&t->buckets[b]);
        if (place != NULL) {
            *place = entry;
            return place;
        }
        if (t->passed[b] < STICKY) t->passed[b]++;
    }
    return NULL;
}

static uint64_t *put(struct index_table *t, uint64_t low, uint64_t entry) {
    uint64_t *place = put_if_room(t, low, entry);
    assert(place != NULL);
    return place;
}

uint64_t *account_index_add(struct account_index *x, struct account_key key, uint32_t reference) {
    x->count++;
    return put(&x->now, key.low, (uint64_t)tag_of(key) << ENTRY_TAG_SHIFT | reference);
}

/* A place by table and line. */
struct spot {
    struct index_table *table;
    uint32_t bucket;
    int entry;
};

static bool spot_in(struct index_table *t, uint64_t low, uint32_t reference, struct spot *spot) {
    for (uint32_t b = home_of(t, low);; b++) {
        for (int i = 0; i < BUCKET_ENTRIES; i++)
            if (reference_of(t->buckets[b].entries[i]) == reference) {
                *spot = (struct spot){t, b, i};
                return true;
            }
        if (!goes_on(t, b)) return false;
    }
}

static bool find_spot(struct account_index *x, uint64_t low, uint32_t reference,
                      struct spot *spot) {
    return (in_old(x, low) && spot_in(&x->old, low, reference, spot)) ||
           spot_in(&x->now, low, reference, spot);
}

static struct spot spot_of(struct account_index *x, uint64_t low, uint32_t reference) {
    struct spot spot = {NULL, 0, 0};
    const bool found = find_spot(x, low, reference, &spot);
    assert(found);
    return spot;
}

uint64_t *account_index_place(struct account_index *x, uint64_t low, uint32_t reference) {
    const struct spot spot = spot_of(x, low, reference);
    return &spot.table->buckets[spot.bucket].entries[spot.entry];
}

static void come_back(struct index_table *t, uint32_t from, uint32_t to) {
    for (uint32_t b = from; b < to; b++)
        if (t->passed[b] < STICKY) t->passed[b]--;
}

/* The first entry behind the spot that has gone past its bucket. */
static bool find_passed(const struct account_index *x, struct spot spot, struct spot *found) {
    struct index_table *t = spot.table;
    for (uint32_t b = spot.bucket; t->passed[b] != 0; b++)
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            const uint32_t reference = reference_of(t->buckets[b + 1].entries[i]);
            if (reference == 0) continue;
            if (home_of(t, slabs_at(x->slabs, reference)->key) > spot.bucket) continue;
            *found = (struct spot){t, b + 1, i};
            return true;
        }
    return false;
}

/* Empties an entry that belongs to bucket `home`, and lets what went past it come nearer. */
static void clear(struct account_index *x, struct spot spot, uint32_t home) {
    struct index_table *t = spot.table;
    struct spot from;
    come_back(t, home, spot.bucket);
    for (; find_passed(x, spot, &from); spot = from) {
        t->buckets[spot.bucket].entries[spot.entry] = t->buckets[from.bucket].entries[from.entry];
        come_back(t, spot.bucket, from.bucket);
    }
    t->buckets[spot.bucket].entries[spot.entry] = 0;
}

void account_index_remove(struct account_index *x, uint64_t low, uint32_t reference) {
    const struct spot spot = spot_of(x, low, reference);
    clear(x, spot, home_of(spot.table, low));
    x->count--;
}

static uint32_t numbered_in(const struct account_index *x, const struct index_table *t,
                            uint64_t low, uint32_t number) {
    for (uint32_t b = home_of(t, low);; b++) {
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            const uint32_t reference = reference_of(t->buckets[b].entries[i]);
            if (reference == 0) continue;
            const struct account *account = slabs_at(x->slabs, reference);
            if (account->key == low && account->number == number) return reference;
        }
        if (!goes_on(t, b)) return 0;
    }
}

uint32_t account_index_numbered(const struct account_index *x, uint64_t low, uint32_t number) {
    const uint32_t old = in_old(x, low) ? numbered_in(x, &x->old, low, number) : 0;
    return old != 0 ? old : numbered_in(x, &x->now, low, number);
}

bool account_index_full(const struct account_index *x, uint64_t more) {
    return (x->count + more) * 4 > (uint64_t)x->now.count * BUCKET_ENTRIES * 3;
}

bool account_index_in_need(const struct account_index *x) {
    return x->count * 20 > (uint64_t)x->now.count * BUCKET_ENTRIES * 17;
}

static uint32_t next_count(const struct account_index *x) {
    return x->now.count + x->now.count / 4;
}

size_t account_index_next_bytes(const struct account_index *x) {
    return account_index_bytes_of(next_count(x));
}

bool account_index_grow(struct account_index *x) {
    struct index_table next;
    assert(x->old.count == 0);
    if (!table_open(&next, next_count(x))) return false;
    x->old = x->now;
    x->now = next;
    x->hand = 0;
    x->given_back = 0;
    return true;
}

/* What of bucket b lies behind it, by the keys of the records. */
static void migrate_spilled(struct account_index *x, uint32_t home) {
    struct index_table *t = &x->old;
    bool more = true;
    for (uint32_t b = home + 1; more && b < t->count + SPILL; b++) {
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            const uint64_t *entry = &t->buckets[b].entries[i];
            while (reference_of(*entry) != 0) {
                const uint64_t low = slabs_at(x->slabs, reference_of(*entry))->key;
                if (home_of(t, low) != home) break;
                put(&x->now, low, *entry);
                clear(x, (struct spot){t, b, i}, home); /* another may have taken its place */
            }
        }
        more = t->passed[home] != 0 && t->passed[b] != 0;
    }
}

/* All in bucket b belongs to it: what belongs to the ones before is gone already. */
static void migrate_bucket(struct account_index *x, uint32_t b) {
    struct bucket *bucket = &x->old.buckets[b];
    for (int i = 0; i < BUCKET_ENTRIES; i++) {
        const uint32_t reference = reference_of(bucket->entries[i]);
        if (reference != 0) put(&x->now, slabs_at(x->slabs, reference)->key, bucket->entries[i]);
    }
    if (x->old.passed[b] != 0) migrate_spilled(x, b);
    *bucket = (struct bucket){{0}};
    x->old.passed[b] = 0;
}

static void fetch_records(const struct account_index *x, uint32_t from, uint32_t to) {
    for (uint32_t b = from; b < to; b++)
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            const uint32_t reference = reference_of(x->old.buckets[b].entries[i]);
            if (reference != 0) prefetch(slabs_at(x->slabs, reference));
        }
}

static void give_back(struct account_index *x) {
    const size_t empty = (size_t)x->hand * sizeof(struct bucket) / PAGES_PIECE * PAGES_PIECE;
    if (empty == x->given_back) return;
    pages_give_back((uint8_t *)x->old.buckets + x->given_back, empty - x->given_back);
    x->given_back = empty;
}

bool account_index_migrate(struct account_index *x, uint64_t buckets) {
    if (x->old.count == 0) return true;
    while (buckets > 0 && x->hand < x->old.count) {
        const uint32_t left = x->old.count - x->hand;
        uint32_t group = left < GROUP ? left : GROUP;
        if (group > buckets) group = (uint32_t)buckets;
        fetch_records(x, x->hand, x->hand + group);
        for (uint32_t i = 0; i < group; i++)
            migrate_bucket(x, x->hand++);
        buckets -= group;
    }
    give_back(x);
    if (x->hand < x->old.count) return false;
    table_close(&x->old);
    return true;
}

size_t account_index_bytes(const struct account_index *x) {
    return x->now.size + (x->old.count == 0 ? 0 : x->old.size - x->given_back);
}

bool account_index_may_be(uint32_t now, uint32_t old, uint32_t hand) {
    return now > 0 && now <= UINT32_MAX / BUCKET_ENTRIES && old < now && hand <= old;
}

bool account_index_restore(struct account_index *x, uint32_t now, uint32_t old, uint32_t hand) {
    assert(account_index_may_be(now, old, hand));
    account_index_close(x);
    if (!table_open(&x->now, now) || (old != 0 && !table_open(&x->old, old))) return false;
    x->hand = hand;
    x->given_back = (size_t)hand * sizeof(struct bucket) / PAGES_PIECE * PAGES_PIECE;
    x->count = 0;
    return true;
}

bool account_index_load(struct account_index *x, struct account_key key, uint32_t reference,
                        bool before) {
    struct index_table *t = before && in_old(x, key.low) ? &x->old : &x->now;
    x->count++;
    return put_if_room(t, key.low, (uint64_t)tag_of(key) << ENTRY_TAG_SHIFT | reference) != NULL;
}

uint64_t *account_index_loaded(struct account_index *x, uint64_t low, uint32_t reference) {
    struct spot spot;
    if (reference == 0 || !find_spot(x, low, reference, &spot)) return NULL;
    return &spot.table->buckets[spot.bucket].entries[spot.entry];
}

size_t account_index_bytes_of(uint32_t buckets) {
    return pages_round_up(((size_t)buckets + SPILL) * (sizeof(struct bucket) + 1));
}
