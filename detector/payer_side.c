/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/payer_side.h"

#include "detector/advice.h"
#include "detector/caps.h"
#include "detector/change.h"
#include "detector/endings.h"
#include "detector/episode_id.h"
#include "detector/instructions.h"
#include "detector/issued.h"
#include "detector/outcome.h"
#include "detector/service/metrics.h"

#include <assert.h>
#include <stdlib.h>

enum { MICROSECONDS = 1000000 };

struct payer_side {
    struct instructions *instructions;
    struct caps *caps;
    char lifted[RECOMMENDATION_ID_SIZE +
                1]; /* advice on a payee that is none any more; empty: none */
    const struct ending *lifted_by;
    struct recommendation out;
};

struct payer_side *payer_side_open(uint32_t instructions_max) {
    struct payer_side *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->instructions = instructions_open(instructions_max);
    s->caps = caps_new();
    if (s->instructions != NULL && s->caps != NULL) return s;
    payer_side_close(s);
    return NULL;
}

void payer_side_close(struct payer_side *s) {
    if (s == NULL) return;
    instructions_close(s->instructions);
    caps_free(s->caps);
    free(s);
}

void payer_side_move(struct payer_side *s, int64_t clock_s) {
    caps_move(s->caps, clock_s);
}

uint64_t payer_side_open_count(const struct payer_side *s) {
    return instructions_open_count(s->instructions);
}

/* Recommendations. */

static struct recommendation *fill(struct payer_side *s, const struct payer_side_place *at,
                                   const struct instruction *i, enum recommendation_state state) {
    advice_fill(&s->out, at->documents, at->batch, at->event, &i->advice, state);
    s->out.payee_id = text_of(i->payee_id);
    return &s->out;
}

static struct recommendation *end(struct payer_side *s, const struct payer_side_place *at,
                                  const struct instruction *found, const struct ending *ending) {
    struct instruction *i = instructions_change(s->instructions, found);
    const struct advised before = change_advised(&i->advice);
    i->advice.revision++;
    struct recommendation *out = fill(s, at, i, ending->state);
    advice_fill_reason(out, ending->code, ending->en, ending->ru, ending->kk);
    change_name(out, &before, ending->code);
    instructions_close_one(s->instructions, i);
    return out;
}

static const struct recommendation *issue(struct payer_side *s, const struct payer_side_place *at,
                                          const struct instruction *i) {
    struct recommendation *out = fill(s, at, i, RECOMMENDATION_ISSUED);
    advice_fill_reason(out, "PAYEE_FLAGGED",
                       "There is advice on the account that this payment goes to: it shows signs "
                       "of passing on the money of victims",
                       "По счёту получателя этого платежа действует рекомендация: есть признаки, "
                       "что через него уводят деньги пострадавших",
                       "Осы төлемді алушының шоты бойынша ұсыныс қолданыста: ол арқылы зардап "
                       "шеккендердің ақшасы шығарылатынының белгілері бар");
    advice_fill_trail(out, &at->batch->tx[at->event]);
    metrics_add(METRIC_PAYER_SIDE, 1);
    return out;
}

/* Opening. */

/* An attempt that is known already is a repeat; a suspension that follows it is news, and a copy of
 * either that comes when the money has moved is none. */
static bool is_pending(const struct batch *batch, uint32_t event) {
    if (batch->moved[event]) return false;
    const enum verdict verdict = batch->verdict[event];
    const uint8_t status = batch->tx[event].tx_status;
    return status == TX_STATUS_SUSPENDED ||
           (status == TX_STATUS_ATTEMPTED && verdict == VERDICT_ACCEPTED);
}

static bool is_allowed(const struct payer_side_place *at, const struct transaction *tx) {
    const struct policy *policy = at->documents->policy;
    const bool allowed = policy_allows(policy, tx->payee.account_token, at->clock_s) ||
                         policy_allows(policy, tx->payer.account_token, at->clock_s);
    if (allowed) metrics_add(METRIC_ALLOWED, 1);
    return allowed;
}

static enum action take_room(struct payer_side *s, const struct payer_side_place *at,
                             const struct transaction *tx, enum action wanted) {
    enum caps_full full;
    const struct caps_ask ask = {tx->payer.bank_bic, wanted, ACTION_UNKNOWN + 1, 0};
    const enum action granted =
        caps_find(s->caps, at->documents->policy, policy_payer_rule, &ask, &full);
    if (granted != wanted) metrics_add(METRIC_PAYER_SIDE_CAPPED, 1);
    if (granted == ACTION_UNKNOWN)
        metrics_add(METRIC_PAYER_SIDE_HELD_BACK, 1);
    else
        caps_take(s->caps, tx->payer.bank_bic, granted);
    return granted;
}

/* Whether this advice was not given before, and the tables take it. */
static bool has_place(const struct payer_side *s, const struct payer_side_place *at,
                      const char *id) {
    if (issued_has(at->issued, id)) return false;
    const bool full = issued_is_full(at->issued) || instructions_is_full(s->instructions);
    if (full) metrics_add(METRIC_PAYER_SIDE_CROWDED, 1);
    return !full;
}

