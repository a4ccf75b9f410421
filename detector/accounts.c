/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/accounts.h"

#include "detector/account_record.h"

#include <stdlib.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* A bucket is one cache line: eight entries of 24 tag bits and a 40-bit account number, 0 for none.
 */
enum { BUCKET_ENTRIES = 8, TAG_SHIFT = 40 };
#define NUMBER_MASK ((UINT64_C(1) << TAG_SHIFT) - 1)

struct bucket {
    uint64_t entries[BUCKET_ENTRIES];
};

struct accounts {
    struct bucket *buckets;
    struct account *records; /* number n is records[n - 1] */
    uint64_t bucket_mask;
    uint32_t capacity, count;
};

struct account_key account_key_of(struct text token) {
    const XXH128_hash_t hash = XXH3_128bits(token.data, token.size);
    return (struct account_key){hash.low64, hash.high64};
}

static void *reserve(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

/* Buckets for at most 0.7 full. */
static uint64_t bucket_count(uint32_t capacity) {
    uint64_t count = 1;
    while (count * BUCKET_ENTRIES * 7 < (uint64_t)capacity * 10)
        count *= 2;
    return count;
}

struct accounts *accounts_open(uint32_t capacity, struct error *error) {
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (accounts != NULL) {
        const uint64_t buckets = bucket_count(capacity);
        accounts->capacity = capacity;
        accounts->bucket_mask = buckets - 1;
        accounts->buckets = reserve(buckets * sizeof(struct bucket));
        accounts->records = reserve((size_t)capacity * sizeof(struct account));
        if (accounts->buckets != NULL && accounts->records != NULL) return accounts;
    }
    accounts_close(accounts);
    error_set(error, ERROR_FAILED, "no address space for %u accounts; lower accounts.max",
              capacity);
    return NULL;
}

void accounts_close(struct accounts *a) {
    if (a == NULL) return;
    if (a->buckets != NULL) munmap(a->buckets, (a->bucket_mask + 1) * sizeof(struct bucket));
    if (a->records != NULL) munmap(a->records, (size_t)a->capacity * sizeof(struct account));
    free(a);
}

void accounts_prefetch_index(const struct accounts *a, struct account_key key) {
    __builtin_prefetch(&a->buckets[key.low & a->bucket_mask]);
}

static struct account *record_of(const struct accounts *a, uint64_t entry) {
    return &a->records[(entry & NUMBER_MASK) - 1];
}

void accounts_prefetch_record(const struct accounts *a, struct account_key key) {
    const struct bucket *bucket = &a->buckets[key.low & a->bucket_mask];
    const uint64_t tag = key.high >> TAG_SHIFT;
    for (int i = 0; i < BUCKET_ENTRIES; i++)
        if (bucket->entries[i] >> TAG_SHIFT == tag && bucket->entries[i] != 0) {
            __builtin_prefetch(record_of(a, bucket->entries[i]), 1);
            return;
        }
}

static bool same(struct account_key a, struct account_key b) {
    return a.low == b.low && a.high == b.high;
}

/* The entry of the key, or the empty one where it belongs. */
static uint64_t *locate(const struct accounts *a, struct account_key key) {
    const uint64_t tag = key.high >> TAG_SHIFT;
    for (uint64_t b = key.low & a->bucket_mask;; b = (b + 1) & a->bucket_mask)
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            uint64_t *entry = &a->buckets[b].entries[i];
            if (*entry == 0) return entry;
            if (*entry >> TAG_SHIFT == tag && same(record_of(a, *entry)->key, key)) return entry;
        }
}

struct account *accounts_find(const struct accounts *a, struct account_key key) {
    const uint64_t *entry = locate(a, key);
    return *entry == 0 ? NULL : record_of(a, *entry);
}

struct account *accounts_take(struct accounts *a, struct account_key key) {
    uint64_t *entry = locate(a, key);
    if (*entry != 0) return record_of(a, *entry);
    if (a->count == a->capacity) return NULL;
    struct account *account = &a->records[a->count++];
    account->key = key;
    account->number = a->count;
    *entry = (key.high >> TAG_SHIFT) << TAG_SHIFT | a->count;
    return account;
}

uint32_t accounts_count(const struct accounts *a) {
    return a->count;
}

size_t accounts_bytes(const struct accounts *a) {
    return (a->bucket_mask + 1) * sizeof(struct bucket) + (size_t)a->count * sizeof(struct account);
}
