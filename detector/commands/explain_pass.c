/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/explain_pass.h"

#include "detector/account.h"
#include "detector/apply.h"
#include "detector/base/grow.h"
#include "detector/reasons.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { MICROSECONDS = 1000000, REFERENCE_ROWS = 8192 };

struct explain_pass *explain_pass_new(struct text account, int64_t at_s) {
    struct explain_pass *p = calloc(1, sizeof *p);
    assert(p != NULL && "out of memory");
    p->account = account;
    p->at_s = at_s;
    p->chosen = SIZE_MAX;
    p->first_s = INT64_MAX;
    p->last_s = INT64_MIN;
    p->accounts = account_set_new();
    p->counterparties = account_set_new();
    p->spread = spread_new(REFERENCE_ROWS);
    assert(p->accounts != NULL && p->counterparties != NULL && p->spread != NULL);
    return p;
}

void explain_pass_free(struct explain_pass *p) {
    if (p == NULL) return;
    spread_free(p->spread);
    account_set_free(p->accounts);
    account_set_free(p->counterparties);
    free(p->advice);
    free(p->vectors);
    free(p->entries);
    free(p);
}

/* Entries of the account. */

static uint32_t number_of(struct explain_pass *p, struct text counterparty) {
    int64_t number = (int64_t)account_set_count(p->counterparties) + 1;
    if (counterparty.data == NULL) return 0;
    if (!account_set_add(p->counterparties, counterparty, number))
        account_set_find(p->counterparties, counterparty, &number);
    return (uint32_t)number;
}

static void fill_balance(struct explain_entry *entry, const struct party *party) {
    entry->balance_after = party->balance_after_minor;
    entry->balance_known =
        party->balance_after_present &&
        !__builtin_sub_overflow(entry->balance_after, entry->moved_tiyn, &entry->balance_before);
}

static struct explain_entry entry_of(struct explain_pass *p, const struct batch *batch,
                                     uint32_t side) {
    const struct side *s = &batch->side[side];
    const struct transaction *tx = &batch->tx[s->event];
    const struct input *input = &batch->input[s->event];
    const bool pays = s->role == SIDE_PAYER;
    const struct party *other = pays ? &tx->payee : &tx->payer;
    struct explain_entry entry = {.ordinal = input->ordinal,
                                  .time_s = tx->event_time_s,
                                  .amount_tiyn = tx->amount_tiyn,
                                  .moved_tiyn = apply_moved_in(tx, s->role),
                                  .role = s->role,
                                  .tx_status = tx->tx_status,
                                  .event_type = tx->event_type,
                                  .channel = tx->channel,
                                  .decision = (enum decision)batch->decision[side],
                                  .counterparty = number_of(p, other->account_token),
                                  .partition = input->partition,
                                  .offset = input->record.offset,
                                  .logit = batch->logit[side]};
    fill_balance(&entry, pays ? &tx->payer : &tx->payee);
    masked(other->account_token, entry.counterparty_masked);
    return entry;
}

static void append(struct explain_pass *p, const struct explain_entry *entry,
                   const double *vector) {
    p->entries = grow(p->entries, p->entry_count, &p->entry_room, sizeof *p->entries);
    p->vectors =
        grow(p->vectors, p->entry_count, &p->vector_room, FEATURE_COUNT * sizeof *p->vectors);
    p->entries[p->entry_count] = *entry;
    memcpy(&p->vectors[p->entry_count * FEATURE_COUNT], vector, FEATURE_COUNT * sizeof *vector);
    p->entry_count++;
}

/* The entry to be explained. */

static bool is_wanted(const struct explain_pass *p, const struct explain_entry *entry) {
    const bool first = p->chosen == SIZE_MAX;
    const struct explain_entry *chosen = first ? NULL : &p->entries[p->chosen];
    if (p->at_s != INT64_MAX)
        return entry->time_s <= p->at_s && (first || entry->time_s >= chosen->time_s);
    if (first) return true;
    const bool now = entry->decision == DECISION_ISSUED,
               before = chosen->decision == DECISION_ISSUED;
    return now != before ? now : entry->logit > chosen->logit;
}

