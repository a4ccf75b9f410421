/* SPDX-License-Identifier: Apache-2.0 */
/* The account table from inside: accounts.c serves rows, accounts_maintain.c what is done between
 * batches, accounts_limit.c the limit of memory. */
#pragma once

#include "detector/account_index.h"
#include "detector/account_numbers.h"
#include "detector/accounts.h"
#include "detector/victims.h"

/* A place in the blocks of a range of classes, that goes round. */
struct hand {
    uint8_t size_class;
    uint32_t number;
};

/* The limit: live bytes above `soft` drop accounts, a bounded number at a time; above `hard` as
 * many as it takes; what is held with holes is kept below `held`. An eighth of the limit is for
 * holes and for the way from soft to hard. What 1,024 rows can add is beyond `held`. */
struct limit {
    uint64_t soft, hard, held;
    bool low, dropping;    /* said so */
    uint64_t said;         /* dropped when it was said last */
    struct victims front;  /* complete: the accounts up to its bound */
    struct victims back;   /* of the pass that is under way */
    struct victims pinned; /* of the front, when their turn came */
    size_t front_start;    /* candidates when it was complete */
    bool collecting;
    struct hand hand;
};

/* A saving that is under way. */
struct accounts_save {
    bool running;
    uint8_t generation;
    struct hand hand;
    uint32_t tops[SIZE_CLASSES]; /* when it began */
    uint64_t records, records_due;
    struct pack_sink sink;
};

struct accounts {
    struct accounts_options options;
    struct slabs slabs;
    struct account_index index;
    struct account_numbers numbers;
    struct limit limit;
    struct hand sweep, sweep_heads;
    uint32_t numbered, swept_numbered; /* ever; of them at the last sweep */
    uint32_t grown_numbered;           /* of them when the index grew last */
    uint64_t dropped, forgotten, looked_at, calls;
    uint64_t index_entries;  /* at the last accounts_maintain */
    bool watched;            /* `changed` is kept */
    account_place **changed; /* numbered or moved since the last accounts_maintain */
    size_t changed_count, changed_room;
    struct accounts_save save;
};

/* While the table is saved: writes a record as it is. `reference`: where it was when that began;
 * `tag`: of its entry in the index, which `referred` looks up. */
void accounts_save_record(struct accounts *accounts, struct account *account, uint32_t reference,
                          uint32_t tag);
void accounts_save_referred(struct accounts *accounts, struct account *account, uint32_t reference);

/* True for a record that is still to be saved: before anything is done to it. */
static inline bool accounts_must_save(const struct accounts *accounts,
                                      const struct account *account) {
    return accounts->save.running && account->saved != accounts->save.generation;
}

/* The record of an account that has a number is at another reference now; 0: it is gone. */
void accounts_refer(struct accounts *accounts, uint32_t number, uint32_t reference);
/* Says that an account is forgotten, whose record is still there. */
void accounts_let_go(struct accounts *accounts, const struct account *account);

/* What may now stand where a pass over the records has been already. */
void accounts_note_change(struct accounts *accounts, account_place *place);

/* Whether the account, which has a number, has had no event for the dormancy. One that never had
 * any (the payee of an attempt) is as old as its number. */
static inline bool is_dormant(const struct accounts *accounts, const struct account *account,
                              int64_t clock_s) {
    const bool seen = (account->flags & ACCOUNT_SEEN) != 0;
    return (int64_t)(seen ? account->newest_s : account->left_s) <=
           clock_s - accounts->options.dormancy_s;
}

/* The next block that is in use, of classes first … last; 0: went past the end of the last class,
 * and stands before the first again. Counts what it looks at, and ends when `looks` is used up (0
 * too). */
uint32_t hand_next(struct accounts *accounts, struct hand *hand, uint8_t first, uint8_t last,
                   uint32_t *looks);
/* Takes an account out of the table. */
void accounts_remove(struct accounts *accounts, uint32_t reference);

void limit_open(struct limit *limit, uint64_t memory_limit);
void limit_close(struct limit *limit);
/* The record is new here, or at this place. */
void limit_offer(struct accounts *accounts, const struct account *account);
/* Takes notice of what has changed since the last call, while its places are good. */
void limit_hear(struct accounts *accounts);
/* Whether the index may take so many bytes more. */
bool limit_allows(const struct accounts *accounts, uint64_t bytes);
/* Drops accounts while there is too much; `stuck`: the index is full and may not grow. */
void limit_keep(struct accounts *accounts, bool stuck);
/* Bytes of live blocks and index; of blocks with holes, index and candidates. */
uint64_t accounts_bytes_live(const struct accounts *accounts);
uint64_t accounts_bytes_held(const struct accounts *accounts);
