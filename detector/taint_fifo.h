/* SPDX-License-Identifier: Apache-2.0 */
/* First in, first out over a ring whose credits brought stretches of traced money: which stretches
 * lie where, and which of them a debit takes. fifo.h says how much of a lot is gone; this says
 * which tiyn of it. The rules are those of trail.h, which computes the same over a whole history.
 */
#pragma once

#include "detector/account_record.h"
#include "detector/trail.h"

enum {
    TAINT_MARKS_MAX = 256, /* of an account */
    TAINT_PARTS_MAX = 8,   /* of one credit */
    TAINT_RETURNED = 255,  /* hop: of what a reversal gave back */
};

/* Traced money that one event brought: a stretch of a credit, or, of a reversed debit, what came
 * back of one of the stretches that it had taken, the latest first. */
struct taint_stretch {
    uint64_t ordinal;      /* of the event */
    int64_t start, amount; /* tiyn from the beginning of the credit; of a return start is 0 */
    uint32_t source;
    uint32_t began_s; /* event time of the source */
    uint8_t hop;      /* transfers since the source; TAINT_RETURNED */
};

/* Money of one credit and one mark. It stays when it is spent. */
struct taint_segment {
    int64_t left;
    int64_t start;      /* in its credit */
    int64_t brought;    /* by the credit, and not taken back by reversals */
    uint16_t lot, mark; /* slot of the credit, or TAINT_OPENING; stretch, or TAINT_NONE */
    uint16_t prev, next;
};

/* What one debit took from one segment and was not given back. */
struct taint_flow {
    int64_t amount;
    int64_t start;    /* within the debit */
    uint16_t segment; /* TAINT_NONE: unseen money */
    uint16_t slot;    /* of the debit */
    bool followed;    /* with its mark, to the payee */
};

enum {
    TAINT_NONE = UINT16_MAX,
    TAINT_OPENING = RING_MAX,
    TAINT_SEGMENTS_MAX = 1024,
    TAINT_FLOWS_MAX = 4096,
};

/* Room to compute in; large. The first three are the caller's. */
struct taint_fifo {
    const struct trail_limits *limits;
    bool (*is_source)(const void *context, uint64_t ordinal); /* the credit of that ordinal */
    const void *context;
    struct ring ring;
    const struct taint_stretch *stretches;
    uint32_t stretch_count, stretch_next;
    uint32_t segment_count, flow_count;
    uint16_t head, tail, oldest, newest_lot;
    bool overflow; /* more than there is room for: it is not exact */
    uint16_t lot_tail[RING_MAX + 1];
    struct taint_segment segments[TAINT_SEGMENTS_MAX];
    struct taint_flow flows[TAINT_FLOWS_MAX];
};

/* Takes the account's events before slot `end`. Stretches are by ordinal, then as they lie; they
 * are borrowed. */
void taint_fifo_run(struct taint_fifo *fifo, const struct account *account,
                    const struct taint_stretch *stretches, uint32_t count, uint32_t end);
/* One event more, the next. Returns the number of its first flow: a debit's are from there on. */
uint32_t taint_fifo_step(struct taint_fifo *fifo, uint32_t slot);
/* What of a reversed debit's followed flows, the latest first, is still with the payee; both as
 * they stood before the reversal. `payee` NULL: nothing. Returns how many, at most `max`. */
uint32_t taint_fifo_returns(const struct taint_fifo *payer, uint32_t payer_slot,
                            const struct taint_fifo *payee, uint32_t payee_slot, int64_t *amounts,
                            uint32_t max);