static struct instruction *add(struct payer_side *s, const struct payer_side_place *at,
                               const struct episode *payee, const char *id) {
    const struct transaction *tx = &at->batch->tx[at->event];
    const struct episode_opening opening = {.account_token = tx->payer.account_token,
                                            .bic = tx->payer.bank_bic,
                                            .tx_id = tx->tx_id,
                                            .id = text_of(id),
                                            .due_s = payee->due_s};
    struct instruction *i = instructions_add(s->instructions, &opening, payee->id);
    if (i != NULL) issued_add(at->issued, id, at->clock_s);
    return i;
}

static void publish(const struct payer_side_place *at, struct episode *advice, enum action action,
                    const struct transaction *tx, const struct episode *payee) {
    const struct policy *policy = at->documents->policy;
    advice->revision = 1;
    advice->action = action;
    advice->priority = policy_payer_rule(policy, action)->priority;
    advice->at_risk_tiyn = tx->amount_tiyn;
    advice->score = payee->score;
    advice->threshold = payee->threshold;
    advice->valid_until_us = payee->due_s * MICROSECONDS;
    advice->decide_by_us = advice_decide_by_us(policy, advice_time_us(tx), advice->valid_until_us);
}

static const struct recommendation *open_one(struct payer_side *s,
                                             const struct payer_side_place *at) {
    char id[RECOMMENDATION_ID_SIZE + 1];
    const struct transaction *tx = &at->batch->tx[at->event];
    const struct opening_event event = opening_event_of(tx);
    const struct episode *payee = episodes_find_flagged(at->episodes, tx->payee.account_token);
    if (payee == NULL) return NULL;
    const enum action wanted = policy_payer_action(at->documents->policy, payee->action);
    if (wanted == ACTION_UNKNOWN || is_allowed(at, tx)) return NULL;
    instruction_id(tx->payer.account_token, &event, id);
    if (!has_place(s, at, id)) return NULL;
    const enum action action = take_room(s, at, tx, wanted);
    struct instruction *i = action == ACTION_UNKNOWN ? NULL : add(s, at, payee, id);
    if (i == NULL) return NULL;
    publish(at, &i->advice, action, tx, payee);
    return issue(s, at, i);
}

/* Ending. */

/* NULL: the instruction is not over. */
static const struct ending *ending_of(uint8_t status) {
    if (status == TX_STATUS_SETTLED) return &ending_settled;
    if (status == TX_STATUS_REFUSED) return &ending_refused;
    return status == TX_STATUS_REVERSED ? &ending_reversed : NULL;
}

const struct recommendation *payer_side_take(struct payer_side *s,
                                             const struct payer_side_place *at) {
    const enum verdict verdict = at->batch->verdict[at->event];
    const struct transaction *tx = &at->batch->tx[at->event];
    if (verdict != VERDICT_ACCEPTED && verdict != VERDICT_DUPLICATE) return NULL;
    if (tx->payer.account_token.size == 0 || tx->payee.account_token.size == 0) return NULL;
    const struct ending *over = ending_of(tx->tx_status);
    const bool pending = over == NULL && is_pending(at->batch, at->event);
    if (over == NULL && !pending) return NULL;
    const struct instruction *i =
        instructions_find(s->instructions, tx->payer.account_token, tx->tx_id);
    if (i == NULL) return pending ? open_one(s, at) : NULL;
    return over != NULL && i->advice.state == EPISODE_OPEN ? end(s, at, i, over) : NULL;
}

const struct recommendation *payer_side_expire(struct payer_side *s,
                                               const struct payer_side_place *at) {
    const struct instruction *i;
    while ((i = instructions_due(s->instructions, at->clock_s)) != NULL) {
        if (i->advice.state == EPISODE_OPEN) return end(s, at, i, &ending_term_over);
        instructions_remove(s->instructions, i);
    }
    return NULL;
}

void payer_side_lift(struct payer_side *s, const char *payee_id, const struct ending *why) {
    assert(s->lifted[0] == '\0');
    memcpy(s->lifted, payee_id, sizeof s->lifted);
    s->lifted_by = why;
}

const struct recommendation *payer_side_lifted(struct payer_side *s,
                                               const struct payer_side_place *at) {
    const struct instruction *i =
        s->lifted[0] == '\0' ? NULL : instructions_of_payee(s->instructions, s->lifted);
    if (i != NULL) return end(s, at, i, s->lifted_by);
    s->lifted[0] = '\0';
    return NULL;
}

const struct recommendation *payer_side_hear(struct payer_side *s,
                                             const struct payer_side_place *at) {
    const struct signal *outcome = &at->batch->signal[at->event];
    const struct instruction *i = instructions_find_id(s->instructions, outcome->recommendation_id);
    if (i == NULL) return NULL;
    at->batch->answered[at->event] = (uint8_t)i->advice.action;
    if (i->advice.state != EPISODE_OPEN) return NULL;
    const enum outcome_does does = outcome_does(outcome->outcome_result);
    if (does == OUTCOME_DECLINES || does == OUTCOME_CONFIRMS)
        instructions_close_one(s->instructions, i);
    if (does != OUTCOME_WITHDRAWS) return NULL;
    struct recommendation *out = end(s, at, i, outcome_ending(outcome->outcome_result));
    out->change.signal_id = outcome->signal_id;
    return out;
}

/* Saving and loading. */

struct instructions *payer_side_instructions(const struct payer_side *s) {
    return s->instructions;
}

void payer_side_save(const struct payer_side *s, struct pack *p) {
    caps_save(s->caps, p);
}

bool payer_side_load(struct payer_side *s, struct unpack *u) {
    return caps_load(s->caps, u);
}
