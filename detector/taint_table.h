/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of taint is made of. Private to taint*.c.
 *
 * Three pools of blocks whose number 0 is none: accounts, each with a list of its marks in the
 * order of their events; marks; and sources. A source counts while a report holds it and it is not
 * 8 days old; marks of one that does not are as good as gone, and dropped when they are met. */
#pragma once

#include "detector/account_record.h"
#include "detector/base/number_map.h"
#include "detector/base/saving.h"
#include "detector/holes.h"
#include "detector/taint.h"
#include "detector/taint_fifo.h"

struct taint_mark {
    uint64_t ordinal;
    int64_t start, amount;
    uint32_t source;
    uint32_t second;       /* of the event */
    uint32_t counterparty; /* that it came from */
    uint32_t next;         /* of its account, or free */
    uint8_t hop;           /* or TAINT_RETURNED */
    uint8_t unused[7];
};

struct taint_account {
    uint32_t number; /* of the account; 0: free */
    uint32_t first;  /* mark; or next free */
    uint16_t count;
    uint16_t unused;
};

struct taint_source {
    uint64_t ordinal; /* of the credit; 0: free (next free in payee) */
    uint32_t payee, second;
    uint32_t holders, marks;   /* reports, marks that refer to it */
    struct account_key report; /* one of the holders */
};

/* A report holds a source, until its term ends. */
struct taint_hold {
    struct account_key report; /* of the signal's id */
    uint32_t source;
    uint32_t until_s;
};

/* Transfers that one report holds: of each subject, what it remembers. */
enum { TAINT_NAMED_MAX = SIGNAL_SUBJECTS_MAX * RING_MAX };

struct taint_pool {
    uint32_t top, free, used, max;
};

/* Entries of a pool, or holds, as items that are saved. */
struct taint_range {
    uint8_t *at;
    size_t size; /* of an item */
    uint32_t count, first;
};

enum { TAINT_RANGES = 4 };

/* A saving, or loading, that is under way: ranges as they were when it began. */
struct taint_items {
    struct saving saving;
    struct taint_range ranges[TAINT_RANGES];
    uint32_t count, hand; /* items; those below hand are done */
    struct holes done;
};

/* An event that is to be walked over. */
struct taint_visit {
    uint64_t ordinal;
    uint32_t account;
};

struct taint {
    struct taint_options options;
    struct accounts *accounts;
    int64_t clock_s;
    struct taint_pool account_pool, mark_pool, source_pool;
    struct taint_account *account;
    struct taint_mark *mark;
    struct taint_source *source;
    struct taint_hold *holds; /* dense, source_pool.max at most */
    uint32_t hold_count;
    struct number_map by_number, by_ordinal;
    uint32_t hand_account, hand_hold;
    uint64_t walked, bounded;
    uint32_t steps_left;        /* of the report in hand */
    struct taint_visit *visits; /* a heap */
    size_t visit_count, visit_room;
    uint64_t before[TAINT_NAMED_MAX], now[TAINT_NAMED_MAX]; /* of the report in hand */
    struct taint_fifo payer, payee;                         /* room to compute in */
    struct taint_stretch payer_stretches[TAINT_MARKS_MAX], payee_stretches[TAINT_MARKS_MAX];
    struct taint_items items;
};

/* Of one credit, or one reversal, at most as many as an account has marks. */
struct taint_parts {
    uint32_t count;
    struct taint_stretch part[TAINT_MARKS_MAX];
};

/* Events that a walk of so many steps may have before it. */
size_t taint_visits_of(uint32_t walk_max);
bool taint_table_open(struct taint *taint);
void taint_table_close(struct taint *taint);

/* Saves the item that lies there, or that this is a part of, if it is due (taint_save.c). */
void taint_save_at(struct taint *taint, const void *at);
void taint_items_free(struct taint *taint);
/* Before what lies there is changed. */
static inline void taint_touch(struct taint *t, const void *at) {
    if (t->items.saving.running) taint_save_at(t, at);
}

/* The entry of an account; 0: it has none. */
static inline uint32_t taint_entry(const struct taint *t, uint32_t number) {
    return number == 0 ? 0 : number_map_get(&t->by_number, number);
}

static inline bool taint_is_live(const struct taint *t, uint32_t source) {
    return t->source[source].holders > 0 &&
           (int64_t)t->source[source].second > t->clock_s - RING_KEEP_S;
}

/* A credit's source, alive; 0: it is none. */
uint32_t taint_source_of(const struct taint *taint, uint64_t ordinal);
/* The source of a credit, made where there is none; 0: there is no room. It is held once more by
 * the report, unless that holds it already (*held: it did; an ended one may come anew before it was
 * let go): then until `until_s` from now on. */
uint32_t taint_hold(struct taint *taint, struct account_key report, uint32_t until_s,
                    const struct taint_source *credit, bool *held);
/* Takes the hold of this place away; the last one comes to its place. */
void taint_let_go(struct taint *taint, uint32_t hold);
/* The same, and what was traced by it is traced anew. */
void taint_undo(struct taint *taint, uint32_t hold);

/* Live stretches of an account, in order. Returns how many. */
uint32_t taint_stretches(const struct taint *taint, uint32_t number,
                         struct taint_stretch out[TAINT_MARKS_MAX]);
/* Makes `parts` what the account knows of one event's credit or, `returned`, reversal. True: that
 * is something new. */
struct taint_event {
    uint64_t ordinal;
    uint32_t second, counterparty;
    bool returned;
};
bool taint_put(struct taint *taint, uint32_t number, const struct taint_event *event,
               const struct taint_parts *parts);
/* A bound bit on what is known of the account: it says so (ACCOUNT_BOUNDED). */
void taint_note_bound(struct taint *taint, uint32_t number);
/* Drops what is over of one entry, and the entry with its last mark. */
void taint_prune(struct taint *taint, uint32_t entry);

/* Traces anew from one credit on (taint_walk.c). */
void taint_walk(struct taint *taint, uint64_t ordinal, uint32_t payee);
/* One event anew, and nothing behind it; true: something changed. */
bool taint_settle(struct taint *taint, uint64_t ordinal, uint32_t payer, uint32_t payee);
bool taint_reverse(struct taint *taint, uint64_t ordinal, uint32_t payer, uint32_t payee);