static void gather(const struct batch *batch, uint32_t side, int feature,
                   const struct account_event *history, struct explain_evidence *out) {
    const struct side *s = &batch->side[side];
    uint32_t slots[EVIDENCE_MAX];
    out->count = account_evidence(s->account, feature, batch->tx[s->event].event_time_s, slots,
                                  EVIDENCE_MAX);
    for (uint32_t i = 0; i < out->count; i++)
        out->ordinals[i] = history[slots[i]].ordinal;
    out->quality = reasons_quality(batch, side, feature, -1);
}

/* Now, as the account is not remembered as it stood. */
static void choose(struct explain_pass *p, const struct batch *batch, uint32_t side) {
    struct account_event history[ACCOUNT_EVENTS_MAX];
    account_history(batch->side[side].account, history);
    for (int f = 0; f < FEATURE_COUNT; f++)
        gather(batch, side, f, history, &p->evidence[f]);
    p->chosen = p->entry_count;
}

static void take_side(struct explain_pass *p, const struct batch *batch, uint32_t side) {
    const struct side *s = &batch->side[side];
    const struct transaction *tx = &batch->tx[s->event];
    const struct text account =
        s->role == SIDE_PAYER ? tx->payer.account_token : tx->payee.account_token;
    double vector[FEATURE_COUNT];
    batch_vector(batch, side, vector);
    spread_add(p->spread, vector);
    account_set_add(p->accounts, account, 0);
    p->sides++;
    if (tx->event_time_s < p->first_s) p->first_s = tx->event_time_s;
    if (tx->event_time_s > p->last_s) p->last_s = tx->event_time_s;
    if (!text_equal(account, p->account)) return;
    const struct explain_entry entry = entry_of(p, batch, side);
    if (is_wanted(p, &entry)) choose(p, batch, side);
    append(p, &entry, vector);
}

/* Recommendations. */

void explain_pass_take_advice(void *context, const struct recommendation *r) {
    struct explain_pass *p = context;
    const bool says = r->state == RECOMMENDATION_ISSUED || r->state == RECOMMENDATION_AMENDED;
    if (!says || r->mode != MODE_LIVE || !text_equal(r->target_account_token, p->account)) return;
    p->advice = grow(p->advice, p->advice_count, &p->advice_room, sizeof *p->advice);
    struct explain_advice *advice = &p->advice[p->advice_count++];
    *advice = (struct explain_advice){.partition = r->input_partition,
                                      .offset = r->input_offset,
                                      .revision = r->revision,
                                      .action = r->action,
                                      .issued_s = r->issued_at_us / MICROSECONDS,
                                      .valid_until_s = r->valid_until_us / MICROSECONDS};
    memcpy(advice->id, r->id, sizeof advice->id);
}

/* Those of this batch learn where in the order their record stands. */
static void place_advice(struct explain_pass *p, const struct batch *batch) {
    for (; p->advice_placed < p->advice_count; p->advice_placed++) {
        struct explain_advice *advice = &p->advice[p->advice_placed];
        for (uint32_t i = 0; i < batch->count; i++)
            if (batch->input[i].kind == INPUT_TRANSACTIONS &&
                batch->input[i].partition == advice->partition &&
                batch->input[i].record.offset == advice->offset)
                advice->ordinal = batch->input[i].ordinal;
    }
}

void explain_pass_take_batch(void *context, const struct batch *batch) {
    struct explain_pass *p = context;
    place_advice(p, batch);
    for (uint32_t i = 0; i < batch->sides; i++)
        take_side(p, batch, i);
}

const struct explain_advice *explain_pass_advice(const struct explain_pass *p) {
    const struct explain_advice *last = NULL;
    for (size_t i = 0; i < p->advice_count; i++)
        if (p->advice[i].ordinal <= p->entries[p->chosen].ordinal) last = &p->advice[i];
    return last;
}
