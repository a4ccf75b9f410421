/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of signals is made of. Private to signals*.c.
 *
 * A signal is one line of memory, with its id and, for nearly all of them, the one subject it is
 * bound to; further subjects and ids that are no UUIDs take cells. All links of a subject are one
 * list, and the index of subjects leads to its head. A signal is dropped on the day after its term:
 * days have lists, and one whose term grew moves on when its old day comes. */
#pragma once

#include "detector/base/saving.h"
#include "detector/holes.h"
#include "detector/signal_index.h"
#include "detector/signals.h"

enum {
    LINKS_MAX = SIGNAL_SUBJECTS_MAX + 1, /* of a signal: subjects, and the phone that was called */
    DAY_S = 86400,
    DAYS = 49711, /* 32 bits of seconds */
    DROPS = 64,   /* a call */
    ID_TEXT_MAX = SIGNAL_ID_SIZE - 1,
    CELLS_A_SIGNAL = 4, /* on average, at most */
};

/* What a signal says of a subject. */
enum { MARK_WEIGHT = 1, MARK_SIM_BOX = 2, MARK_CALLED = 4, MARK_LOANS = 8 };

struct link {
    uint64_t low; /* of the subject's key */
    uint32_t tag;
    uint32_t next; /* of the subject: a link's reference; 0: none */
};

struct known {
    uint8_t id[16]; /* a UUID, or its first cell */
    uint32_t from_s, until_s;
    uint32_t forget_s; /* ≥ until_s of every revision seen, and of withdrawals */
    int32_t revision;  /* 0: nothing is known but withdrawals */
    uint32_t next;     /* of its day, or free */
    uint32_t more;     /* its first cell with a link; 0: none */
    struct link own;
    uint16_t withdrawn_by; /* a bit each source */
    uint8_t source, kind, confidence, colour;
    uint8_t id_size; /* of a text; 0: a UUID */
    uint8_t mark;    /* of the own link; 0: none */
};

struct cell {
    union {
        struct {
            struct link link;
            uint32_t of;   /* the signal */
            uint32_t more; /* of the signal; or the next free cell */
            uint32_t called_s;
            uint8_t mark;
        };
        struct {
            char text[28];
            uint32_t text_next;
        };
    };
};

_Static_assert(sizeof(struct known) == 64 && sizeof(struct cell) == 32, "lines of memory");

/* A link's reference: a signal's number for its own, or a cell's with this bit. */
#define IN_CELL (UINT32_C(1) << 31)

/* Blocks of one size in reserved space; number 0 is none. The smallest that is free is taken first:
 * which one depends on which are in use, not on how they came to be. */
struct signal_blocks {
    uint8_t *at;
    size_t block, reserved, committed;
    uint32_t top; /* numbers 1 … top are in use or holes */
    uint32_t used, max;
    struct holes holes;
};

/* A saving that is under way. */
struct signals_save {
    struct saving saving;
    uint32_t hand, top; /* signals up to hand are done; top: when it began */
    struct holes done;  /* behind the hand: saved, or newer than the beginning */
};

struct signals {
    uint32_t max;
    struct signal_blocks known, cells;
    struct signal_index ids, subjects;
    uint32_t *days; /* heads */
    uint32_t day;   /* no earlier one has a list */
    struct signals_save save;
};

static inline struct known *known_at(const struct signals *t, uint32_t number) {
    return (struct known *)(void *)(t->known.at + number * sizeof(struct known));
}

static inline struct cell *cell_at(const struct signals *t, uint32_t number) {
    return (struct cell *)(void *)(t->cells.at + number * sizeof(struct cell));
}

static inline struct link *link_at(const struct signals *t, uint32_t reference) {
    return reference & IN_CELL ? &cell_at(t, reference & ~IN_CELL)->link
                               : &known_at(t, reference)->own;
}

static inline uint32_t link_signal(const struct signals *t, uint32_t reference) {
    return reference & IN_CELL ? cell_at(t, reference & ~IN_CELL)->of : reference;
}

static inline uint8_t link_mark(const struct signals *t, uint32_t reference) {
    return reference & IN_CELL ? cell_at(t, reference & ~IN_CELL)->mark
                               : known_at(t, reference)->mark;
}

static inline bool known_is_citizens(const struct known *k) {
    return k->kind == SIGNAL_BOT_REPORT || k->source == SOURCE_CITIZEN_BOT;
}

