/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/taint.h"

#include "detector/taint_table.h"

#include <stdlib.h>
#include <string.h>

static bool is_source(const void *context, uint64_t ordinal) {
    return taint_source_of(context, ordinal) != 0;
}

struct taint *taint_open(const struct taint_options *options, struct accounts *accounts,
                         struct error *error) {
    struct taint *t = calloc(1, sizeof *t);
    if (t == NULL) goto fail;
    t->options = *options;
    t->accounts = accounts;
    t->payer.limits = t->payee.limits = &t->options.limits;
    t->payer.is_source = t->payee.is_source = is_source;
    t->payer.context = t->payee.context = t;
    t->visit_room = taint_visits_of(options->walk_max);
    t->visits = malloc(t->visit_room * sizeof *t->visits);
    if (t->visits != NULL && taint_table_open(t)) return t;
fail:
    taint_close(t);
    error_set(error, ERROR_FAILED, "no memory for %u tainted accounts; see taint.accounts.max",
              options->accounts_max);
    return NULL;
}

void taint_close(struct taint *t) {
    if (t == NULL) return;
    taint_table_close(t);
    free(t->visits);
    free(t);
}

struct taint_counts taint_count(const struct taint *t) {
    return (struct taint_counts){t->account_pool.used, t->mark_pool.used, t->source_pool.used,
                                 t->walked, t->bounded};
}

/* Slots. */

enum { NO_SLOT = RING_MAX };

/* The newest slot of an ordinal where money came in, or went out. */
static uint32_t slot_of(const struct account *account, uint64_t ordinal, bool in) {
    if (account == NULL) return NO_SLOT;
    const struct ring r = ring_of(account);
    for (uint32_t i = r.count; i > 0; i--)
        if (ring_ordinal(&r, i - 1) == ordinal && ((r.kind[i - 1] & KIND_IN) != 0) == in)
            return i - 1;
    return NO_SLOT;
}

/* Runs the account up to a slot. False: that is not exact; what it had before its ring began is
 * not known any more. */
static bool is_run(const struct taint *t, struct taint_fifo *f, struct taint_stretch *stretches,
                   const struct account *account, uint32_t slot) {
    const uint32_t count = taint_stretches(t, account->number, stretches);
    const struct ring r = ring_of(account);
    taint_fifo_run(f, account, stretches, count, slot);
    const bool cut = count > 0 && (r.count == 0 || stretches[0].ordinal < ring_ordinal(&r, 0));
    return !cut && !f->overflow;
}

static void run(struct taint *t, struct taint_fifo *f, struct taint_stretch *stretches,
                const struct account *account, uint32_t slot) {
    if (!is_run(t, f, stretches, account, slot)) taint_note_bound(t, account->number);
}

/* A transfer. */

static void add_part(struct taint_parts *parts, const struct taint_stretch *part) {
    struct taint_stretch *last = parts->count == 0 ? NULL : &parts->part[parts->count - 1];
    const bool joins = last != NULL && last->start + last->amount == part->start &&
                       last->source == part->source && last->hop == part->hop;
    if (joins)
        last->amount += part->amount;
    else if (parts->count < TAINT_MARKS_MAX)
        parts->part[parts->count++] = *part;
}

/* What the payer's lots send along. */
static void parts_of_flows(struct taint *t, uint32_t first, struct taint_parts *parts) {
    const struct taint_fifo *f = &t->payer;
    for (uint32_t i = first; i < f->flow_count; i++) {
        const struct taint_flow *flow = &f->flows[i];
        if (!flow->followed) continue;
        struct taint_stretch part = f->stretches[f->segments[flow->segment].mark];
        part.start = flow->start;
        part.amount = flow->amount;
        part.hop++;
        add_part(parts, &part);
    }
}

/* The payer's ring does not say any more: what is known of the credit stays, less what is its own
 * source's. */
