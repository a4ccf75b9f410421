/* SPDX-License-Identifier: Apache-2.0 */
/* Tracing anew: what a credit brought has changed, so everything its money did afterwards is worked
 * out again, in the order of the log, as far as it changes. Events that wait are a heap. */
#include "detector/taint_table.h"

#include <assert.h>

static bool is_before(const struct taint_visit *a, const struct taint_visit *b) {
    return a->ordinal != b->ordinal ? a->ordinal < b->ordinal : a->account < b->account;
}

static void swap(struct taint_visit *a, struct taint_visit *b) {
    const struct taint_visit c = *a;
    *a = *b;
    *b = c;
}

static void push(struct taint *t, struct taint_visit visit) {
    assert(t->visit_count < t->visit_room);
    size_t at = t->visit_count++;
    t->visits[at] = visit;
    for (; at > 0 && is_before(&t->visits[at], &t->visits[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&t->visits[at], &t->visits[(at - 1) / 2]);
}

static struct taint_visit pop(struct taint *t) {
    const struct taint_visit first = t->visits[0];
    t->visits[0] = t->visits[--t->visit_count];
    for (size_t at = 0, least = 0;; at = least) {
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < t->visit_count; child++)
            if (is_before(&t->visits[child], &t->visits[least])) least = child;
        if (least == at) return first;
        swap(&t->visits[at], &t->visits[least]);
    }
}

/* Whether money of the slot left, or came back. */
static bool is_due(const struct ring *r, uint32_t slot) {
    const uint8_t bits = r->bits[slot];
    if ((bits & BIT_ATTEMPT) != 0) return false;
    return (r->kind[slot] & KIND_IN) == 0 || (bits & BIT_REVERSAL) != 0;
}

/* The next event of an account that its money may have taken part in. */
static void push_next(struct taint *t, uint32_t number, uint64_t after) {
    const struct account *account = accounts_numbered(t->accounts, number);
    if (account == NULL) return;
    const struct ring r = ring_of(account);
    for (uint32_t i = 0; i < r.count; i++)
        if (ring_ordinal(&r, i) > after && is_due(&r, i)) {
            push(t, (struct taint_visit){ring_ordinal(&r, i), number});
            return;
        }
}

static void visit_slot(struct taint *t, uint32_t number, const struct ring *r, uint32_t slot) {
    const uint64_t ordinal = ring_ordinal(r, slot);
    const uint32_t other = r->counterparty[slot];
    const bool in = (r->kind[slot] & KIND_IN) != 0;
    const uint32_t payer = in ? other : number, payee = in ? number : other;
    if ((r->bits[slot] & BIT_REVERSAL) == 0) {
        if (payee != 0 && taint_settle(t, ordinal, payer, payee)) push_next(t, payee, ordinal);
    } else if (taint_reverse(t, ordinal, payer, payee)) {
        push_next(t, payer, ordinal);
    }
}

static void visit(struct taint *t, const struct taint_visit *v) {
    const struct account *account = accounts_numbered(t->accounts, v->account);
    const struct ring r = ring_of(account);
    for (uint32_t i = 0; i < r.count; i++)
        if (ring_ordinal(&r, i) == v->ordinal && is_due(&r, i)) visit_slot(t, v->account, &r, i);
    push_next(t, v->account, v->ordinal);
}

static bool is_again(const struct taint *t, const struct taint_visit *v) {
    return t->visit_count > 0 && t->visits[0].ordinal == v->ordinal &&
           t->visits[0].account == v->account;
}

/* True: what is known of the credit has changed. */
static bool settle_first(struct taint *t, uint64_t ordinal, uint32_t payee) {
    const struct account *account = accounts_numbered(t->accounts, payee);
    const struct ring r = account == NULL ? (struct ring){.count = 0} : ring_of(account);
    for (uint32_t i = r.count; i > 0; i--)
        if (ring_ordinal(&r, i - 1) == ordinal && ring_is_lot(&r, i - 1))
            return taint_settle(t, ordinal, r.counterparty[i - 1], payee);
    return false;
}

void taint_walk(struct taint *t, uint64_t ordinal, uint32_t payee) {
    t->visit_count = 0;
    if (settle_first(t, ordinal, payee)) push_next(t, payee, ordinal);
    for (; t->visit_count > 0 && t->steps_left > 0; t->steps_left--, t->walked++) {
        const struct taint_visit next = pop(t);
        if (!is_again(t, &next)) visit(t, &next);
    }
    for (size_t i = 0; i < t->visit_count; i++)
        taint_note_bound(t, t->visits[i].account);
}
