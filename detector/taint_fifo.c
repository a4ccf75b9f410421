/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/taint_fifo.h"

#define NONE TAINT_NONE

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Segments. */

static uint16_t new_segment(struct taint_fifo *f, struct taint_segment segment) {
    if (f->segment_count == TAINT_SEGMENTS_MAX) {
        f->overflow = true;
        return NONE;
    }
    f->segments[f->segment_count] = segment;
    return (uint16_t)f->segment_count++;
}

static void append(struct taint_fifo *f, uint16_t lot, uint16_t mark, int64_t start, int64_t amount,
                   int64_t brought) {
    const uint16_t s =
        new_segment(f, (struct taint_segment){amount, start, brought, lot, mark, f->tail, NONE});
    if (s == NONE) return;
    if (f->tail != NONE) f->segments[f->tail].next = s;
    if (f->head == NONE) f->head = f->oldest = s;
    f->tail = s;
    f->lot_tail[lot] = s;
}

static void insert_before(struct taint_fifo *f, uint16_t at, int64_t amount) {
    const struct taint_segment there = f->segments[at];
    const uint16_t s =
        new_segment(f, (struct taint_segment){amount, 0, 0, there.lot, NONE, there.prev, at});
    if (s == NONE) return;
    f->segments[at].prev = s;
    if (there.prev != NONE)
        f->segments[there.prev].next = s;
    else
        f->head = s;
}

/* Stretches come in the order of the events. */
static bool next_of(struct taint_fifo *f, uint64_t ordinal, bool returned) {
    while (f->stretch_next < f->stretch_count) {
        const struct taint_stretch *s = &f->stretches[f->stretch_next];
        if (s->ordinal > ordinal) return false;
        if (s->ordinal == ordinal && (s->hop == TAINT_RETURNED) == returned) return true;
        f->stretch_next++;
    }
    return false;
}

/* Events. */

static void credit(struct taint_fifo *f, uint32_t slot, int64_t amount) {
    const uint64_t ordinal = ring_ordinal(&f->ring, slot);
    int64_t at = 0;
    for (; next_of(f, ordinal, false); f->stretch_next++) {
        const struct taint_stretch *s = &f->stretches[f->stretch_next];
        const int64_t gap = s->start - at;
        if (gap > 0) append(f, (uint16_t)slot, NONE, at, gap, gap);
        append(f, (uint16_t)slot, (uint16_t)f->stretch_next, s->start, s->amount, s->amount);
        at = s->start + s->amount;
    }
    if (at < amount || amount == 0) append(f, (uint16_t)slot, NONE, at, amount - at, amount - at);
    f->newest_lot = (uint16_t)slot;
}

static void note_flow(struct taint_fifo *f, struct taint_flow flow) {
    if (f->flow_count < TAINT_FLOWS_MAX)
        f->flows[f->flow_count++] = flow;
    else
        f->overflow = true;
}

/* Takes from the front. Returns what of it is traced. */
static int64_t spend(struct taint_fifo *f, uint32_t slot, int64_t amount) {
    int64_t traced = 0, start = 0;
    while (amount > 0 && f->oldest != NONE) {
        struct taint_segment *s = &f->segments[f->oldest];
        const int64_t taken = smaller(s->left, amount);
        if (taken > 0)
            note_flow(f, (struct taint_flow){taken, start, f->oldest, (uint16_t)slot, false});
        if (s->mark != NONE) traced += taken;
        s->left -= taken;
        start += taken;
        amount -= taken;
        if (amount > 0 && s->next == NONE) break;
        if (amount > 0) f->oldest = s->next;
    }
    if (amount > 0) note_flow(f, (struct taint_flow){amount, start, NONE, (uint16_t)slot, false});
    return traced;
}

static uint16_t mark_of(const struct taint_fifo *f, const struct taint_flow *flow) {
    return flow->segment == NONE ? NONE : f->segments[flow->segment].mark;
}

static void debit(struct taint_fifo *f, uint32_t slot, int64_t amount) {
    const uint32_t first = f->flow_count;
    const int64_t traced = spend(f, slot, amount);
    if (traced == 0) return;
    const bool to_account = f->ring.counterparty[slot] != 0;
    struct trail_step step = {.second = f->ring.second[slot],
                              .traced = traced,
                              .type = f->ring.kind[slot] & KIND_EVENT_TYPE,
                              .to_account = to_account,
                              .source = to_account &&
                                        f->is_source(f->context, ring_ordinal(&f->ring, slot))};
    for (uint32_t i = first; i < f->flow_count; i++) {
        const uint16_t mark = mark_of(f, &f->flows[i]);
        if (mark == NONE) continue;
        step.hop = f->stretches[mark].hop;
        step.began_s = f->stretches[mark].began_s;
        f->flows[i].followed = trail_fate_of(f->limits, &step) == TRAIL_FOLLOWED;
    }
}

/* The `marked` part to where it was; the rest is other money. */
static void refill(struct taint_fifo *f, uint16_t segment, int64_t marked, int64_t other) {
    f->segments[segment].left += marked;
    if (other > 0) insert_before(f, segment, other);
    f->oldest = f->head;
}

/* What came back of a followed flow; what has ended comes back whole. */
static int64_t marked_of(struct taint_fifo *f, uint64_t ordinal, const struct taint_flow *flow,
                         int64_t back) {
    if (!flow->followed) return back;
    if (!next_of(f, ordinal, true)) return 0;
    return smaller(f->stretches[f->stretch_next++].amount, back);
}

