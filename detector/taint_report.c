/* SPDX-License-Identifier: Apache-2.0 */
/* Which transfers a report names, and what comes of it. */
#include "detector/signals.h"
#include "detector/taint_near.h"
#include "detector/taint_table.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct wanted {
    const struct signal *signal;
    uint64_t missing; /* ids that were not found, a bit each; without ids: bit 0, none was */
    uint32_t tx_hashes[SIGNAL_TX_IDS_MAX];
    struct taint_near near;
};

static struct wanted wanted_of(const struct signal *s) {
    struct wanted w = {.signal = s, .near = taint_near_of(s)};
    if (s->tx_id_count > 0)
        w.missing = UINT64_MAX >> (SIGNAL_TX_IDS_MAX - s->tx_id_count);
    else
        w.missing = s->occurred_at_present;
    for (uint32_t i = 0; i < s->tx_id_count; i++)
        w.tx_hashes[i] =
            (uint32_t)XXH3_64bits(s->related_tx_ids[i].data, s->related_tx_ids[i].size);
    return w;
}

/* Which of the ids the slot is of, a bit each. */
static uint64_t ids_of(const struct wanted *w, const struct ring *r, uint32_t slot) {
    uint64_t ids = 0;
    for (uint32_t i = 0; i < w->signal->tx_id_count; i++)
        ids |= (uint64_t)ring_is_tx(r, slot, w->tx_hashes[i]) << i;
    return ids;
}

/* Bits of `missing`; 0: it is none that is wanted. */
static uint64_t wanted_by(const struct wanted *w, const struct ring *r, uint32_t slot) {
    if (w->signal->tx_id_count > 0) return ids_of(w, r, slot);
    return taint_is_near(&w->near, r->second[slot], r->amount[slot],
                         (r->bits[slot] & BIT_P2P) != 0);
}

static void hold(struct taint *t, const struct signal *s, const struct taint_source *credit) {
    bool held = false;
    const int64_t until_s = signal_until_s(s);
    if (taint_hold(t, signals_id_key(s->signal_id),
                   until_s < UINT32_MAX ? (uint32_t)until_s : UINT32_MAX, credit, &held) == 0)
        taint_note_bound(t, credit->payee);
    else if (!held)
        taint_walk(t, credit->ordinal, credit->payee);
}

/* Money that came or went by the slot. */
static bool is_transfer(const struct taint *t, const struct ring *r, uint32_t slot, bool in) {
    return (r->bits[slot] & (BIT_ATTEMPT | BIT_REVERSAL)) == 0 &&
           ((r->kind[slot] & KIND_IN) != 0) == in &&
           (int64_t)r->second[slot] > t->clock_s - RING_KEEP_S;
}

static void look_through(struct taint *t, struct wanted *w, const struct account *account,
                         bool in) {
    const struct ring r = ring_of(account);
    for (uint32_t i = 0; i < r.count; i++) {
        const uint64_t found = is_transfer(t, &r, i, in) ? wanted_by(w, &r, i) : 0;
        const uint32_t payee = in ? account->number : r.counterparty[i];
        w->missing &= ~found;
        if (found == 0 || payee == 0) continue;
        hold(t, w->signal,
             &(struct taint_source){
                 .ordinal = ring_ordinal(&r, i), .payee = payee, .second = r.second[i]});
    }
}

uint32_t taint_report(struct taint *t, const struct signal *s, int64_t clock_s) {
    struct wanted w = wanted_of(s);
    t->clock_s = clock_s;
    t->steps_left = t->options.walk_max;
    if (s->kind != SIGNAL_INCIDENT || s->confidence == CONFIDENCE_REJECTED || signal_is_citizens(s))
        return 0;
    for (uint32_t i = 0; i < s->subject_count; i++) {
        bool out;
        if (!taint_is_of(&s->subjects[i], &out)) continue;
        const struct account_key key = account_key_of(s->subjects[i].token);
        const struct account *account = accounts_find(t->accounts, key);
        if (account == NULL || account->number == 0) continue;
        look_through(t, &w, account, !out);
    }
    return (uint32_t)__builtin_popcountll(w.missing);
}

void taint_withdraw(struct taint *t, struct text signal_id, int64_t clock_s) {
    const struct account_key report = signals_id_key(signal_id);
    t->clock_s = clock_s;
    t->steps_left = t->options.walk_max;
    for (uint32_t i = 0; i < t->hold_count;) {
        const struct taint_hold *at = &t->holds[i];
        if (at->report.low != report.low || at->report.high != report.high) {
            i++;
            continue;
        }
        taint_undo(t, i);
    }
}

/* Credits that a report holds, by their ordinals. Returns how many. */
static uint32_t held_by(const struct taint *t, struct account_key report,
                        uint64_t ordinals[TAINT_NAMED_MAX]) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->hold_count && count < TAINT_NAMED_MAX; i++)
        if (t->holds[i].report.low == report.low && t->holds[i].report.high == report.high)
            ordinals[count++] = t->source[t->holds[i].source].ordinal;
    return count;
}

static int compare_ordinals(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

uint32_t taint_revise(struct taint *t, const struct signal *s, int64_t clock_s, bool *still) {
    const struct account_key report = signals_id_key(s->signal_id);
    const uint32_t before = held_by(t, report, t->before);
    taint_withdraw(t, s->signal_id, clock_s);
    const uint32_t untraced = taint_report(t, s, clock_s);
    const uint32_t now = before == 0 ? 0 : held_by(t, report, t->now);
    qsort(t->before, before, sizeof *t->before, compare_ordinals);
    *still = false;
    for (uint32_t i = 0; i < now && !*still; i++)
        *still =
            bsearch(&t->now[i], t->before, before, sizeof *t->before, compare_ordinals) != NULL;
    return untraced;
}