static void parts_known(struct taint *t, uint64_t ordinal, uint32_t payee, uint32_t source,
                        struct taint_parts *parts) {
    const uint32_t count = taint_stretches(t, payee, t->payee_stretches);
    for (uint32_t i = 0; i < count; i++) {
        const struct taint_stretch *s = &t->payee_stretches[i];
        if (s->ordinal == ordinal && s->hop != TAINT_RETURNED && s->source != source)
            add_part(parts, s);
    }
}

/* What nobody has traced yet of a source's credit is its own. */
static void fill_up(const struct taint *t, uint32_t source, int64_t amount,
                    struct taint_parts *parts) {
    struct taint_parts out = {.count = 0};
    struct taint_stretch own = {.ordinal = t->source[source].ordinal,
                                .source = source,
                                .began_s = t->source[source].second};
    for (uint32_t i = 0; i <= parts->count; i++) {
        const int64_t until = i == parts->count ? amount : parts->part[i].start;
        own.amount = until - own.start;
        if (own.amount > 0) add_part(&out, &own);
        if (i == parts->count) break;
        add_part(&out, &parts->part[i]);
        own.start = parts->part[i].start + parts->part[i].amount;
    }
    *parts = out;
}

static void find_parts(struct taint *t, uint64_t ordinal, uint32_t payer, uint32_t payee,
                       uint32_t source, struct taint_parts *parts) {
    const struct account *from = payer == 0 ? NULL : accounts_numbered(t->accounts, payer);
    const uint32_t slot = slot_of(from, ordinal, false);
    if (payer != 0 && slot == NO_SLOT) {
        parts_known(t, ordinal, payee, source, parts);
    } else if (taint_entry(t, payer) != 0) {
        run(t, &t->payer, t->payer_stretches, from, slot);
        parts_of_flows(t, taint_fifo_step(&t->payer, slot), parts);
    }
}

bool taint_settle(struct taint *t, uint64_t ordinal, uint32_t payer, uint32_t payee) {
    const struct account *to = accounts_numbered(t->accounts, payee);
    const uint32_t slot = slot_of(to, ordinal, true);
    if (slot == NO_SLOT) return false;
    const struct ring r = ring_of(to);
    const uint32_t source = taint_source_of(t, ordinal);
    struct taint_parts parts = {.count = 0};
    find_parts(t, ordinal, payer, payee, source, &parts);
    if (source != 0) fill_up(t, source, amount_of(r.amount[slot]), &parts);
    const bool too_many = parts.count > TAINT_PARTS_MAX;
    if (too_many) parts.count = TAINT_PARTS_MAX;
    const struct taint_event event = {ordinal, r.second[slot], r.counterparty[slot], false};
    const bool changed = taint_put(t, payee, &event, &parts);
    if (too_many) taint_note_bound(t, payee);
    return changed;
}

/* A reversal. */

/* Which of the payer's stretches each amount came from. */
static void parts_of_returns(struct taint *t, uint64_t ordinal, const struct ring *r, uint32_t slot,
                             const int64_t *amounts, struct taint_parts *parts) {
    const struct taint_fifo *f = &t->payer;
    for (uint32_t i = f->flow_count; i > 0 && parts->count < TAINT_MARKS_MAX; i--) {
        const struct taint_flow *flow = &f->flows[i - 1];
        if (!flow->followed || flow->amount == 0 || !ring_same_tx(r, flow->slot, slot)) continue;
        struct taint_stretch part = f->stretches[f->segments[flow->segment].mark];
        part = (struct taint_stretch){.ordinal = ordinal,
                                      .amount = amounts[parts->count],
                                      .source = part.source,
                                      .began_s = part.began_s,
                                      .hop = TAINT_RETURNED};
        parts->part[parts->count++] = part;
    }
}

