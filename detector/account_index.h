/* SPDX-License-Identifier: Apache-2.0 */
/* The index of the account table: from a key to the reference of its record.
 *
 * A bucket is one cache line of eight entries: 32 bits of the key's high half and a 32-bit
 * reference. The key's low half chooses the bucket, and stands in the record: 96 bits are compared.
 * Two accounts of 10^8 are taken for one with a probability below 10^-13.
 *
 * What a full bucket has no room for goes to the next line. How many entries went past a bucket is
 * counted beside the lines; a look-up reads that count only where it found neither the key nor an
 * empty entry. Where an entry is removed, one that has gone past comes back: entries lie as near to
 * their buckets as if nothing had ever been removed.
 *
 * The index grows by a quarter: a new table is filled from the old one a few buckets at a time, in
 * the order of both, and takes all that is added; so it is 0.6 to 0.75 full. Private to the account
 * table. */
#pragma once

#include "detector/slabs.h"

enum { BUCKET_ENTRIES = 8, ENTRY_TAG_SHIFT = 32 };

struct bucket {
    uint64_t entries[BUCKET_ENTRIES]; /* 0: none */
};

struct index_table {
    struct bucket *buckets;
    uint8_t *passed; /* a bucket: entries that belong to it or to one before, and lie behind it */
    uint32_t count;  /* buckets that keys belong to; 0: no table */
    size_t size;     /* bytes */
};

struct account_index {
    const struct slabs *slabs;
    struct index_table now, old; /* old: what is not in `now` yet */
    uint32_t hand;               /* buckets of `old` before this one are empty */
    size_t given_back;           /* bytes of `old` */
    uint64_t count;              /* entries, both tables */
};

bool account_index_open(struct account_index *index, const struct slabs *slabs, uint32_t buckets,
                        struct error *error);
void account_index_close(struct account_index *index);

void account_index_prefetch(const struct account_index *index, struct account_key key);
/* The reference that the key most likely has, 0 for none, from lines that are here. */
uint32_t account_index_guess(const struct account_index *index, struct account_key key);
/* NULL: the key is not there. Places are good until something is removed or the index grows. */
uint64_t *account_index_find(const struct account_index *index, struct account_key key);
/* A key that is not there. */
uint64_t *account_index_add(struct account_index *index, struct account_key key,
                            uint32_t reference);
/* The place of the record of this low half of a key. It is there. */
uint64_t *account_index_place(struct account_index *index, uint64_t low, uint32_t reference);
void account_index_remove(struct account_index *index, uint64_t low, uint32_t reference);
/* The reference of the account with this low half of a key and this number; 0: none. */
uint32_t account_index_numbered(const struct account_index *index, uint64_t low, uint32_t number);

/* Whether `more` entries would fill it over 0.75. */
bool account_index_full(const struct account_index *index, uint64_t more);
/* Fuller than 0.85: it must not go on like this. */
bool account_index_in_need(const struct account_index *index);
/* Bytes of the table that account_index_grow would make. */
size_t account_index_next_bytes(const struct account_index *index);
/* Only when nothing is left to migrate. False: the system gives no memory. */
bool account_index_grow(struct account_index *index);
/* Moves what belongs to so many buckets of the old table; true when nothing is left. */
bool account_index_migrate(struct account_index *index, uint64_t buckets);
size_t account_index_bytes(const struct account_index *index);
/* Bytes of a table of so many buckets. */
size_t account_index_bytes_of(uint32_t buckets);

/* Whether an index may have had tables of so many buckets, `hand` of the old one empty already
 * (old: 0: none). */
bool account_index_may_be(uint32_t now, uint32_t old, uint32_t hand);
/* Makes an empty index what that one was. False: no memory. */
bool account_index_restore(struct account_index *index, uint32_t now, uint32_t old, uint32_t hand);
/* Adds a key to the table it was in; `before`: it was there when the index grew last. False: no
 * index has so many that are nearly equal. */
bool account_index_load(struct account_index *index, struct account_key key, uint32_t reference,
                        bool before);
/* As account_index_place; NULL: it is not there. */
uint64_t *account_index_loaded(struct account_index *index, uint64_t low, uint32_t reference);
