/* SPDX-License-Identifier: Apache-2.0 */
/* The account table: a cache-line-bucket index over records in slabs of size classes.
 *
 * Everything that moves memory in bulk (growing the index, sweeping, dropping, giving places free
 * again) happens in accounts_maintain, which the engine calls between batches whenever the ordinal
 * has passed a multiple of ACCOUNTS_STRIDE: so the state is the same for any split into batches.
 * Between two calls of it places in the index stay where they are, and a record that was moved can
 * still be read at its old address. Engine thread only. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"
#include "detector/base/pack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACCOUNTS_STRIDE = 1024 };

struct accounts;
struct account;

/* 128-bit XXH3 of the account token: the account's identity in memory. */
struct account_key {
    uint64_t low, high;
};
struct account_key account_key_of(struct text token);

struct accounts_options {
    uint64_t memory_limit;   /* bytes of index and slabs together, at most */
    uint64_t prefault_bytes; /* of them, touched at open */
    int64_t dormancy_s;      /* an account without an event for so long is forgotten */
    /* Whether an account must not be dropped (it has an open episode). May be NULL. */
    bool (*pinned)(const void *context, uint32_t account_number);
    const void *pinned_context;
    /* Told before a tainted account (accounts_set_tainted) is dropped or forgotten. */
    void (*tainted_gone)(void *context, uint32_t account_number);
    void *tainted_context;
};

/* NULL: ERROR_FAILED (no address space). */
struct accounts *accounts_open(const struct accounts_options *options, struct error *error);
void accounts_close(struct accounts *accounts);

/* Where the index keeps an account; good until the next accounts_maintain. */
typedef uint64_t account_place;

/* In this order, each for many keys before the next: fetches the key's line of the index; when that
 * is there, tells the record that the key most likely has (0: none); fetches such records. */
void accounts_prefetch_index(const struct accounts *accounts, struct account_key key);
uint32_t accounts_guess(const struct accounts *accounts, struct account_key key);
void accounts_prefetch_records(const struct accounts *accounts, const uint32_t *references,
                               uint32_t count);
/* Finds or adds. A record that was added is zero but for its key and class: its number is given
 * when it is touched. */
account_place *accounts_locate(struct accounts *accounts, struct account_key key);
/* The record of a place as it is now. */
struct account *accounts_at(const struct accounts *accounts, const account_place *place);
/* The record of a key, or of an account by its number; NULL: it is not in the table, or no
 * longer. */
struct account *accounts_find(const struct accounts *accounts, struct account_key key);
struct account *accounts_numbered(const struct accounts *accounts, uint32_t number);
/* Sets or clears ACCOUNT_TAINTED; sets ACCOUNT_BOUNDED by the engine clock. */
void accounts_set_tainted(struct accounts *accounts, struct account *account, bool tainted);
void accounts_set_bounded(struct accounts *accounts, struct account *account, int64_t clock_s);
/* Moves the record to another class (account_move) and returns it; the old block stays readable
 * until accounts_maintain. */
struct account *accounts_resize(struct accounts *accounts, account_place *place,
                                uint8_t size_class);

/* At row time, before anything else is asked of the record: numbers a new one; forgets one without
 * an event for the dormancy (a new account takes its place); expires events. `clock_s` is the
 * engine clock of the row. Changes the record: who must still see it as it was has copied it. */
struct account *accounts_touch(struct accounts *accounts, account_place *place, int64_t clock_s);

/* A bounded number of looks and moves, tens of microseconds as a rule; a page that is touched for
 * the first time, and memory that is really about to end, take longer. */
void accounts_maintain(struct accounts *accounts, int64_t clock_s);

/* Saving the table as it is now while it goes on. Records come through the sink, each whole. */
/* Writes what is small into `head`. */
void accounts_save_begin(struct accounts *accounts, struct pack *head,
                         const struct pack_sink *sink);
/* Goes on by so many blocks; false: there are no more, or a record found no space. */
bool accounts_save_step(struct accounts *accounts, uint32_t looks);
/* True when all records have been saved; ends it in any case. */
bool accounts_save_end(struct accounts *accounts);

/* Loading into a table that is new. False: the bytes are not what was saved, or do not fit; or
 * ERROR_FAILED: no memory. */
struct accounts_load {
    uint64_t records, records_due;
    uint64_t tainted;       /* of the records */
    const uint8_t *changed; /* in the bytes of the head, which are kept until the end */
    uint64_t changed_count;
};
bool accounts_load_begin(struct accounts *accounts, struct accounts_load *load, struct unpack *head,
                         struct error *error);
/* Any part of what went through the sink, of whole records. */
bool accounts_load_records(struct accounts *accounts, struct accounts_load *load,
                           struct unpack *records);
bool accounts_load_end(struct accounts *accounts, const struct accounts_load *load);

struct accounts_counts {
    uint64_t accounts;           /* in the table */
    uint64_t by_class[8];        /* of them */
    uint64_t numbered;           /* ever */
    uint64_t dropped;            /* for want of memory */
    uint64_t forgotten;          /* dormant */
    uint64_t looked_at;          /* blocks that accounts_maintain has looked at, ever */
    uint64_t bytes, index_bytes; /* held; of them the index */
};
struct accounts_counts accounts_count(const struct accounts *accounts);