/* All citizens' reports are of one source. */
static inline uint8_t known_source(const struct known *k) {
    return known_is_citizens(k) ? SOURCE_CITIZEN_BOT : k->source;
}

/* 0 outside its term. */
double known_strength(const struct known *known, int64_t clock_s);
/* Of full strength. */
double known_base(const struct known *known);
bool known_is_withdrawn(const struct known *known);

/* Ids (signals_id.c). */

struct signal_id {
    struct account_key key;
    struct text text; /* where it is no UUID */
    uint8_t uuid[16];
    bool is_uuid;
};
/* Of 1 to ID_TEXT_MAX bytes. */
struct signal_id signal_id_of(struct text text);
struct signal_id signal_id_of_uuid(const uint8_t uuid[16]);
uint32_t signal_id_cells(const struct signal_id *id);
/* The number of the signal with this id; 0: none. */
uint32_t signals_find(const struct signals *signals, const struct signal_id *id);
/* Ids as texts, by their bytes. */
int signals_compare_ids(const struct signals *signals, uint32_t a, uint32_t b);
/* A block that was taken becomes a signal of nothing but its id, in the list of no day. There is
 * room. */
void signals_new(struct signals *signals, uint32_t number, const struct signal_id *id);
/* The opposite; it has no links and is in no list. */
void signals_delete(struct signals *signals, uint32_t number);
uint64_t signals_id_low(const void *signals, uint32_t number);
void signals_id_fetch(const void *signals, uint32_t number);

/* Links (signals_links.c). */

struct binding {
    struct account_key key;
    uint32_t called_s;
    uint8_t mark;
};
/* What a signal says of whom, at most LINKS_MAX. */
uint32_t signals_bindings(const struct signal *signal, struct binding *bindings);
/* Cells that so many links of one signal take. */
uint32_t signals_link_cells(const struct binding *bindings, uint32_t count);
/* Cells that the links of a signal hold. */
uint32_t signals_held_cells(const struct signals *signals, const struct known *known);
void signals_bind(struct signals *signals, uint32_t number, const struct binding *binding,
                  int64_t clock_s);
/* The same where the list, which has this head, has room for it. */
void signals_bind_to(struct signals *signals, uint32_t number, const struct binding *binding,
                     uint32_t head);
void signals_unbind(struct signals *signals, uint32_t number);
/* The head of a subject's list; 0: nothing is known of it. */
uint32_t signals_head(const struct signals *signals, struct account_key key);
/* How many links of a list are of this signal's source and say the same sort of thing. */
uint32_t signals_alike(const struct signals *signals, uint32_t head, uint32_t number, uint8_t mark,
                       uint32_t *weakest, int64_t clock_s);
uint64_t signals_link_low(const void *signals, uint32_t reference);
void signals_link_fetch(const void *signals, uint32_t reference);

/* Blocks (signals_blocks.c). */

bool signal_blocks_open(struct signal_blocks *blocks, size_t block, uint32_t max);
void signal_blocks_close(struct signal_blocks *blocks);
static inline uint32_t signal_blocks_left(const struct signal_blocks *blocks) {
    return blocks->max - blocks->used;
}
/* Touches the memory of blocks that will be taken soon if it was not. True: it did. */
bool signal_blocks_prepare(struct signal_blocks *blocks);
/* Zeroed. There is one left. */
uint32_t signal_blocks_take(struct signal_blocks *blocks);
void signal_blocks_give(struct signal_blocks *blocks, uint32_t number);
/* New blocks get numbers 1 … top, all of them holes. False: more than fit. */
bool signal_blocks_restore(struct signal_blocks *blocks, uint32_t top);
/* Takes this one, zeroed. False: it is no hole. */
bool signal_blocks_take_hole(struct signal_blocks *blocks, uint32_t number);

/* Saving (signals_save.c). */

/* A block was taken for a signal that the saving has not seen. */
void signals_save_skip(struct signals *signals, uint32_t number);
void signals_save_now(struct signals *signals, uint32_t number);
void signals_save_free(struct signals *signals);
/* Before anything that is saved of a signal is changed. */
static inline void signals_touch(struct signals *signals, uint32_t number) {
    if (signals->save.saving.running) signals_save_now(signals, number);
}

/* Into the list of a day that is not over before forget_s. */
void signals_into_day(struct signals *signals, uint32_t number, uint32_t day);