bool taint_reverse(struct taint *t, uint64_t ordinal, uint32_t payer, uint32_t payee) {
    const struct account *from = payer == 0 ? NULL : accounts_numbered(t->accounts, payer);
    const struct account *to = payee == 0 ? NULL : accounts_numbered(t->accounts, payee);
    const uint32_t slot = slot_of(from, ordinal, false), other = slot_of(to, ordinal, true);
    if (slot == NO_SLOT || taint_entry(t, payer) == 0) return false;
    const struct ring r = ring_of(from);
    int64_t amounts[TAINT_MARKS_MAX] = {0};
    struct taint_parts parts = {.count = 0};
    run(t, &t->payer, t->payer_stretches, from, slot);
    const bool known = other != NO_SLOT && taint_entry(t, payee) != 0;
    if (known) run(t, &t->payee, t->payee_stretches, to, other);
    const uint32_t count = taint_fifo_returns(&t->payer, slot, known ? &t->payee : NULL, other,
                                              amounts, TAINT_MARKS_MAX);
    parts_of_returns(t, ordinal, &r, slot, amounts, &parts);
    parts.count = count;
    const struct taint_event event = {ordinal, r.second[slot], r.counterparty[slot], true};
    return taint_put(t, payer, &event, &parts);
}

void taint_moved(struct taint *t, uint64_t ordinal, uint32_t payer, uint32_t payee,
                 int64_t clock_s) {
    t->clock_s = clock_s;
    const struct account *from = accounts_numbered(t->accounts, payer);
    const uint32_t slot = slot_of(from, ordinal, false);
    if (slot == NO_SLOT) return;
    if ((ring_of(from).bits[slot] & BIT_REVERSAL) != 0)
        taint_reverse(t, ordinal, payer, payee);
    else if (payee != 0)
        taint_settle(t, ordinal, payer, payee);
}

/* Questions. */

static bool seen_before(const struct taint *t, uint32_t from, uint32_t mark, int64_t since_s,
                        int64_t until_s) {
    for (uint32_t m = from; m != mark; m = t->mark[m].next)
        if (t->mark[m].counterparty == t->mark[mark].counterparty &&
            t->mark[m].hop != TAINT_RETURNED && t->mark[m].second > since_s &&
            t->mark[m].second <= until_s && taint_is_live(t, t->mark[m].source))
            return true;
    return false;
}

/* By first in, first out over all that the ring knows. */
static void ask_there(struct taint *t, const struct account *account, struct taint_answer *answer) {
    const struct taint_fifo *f = &t->payer;
    const uint32_t end = ring_of(account).count;
    if (!is_run(t, &t->payer, t->payer_stretches, account, end)) answer->approximate = true;
    for (uint32_t i = 0; i < f->segment_count; i++)
        if (f->segments[i].mark != TAINT_NONE) answer->there += f->segments[i].left;
}

void taint_ask(struct taint *t, uint32_t number, int64_t second, int64_t clock_s,
               struct taint_answer *answer) {
    enum { DAY_S = 86400 };
    const uint32_t entry = taint_entry(t, number);
    const struct account *account = accounts_numbered(t->accounts, number);
    t->clock_s = clock_s;
    *answer = (struct taint_answer){.amount_72h = 0};
    if (account == NULL) return;
    answer->approximate = (account->flags & ACCOUNT_BOUNDED) != 0;
    if (entry == 0) return;
    const uint32_t first = t->account[entry].first;
    ask_there(t, account, answer);
    for (uint32_t m = first; m != 0; m = t->mark[m].next) {
        const struct taint_mark *mark = &t->mark[m];
        const int64_t at_s = mark->second;
        if (mark->hop == TAINT_RETURNED || at_s > second || at_s <= second - 3 * DAY_S ||
            !taint_is_live(t, mark->source))
            continue;
        answer->amount_72h += mark->amount;
        if (answer->hop == 0 || mark->hop + 1u < answer->hop) answer->hop = mark->hop + 1u;
        if (mark->counterparty != 0 && at_s > second - DAY_S)
            answer->payers_24h += !seen_before(t, first, m, second - DAY_S, second);
    }
}