static void give_back(struct taint_fifo *f, uint32_t slot, int64_t amount) {
    const uint64_t ordinal = ring_ordinal(&f->ring, slot);
    for (uint32_t i = f->flow_count; i > 0 && amount > 0; i--) {
        struct taint_flow *flow = &f->flows[i - 1];
        const bool same = ring_same_tx(&f->ring, flow->slot, slot);
        if (!same || flow->segment == NONE || flow->amount == 0) continue;
        const int64_t back = smaller(flow->amount, amount);
        const int64_t marked = marked_of(f, ordinal, flow, back);
        flow->amount -= back;
        amount -= back;
        refill(f, flow->segment, marked, back - marked);
    }
    if (amount > 0) append(f, f->newest_lot, NONE, 0, amount, 0);
}

/* The last lot of the slot's transaction; NONE: there is none. */
static uint16_t lot_of(const struct taint_fifo *f, uint32_t slot) {
    uint16_t lot = NONE;
    for (uint32_t i = 0; i < slot; i++)
        if (ring_is_lot(&f->ring, i) && ring_same_tx(&f->ring, i, slot)) lot = (uint16_t)i;
    return lot;
}

/* Of a lot's segments, the latest first: `brought`: what its credit brought, else whatever is left.
 * Returns how much was there. */
static int64_t take(struct taint_fifo *f, uint16_t lot, int64_t amount, bool brought) {
    int64_t taken = 0;
    for (uint16_t s = f->lot_tail[lot]; s != NONE && f->segments[s].lot == lot && amount > 0;
         s = f->segments[s].prev) {
        struct taint_segment *at = &f->segments[s];
        const int64_t most = brought ? smaller(at->brought, amount) : amount;
        const int64_t out = smaller(at->left, most);
        at->left -= out;
        if (brought) at->brought -= most;
        amount -= brought ? most : out;
        taken += out;
    }
    return taken;
}

static void take_back(struct taint_fifo *f, uint32_t slot, int64_t amount) {
    const uint16_t lot = lot_of(f, slot);
    if (lot == NONE)
        take(f, f->newest_lot, amount, false);
    else
        take(f, lot, amount - take(f, lot, amount, true), false);
}

/* NOLINTBEGIN(clang-analyzer-core.*): the ring has as many events as it says. */
uint32_t taint_fifo_step(struct taint_fifo *f, uint32_t slot) {
    const uint32_t first = f->flow_count;
    const uint8_t bits = f->ring.bits[slot];
    const int64_t amount = amount_of(f->ring.amount[slot]);
    const bool in = (f->ring.kind[slot] & KIND_IN) != 0;
    if ((bits & BIT_ATTEMPT) != 0) return first;
    if ((bits & BIT_REVERSAL) != 0 && in)
        take_back(f, slot, amount);
    else if ((bits & BIT_REVERSAL) != 0)
        give_back(f, slot, amount);
    else if (in)
        credit(f, slot, amount);
    else
        debit(f, slot, amount);
    return first;
}
/* NOLINTEND(clang-analyzer-core.*) */

void taint_fifo_run(struct taint_fifo *f, const struct account *account,
                    const struct taint_stretch *stretches, uint32_t count, uint32_t end) {
    f->ring = ring_of(account);
    f->stretches = stretches;
    f->stretch_count = count;
    f->stretch_next = f->segment_count = f->flow_count = 0;
    f->head = f->tail = f->oldest = NONE;
    f->overflow = false;
    f->newest_lot = TAINT_OPENING;
    append(f, TAINT_OPENING, NONE, 0, account->opening_tiyn, 0);
    for (uint32_t slot = 0; slot < end; slot++)
        taint_fifo_step(f, slot);
}

/* Of the payee's lot, the segment that begins at or before `start`. */
static int64_t left_at(const struct taint_fifo *f, uint16_t lot, int64_t start, int64_t *used) {
    for (uint16_t s = f->lot_tail[lot]; s != NONE && f->segments[s].lot == lot;
         s = f->segments[s].prev) {
        const struct taint_segment *at = &f->segments[s];
        if (at->mark == NONE || at->start > start ||
            at->start + f->stretches[at->mark].amount <= start)
            continue;
        *used = s;
        return at->left;
    }
    return 0;
}

uint32_t taint_fifo_returns(const struct taint_fifo *payer, uint32_t payer_slot,
                            const struct taint_fifo *payee, uint32_t payee_slot, int64_t *amounts,
                            uint32_t max) {
    const uint16_t lot = payee == NULL ? NONE : lot_of(payee, payee_slot);
    int64_t rest = amount_of(payer->ring.amount[payer_slot]), last = -1, gone = 0;
    uint32_t count = 0;
    for (uint32_t i = payer->flow_count; i > 0 && rest > 0 && count < max; i--) {
        const struct taint_flow *flow = &payer->flows[i - 1];
        const bool same = ring_same_tx(&payer->ring, flow->slot, payer_slot);
        if (!same || flow->segment == NONE || flow->amount == 0) continue;
        const int64_t back = smaller(flow->amount, rest);
        rest -= back;
        if (!flow->followed) continue;
        int64_t segment = -1;
        const int64_t left = lot == NONE ? 0 : left_at(payee, lot, flow->start, &segment);
        if (segment != last) gone = 0; /* flows of one mark lie in one segment */
        last = segment;
        amounts[count] = smaller(left - gone, back);
        gone += amounts[count++];
    }
    return count;
}
