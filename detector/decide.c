/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/decide.h"

#include "detector/account.h"
#include "detector/advice.h"
#include "detector/advice_save.h"
#include "detector/caps.h"
#include "detector/change.h"
#include "detector/endings.h"
#include "detector/episode_id.h"
#include "detector/episode_rules.h"
#include "detector/episodes.h"
#include "detector/grounds.h"
#include "detector/outcome.h"
#include "detector/payer_side.h"
#include "detector/reasons.h"
#include "detector/service/metrics.h"

#include <assert.h>
#include <stdlib.h>

enum { MICROSECONDS = 1000000 };

struct decide {
    struct decide_options options;
    struct episodes *episodes;
    struct issued *issued; /* ids on either side */
    struct reasons *reasons;
    int64_t clock_s; /* engine clock at the record in hand */
    struct caps *caps;
    struct payer_side *payer_side;
    struct batch *batch;
    uint32_t event, side; /* the next to be looked at */
    uint32_t unsaid;      /* answers that signals of the events before this one take back are */
    uint32_t heard;       /* signals of the events before this one were heard */
    uint32_t retracted;   /* what rests on signals of the events before this one was looked at */
    uint32_t taken;       /* the paying sides of the events before this one were looked at */
    struct recommendation out;
    double vector[FEATURE_COUNT];
    struct advice_save save;
};

struct decide *decide_open(const struct decide_options *options, struct error *error) {
    struct decide *d = calloc(1, sizeof *d);
    if (d == NULL) goto fail;
    d->options = *options;
    d->clock_s = INT64_MIN;
    d->episodes = episodes_open(options->episodes_max);
    d->issued = issued_open(options->issued_max);
    d->reasons = reasons_open(options->model, options->score, options->runs);
    d->caps = caps_new();
    d->payer_side = payer_side_open(options->instructions_max);
    if (d->episodes != NULL && d->issued != NULL && d->reasons != NULL && d->caps != NULL &&
        d->payer_side != NULL)
        return d;
fail:
    error_set(error, ERROR_FAILED, "no memory for %u episodes, %u instructions and %u ids",
              options->episodes_max, options->instructions_max, options->issued_max);
    decide_close(d);
    return NULL;
}

bool decide_use(struct decide *d, const struct model *model, const struct policy *policy,
                const struct score *score, struct error *error) {
    struct reasons *reasons = reasons_open(model, score, d->options.runs);
    if (reasons == NULL) return error_set(error, ERROR_FAILED, "no memory for reasons");
    reasons_close(d->reasons);
    d->reasons = reasons;
    d->options.model = model;
    d->options.policy = policy;
    d->options.score = score;
    return true;
}

void decide_sign(struct decide *d, struct text build) {
    d->options.build = build;
}

void decide_close(struct decide *d) {
    if (d == NULL) return;
    reasons_close(d->reasons);
    episodes_close(d->episodes);
    issued_close(d->issued);
    caps_free(d->caps);
    payer_side_close(d->payer_side);
    free(d);
}

bool decide_has_open(const struct decide *d, uint32_t account_number) {
    const struct episode *episode = episodes_find(d->episodes, account_number);
    return episode != NULL && episode->state == EPISODE_OPEN;
}

uint64_t decide_open_episodes(const struct decide *d) {
    return episodes_open_count(d->episodes);
}

uint64_t decide_open_instructions(const struct decide *d) {
    return payer_side_open_count(d->payer_side);
}

/* Recommendations. */

static struct recommendation *fill(struct decide *d, const struct episode *episode,
                                   enum recommendation_state state, uint32_t event) {
    advice_fill(&d->out, &d->options, d->batch, event, episode, state);
    return &d->out;
}

static struct recommendation *advise(struct decide *d, const struct episode *episode,
                                     enum recommendation_state state, uint32_t side) {
    const struct batch *batch = d->batch;
    const uint32_t event = batch->side[side].event;
    struct recommendation *out = fill(d, episode, state, event);
    out->hold_amount_kzt_minor = episode->hold_tiyn;
    out->hold_amount_present = out->hold_amount_kzt_minor > 0;
    out->reason_count = reasons_fill(d->reasons, batch, side, out->reasons);
    out->feature_count = FEATURE_COUNT;
    batch_vector(batch, side, d->vector);
    out->feature_vector = d->vector;
    advice_fill_trail(out, &batch->tx[event]);
    for (uint32_t i = 0; i < batch->side[side].told; i++)
        out->signal_ids[out->signal_id_count++] = text_of(batch->told[side][i]);
    return out;
}

static void cool(struct decide *d, const struct episode *episode, int64_t cool_down_s) {
    episodes_start_cooling(d->episodes, episode, d->clock_s + cool_down_s);
}

/* Its one reason carries the score that was last published. */
static struct recommendation *end_episode(struct decide *d, const struct episode *found,
                                          const struct ending *ending, uint32_t event) {
    struct episode *episode = episodes_change(d->episodes, found);
    const struct advised before = change_advised(episode);
    episode->revision++;
    struct recommendation *out = fill(d, episode, ending->state, event);
    advice_fill_reason(out, ending->code, ending->en, ending->ru, ending->kk);
    change_name(out, &before, ending->code);
    if (ending->state == RECOMMENDATION_WITHDRAWN)
        payer_side_lift(d->payer_side, episode->id, &ending_payee_withdrawn);
    cool(d, episode, ending_cools(ending) ? policy_cool_down_s(d->options.policy) : 0);
    return out;
}

/* As caps_find. */
static enum action take_room(const struct decide *d, const struct caps_ask *ask) {
    enum caps_full full;
    const enum action granted = caps_find(d->caps, d->options.policy, policy_rule, ask, &full);
    if (granted != ask->wanted) metrics_add(METRIC_CAPPED, 1);
    if (full == CAPS_FULL_BANK) metrics_add(METRIC_CAPPED_BANK, 1);
    if (granted == ACTION_UNKNOWN) metrics_add(METRIC_HELD_BACK, 1);
    return granted;
}

/* Episodes. */

/* One scored side in hand. */
struct row {
    uint32_t side;
    const struct transaction *tx;
    const struct party *party;
    const struct account *account;
    uint32_t account_number;
    double logit;
    enum action wanted; /* by the score alone; ACTION_UNKNOWN: below every threshold */
};

static const struct recommendation *pass_over(struct decide *d, const struct row *row,
                                              enum decision why) {
    d->batch->decision[row->side] = (uint8_t)why;
    return NULL;
}

static struct account_unspent unspent_of(const struct row *row) {
    return account_unspent(row->account, row->tx->event_time_s);
}

static int64_t at_risk_of(const struct decide *d, const struct row *row) {
    return episode_at_risk_tiyn(row->wanted, unspent_of(row).p2p_tiyn,
                                d->batch->side[row->side].traced_tiyn);
}

/* Its recommendation, from the rule's order of work. */
static int step_of(const struct decide *d, const struct row *row) {
    return episode_step(at_risk_of(d, row),
                        d->batch->features[FEATURE_rapid_cash_out_10m][row->side]);
}

static bool has_grown(const struct decide *d, const struct episode *episode,
                      const struct row *row) {
    return episode_has_grown(episode->emptied ? 0 : episode->at_risk_tiyn, at_risk_of(d, row));
}

static void add_key(struct party_keys *party, enum subject_type type, struct text token) {
    if (token.size > 0) party->keys[party->count++] = subject_key_of(type, token);
}

static struct party_keys party_of(const struct row *row) {
    struct party_keys party = {.count = 0};
    add_key(&party, SUBJECT_ACCOUNT, row->party->account_token);
    add_key(&party, SUBJECT_PERSON, row->party->person_token);
    add_key(&party, SUBJECT_PHONE, row->party->phone_token);
    if (row->party == &row->tx->payer) add_key(&party, SUBJECT_DEVICE, row->tx->device_token);
    return party;
}

/* The signals that speak of an account that crosses, or whose reported money grew, citizens' left
 * out, and whether it would cross without what is reported. */
static void note_grounds(struct decide *d, struct episode *episode, const struct row *row) {
    const struct side *side = &d->batch->side[row->side];
    struct episode_ground grounds[SIGNAL_IDS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < side->told; i++)
        if ((side->told_by_citizens >> i & 1) == 0)
            grounds[count++] =
                (struct episode_ground){ground_of(text_of(d->batch->told[row->side][i])),
                                        (side->told_by_money >> i & 1) != 0};
    if (count > 0) {
        episodes_rest_on(d->episodes, episode, grounds, count);
        episode->party = party_of(row);
    }
    if (episode->stands_alone) return;
    const double unreported = reasons_unreported(d->reasons, d->batch, row->side);
    episode->stands_alone = policy_action(d->options.policy, unreported) != ACTION_UNKNOWN;
}

static void publish_row(struct decide *d, struct episode *episode, const struct row *row,
                        enum action action) {
    const struct policy *policy = d->options.policy;
    const struct policy_rule *rule = policy_rule(policy, action);
    const int64_t available_tiyn = episode_available_tiyn(policy, row->party, unspent_of(row));
    const int64_t since_s = episode_since_s(row->tx->event_time_s);
    if (since_s < episode->since_s) episode->since_s = since_s;
    episode->revision++;
    episode->action = action;
    episode->priority = episode_priority(rule->priority, step_of(d, row));
    episode->threshold = rule->threshold;
    episode->at_risk_tiyn = at_risk_of(d, row);
    episode->hold_tiyn = episode_hold_tiyn(action, episode->at_risk_tiyn, available_tiyn);
    episode->emptied = false;
    episode->score = row->logit;
    episode->decide_by_us =
        advice_decide_by_us(policy, advice_time_us(row->tx), episode->valid_until_us);
    caps_take(d->caps, episode->bic, action);
}

static struct episode_opening opening_of(const struct decide *d, const struct row *row,
                                         char id[RECOMMENDATION_ID_SIZE + 1]) {
    const struct opening_event event = opening_event_of(row->tx);
    episode_id(row->party->account_token, &event, id);
    return (struct episode_opening){
        .account_number = row->account_number,
        .account_token = row->party->account_token,
        .bic = row->party->bank_bic,
        .tx_id = row->tx->tx_id,
        .id = text_of(id),
        .due_s = policy_valid_until_s(d->options.policy, advice_time_us(row->tx) / MICROSECONDS),
    };
}

static struct episode *add_episode(struct decide *d, const struct episode_opening *opening) {
    if (issued_is_full(d->issued)) return NULL;
    struct episode *episode = episodes_add(d->episodes, opening);
    if (episode == NULL) return NULL;
    issued_add(d->issued, episode->id, d->clock_s);
    episode->valid_until_us = opening->due_s * MICROSECONDS;
    return episode;
}

static const struct recommendation *open_episode(struct decide *d, const struct row *row) {
    char id[RECOMMENDATION_ID_SIZE + 1];
    const struct episode_opening opening = opening_of(d, row, id);
    if (issued_has(d->issued, id) || episodes_find_id(d->episodes, opening.id) != NULL)
        return pass_over(d, row, DECISION_REPEATED);
    if (opening.due_s <= d->clock_s) { /* the record is days behind the engine clock */
        metrics_add(METRIC_OVERDUE, 1);
        return pass_over(d, row, DECISION_OVERDUE);
    }
    const struct caps_ask ask = {opening.bic, row->wanted, ACTION_UNKNOWN + 1, step_of(d, row)};
    const enum action action = take_room(d, &ask);
    if (action == ACTION_UNKNOWN) return pass_over(d, row, DECISION_CAPPED);
    struct episode *episode = add_episode(d, &opening);
    if (episode == NULL) {
        if (action == row->wanted)
            metrics_add(METRIC_CAPPED, 1); /* a milder one is counted already */
        return pass_over(d, row, DECISION_CROWDED);
    }
    publish_row(d, episode, row, action);
    note_grounds(d, episode, row);
    d->batch->decision[row->side] = DECISION_ISSUED;
    return advise(d, episode, RECOMMENDATION_ISSUED, row->side);
}

static const struct recommendation *publish_amendment(struct decide *d, struct episode *episode,
                                                      const struct row *row, enum action action) {
    const char *more = episode->emptied ? "MONEY_AGAIN" : "MORE_MONEY";
    struct advised before = change_advised(episode);
    before.lacks_tx = episodes_add_tx(episode, row->tx->tx_id);
    publish_row(d, episode, row, action);
    d->batch->decision[row->side] = DECISION_AMENDED;
    struct recommendation *out = advise(d, episode, RECOMMENDATION_AMENDED, row->side);
    change_name(out, &before, action > before.action ? "STRONGER_ACTION" : more);
    return out;
}

/* An action that a later policy does without is not advised again. */
static const struct recommendation *amend_episode(struct decide *d, const struct row *row,
                                                  const struct episode *found) {
    struct episode *episode = episodes_change(d->episodes, found);
    note_grounds(d, episode, row);
    const bool grown = has_grown(d, episode, row);
    const enum action wanted = episode_amended_to(episode->action, row->wanted);
    if (!episode_is_amended(episode->action, row->wanted, grown) ||
        policy_rule(d->options.policy, wanted) == NULL)
        return pass_over(d, row, DECISION_STANDING);
    const enum action least = grown ? episode->action : episode->action + 1;
    const struct caps_ask ask = {episode->bic, wanted, least, step_of(d, row)};
    const enum action action = take_room(d, &ask);
    if (action == ACTION_UNKNOWN) return pass_over(d, row, DECISION_CAPPED);
    return publish_amendment(d, episode, row, action);
}

/* The account's episode, unless its cool-down is over. */
static const struct episode *present_episode(struct decide *d, uint32_t account_number) {
    const struct episode *episode = episodes_find(d->episodes, account_number);
    if (episode == NULL || episode->state == EPISODE_OPEN || d->clock_s < episode->due_s)
        return episode;
    episodes_remove(d->episodes, episode);
    return NULL;
}

/* Why a reversal withdraws an open episode; NULL: it does not. */
static const struct ending *overturned(const struct episode *episode, const struct row *row) {
    const struct episode_reversal reversal = {
        .opening = text_equal(episode->tx_ids[0], row->tx->tx_id),
        .below = row->wanted == ACTION_UNKNOWN,
        .unreturned_s = unspent_of(row).unreturned_s,
    };
    const int64_t at_risk_tiyn = episode->emptied ? 0 : episode->at_risk_tiyn;
    if (!episode_is_undone(episode->since_s, at_risk_tiyn, &reversal)) return NULL;
    return reversal.opening ? &ending_reversed : &ending_money_reversed;
}

/* A reversal may end an episode that is open, and never opens or amends one. */
static const struct recommendation *reverse(struct decide *d, const struct row *row) {
    const struct episode *episode = present_episode(d, row->account_number);
    d->batch->decision[row->side] = DECISION_REVERSAL;
    if (episode == NULL || episode->state != EPISODE_OPEN) return NULL;
    const struct ending *ending = overturned(episode, row);
    return ending == NULL ? NULL : end_episode(d, episode, ending, d->batch->side[row->side].event);
}

/* Whether there is nothing to advise, whoever it is: a score below every threshold, and no open
 * episode whose reported money grew. */
static bool is_below(const struct decide *d, const struct row *row) {
    if (row->wanted != ACTION_UNKNOWN) return false;
    if (d->batch->side[row->side].traced_tiyn == 0) return true;
    const struct episode *episode = episodes_find(d->episodes, row->account_number);
    return episode == NULL || episode->state != EPISODE_OPEN || !has_grown(d, episode, row);
}

static const struct recommendation *judge(struct decide *d, const struct row *row) {
    if (row->tx->tx_status == TX_STATUS_REVERSED) return reverse(d, row);
    if (is_below(d, row)) return pass_over(d, row, DECISION_BELOW);
    const struct episode *episode = present_episode(d, row->account_number);
    const bool closed = episode != NULL && episode->state == EPISODE_COOLING;
    if (closed && !episode->lapsed) return pass_over(d, row, DECISION_COOLING);
    if (policy_allows(d->options.policy, row->party->account_token, d->clock_s)) {
        metrics_add(METRIC_ALLOWED, 1);
        return pass_over(d, row, DECISION_ALLOWED);
    }
    return episode == NULL || closed ? open_episode(d, row) : amend_episode(d, row, episode);
}

/* Answers. */

static void unconfirm(struct decide *d, const struct episode *episode,
                      const struct ending *of_payers) {
    episodes_unconfirm(d->episodes, episode);
    payer_side_lift(d->payer_side, episode->id, of_payers);
}

/* The bank has closed it, and says now that it was not fraud. True: that is news. */
static bool correct(struct decide *d, const struct episode *episode, enum outcome_does does) {
    if (!episode->confirmed || (does != OUTCOME_WITHDRAWS && does != OUTCOME_DECLINES))
        return false;
    unconfirm(d, episode,
              does == OUTCOME_DECLINES ? &ending_payee_declined : &ending_payee_withdrawn);
    return true;
}

/* It is over. True: the answer counts of it. */
static bool answer_late(struct decide *d, const struct episode *episode, enum outcome_does does) {
    if (!episode->lapsed || !outcome_closes(does)) return correct(d, episode, does);
    const int64_t until_s = d->clock_s + policy_cool_down_s(d->options.policy);
    episodes_cool_again(d->episodes, episode, until_s, does == OUTCOME_CONFIRMS);
    return true;
}

static struct recommendation *answer_open(struct decide *d, const struct episode *found,
                                          const struct signal *outcome, enum outcome_does does) {
    struct episode *episode = episodes_change(d->episodes, found);
    if (does == OUTCOME_EMPTIES) episode->emptied = true;
    episode->confirmed = does == OUTCOME_CONFIRMS;
    if (does == OUTCOME_DECLINES)
        payer_side_lift(d->payer_side, episode->id, &ending_payee_declined);
    if (does == OUTCOME_DECLINES || does == OUTCOME_CONFIRMS)
        cool(d, episode, policy_cool_down_s(d->options.policy));
    if (does != OUTCOME_WITHDRAWS) return NULL;
    struct recommendation *out =
        end_episode(d, episode, outcome_ending(outcome->outcome_result), d->event);
    out->change.signal_id = outcome->signal_id;
    return out;
}

static const struct recommendation *answer(struct decide *d, const struct episode *episode,
                                           const struct signal *outcome) {
    const struct recommendation *out = NULL;
    const enum outcome_does does = outcome_does(outcome->outcome_result);
    bool counts = does != OUTCOME_STANDS;
    if (episode->state == EPISODE_OPEN)
        out = answer_open(d, episode, outcome, does);
    else
        counts = answer_late(d, episode, does);
    if (counts) episodes_answer(d->episodes, episode, outcome->signal_id, outcome->outcome_result);
    return out;
}

/* What the answer that counts of it did is undone, but for what was published. */
static void undo_answer(struct decide *d, const struct episode *found) {
    struct episode *episode = episodes_change(d->episodes, found);
    episodes_unanswer(d->episodes, episode);
    episode->emptied = false;
    episode->lapsed = episode->state == EPISODE_COOLING;
    if (episode->confirmed) unconfirm(d, episode, &ending_payee_withdrawn);
}

static struct payer_side_place place_of(const struct decide *d) {
    return (struct payer_side_place){&d->options, d->episodes, d->issued,
                                     d->batch,    d->event,    d->clock_s};
}

/* Whether the signal in hand is an answer to it, of which something comes still. */
static bool is_answer_to(const struct decide *d, const struct episode *episode) {
    const struct signal *s = &d->batch->signal[d->event];
    const enum outcome_does does = outcome_does(s->outcome_result);
    return outcome_is_heard(s, d->batch->signal_effect[d->event]) &&
           text_equal(s->recommendation_id, text_of(episode->id)) &&
           outcome_is_about(s, episode->account_token) &&
           (outcome_closes(does) || (does == OUTCOME_EMPTIES && episode->state == EPISODE_OPEN));
}

/* The id of the signal that is not what it was from this one on; null: there is none. */
static struct text signal_that_is_gone(const struct signal *s, enum signal_effect effect) {
    if (effect == EFFECT_WITHDRAWN && s->kind == SIGNAL_WITHDRAWAL) return s->withdraws_signal_id;
    return effect == EFFECT_REVISED ? s->signal_id : (struct text){NULL, 0};
}

/* Once a signal. One that is new may bear the id of one that has ended. */
static void take_back(struct decide *d) {
    struct batch *batch = d->batch;
    if (d->unsaid > d->event || batch->verdict[d->event] != VERDICT_SIGNAL) return;
    d->unsaid = d->event + 1;
    const struct signal *s = &batch->signal[d->event];
    const enum signal_effect effect = batch->signal_effect[d->event];
    batch->unsaid[d->event].result = OUTCOME_UNKNOWN;
    if (effect == EFFECT_ADDED) episodes_forget_signal(d->episodes, s->signal_id);
    const struct text gone = signal_that_is_gone(s, effect);
    const struct episode *episode = gone.size == 0 ? NULL : episodes_answered_by(d->episodes, gone);
    if (episode == NULL) return;
    batch->unsaid[d->event] =
        (struct unsaid){(uint8_t)episode->answer_result, (uint8_t)episode->action};
    if (is_answer_to(d, episode))
        episodes_answer(d->episodes, episode, s->signal_id, s->outcome_result);
    else
        undo_answer(d, episode);
}

static const struct recommendation *hear(struct decide *d) {
    struct batch *batch = d->batch;
    if (d->heard > d->event || batch->verdict[d->event] != VERDICT_SIGNAL) return NULL;
    d->heard = d->event + 1;
    const struct signal *s = &batch->signal[d->event];
    batch->answered[d->event] = ACTION_COUNT;
    if (!outcome_is_heard(s, batch->signal_effect[d->event])) return NULL;
    const struct episode *episode = episodes_find_id(d->episodes, s->recommendation_id);
    const bool known = episode != NULL && outcome_is_about(s, episode->account_token);
    batch->answered[d->event] = (uint8_t)(known ? episode->action : ACTION_UNKNOWN);
    const struct payer_side_place place = place_of(d);
    if (episode == NULL) return payer_side_hear(d->payer_side, &place);
    return known ? answer(d, episode, s) : NULL;
}

/* Once a signal. */
static void retract_ground(struct decide *d) {
    const struct signal *s = &d->batch->signal[d->event];
    const enum signal_effect effect = d->batch->signal_effect[d->event];
    const struct text gone = signal_that_is_gone(s, effect);
    struct reach still = {.count = 0};
    if (d->retracted > d->event) return;
    d->retracted = d->event + 1;
    if (gone.size == 0) return;
    if (effect == EFFECT_REVISED) {
        still.count = signals_weighed(s, still.keys);
        still.money = d->batch->still_traced[d->event];
    }
    episodes_withdraw_ground(d->episodes, gone, &still);
}

/* A signal that is withdrawn, or speaks of others now, takes the advice along that rests on it
 * alone. */
static const struct recommendation *retract(struct decide *d) {
    if (d->batch->verdict[d->event] != VERDICT_SIGNAL) return NULL;
    retract_ground(d);
    const struct episode *episode = episodes_next_unfounded(d->episodes);
    if (episode == NULL) return NULL;
    struct recommendation *out = end_episode(d, episode, &ending_signal_withdrawn, d->event);
    out->change.signal_id = d->batch->signal[d->event].signal_id;
    return out;
}

static struct row row_of(const struct decide *d, uint32_t side) {
    const struct batch *batch = d->batch;
    const struct side *s = &batch->side[side];
    const struct transaction *tx = &batch->tx[s->event];
    return (struct row){side,
                        tx,
                        s->role == SIDE_PAYER ? &tx->payer : &tx->payee,
                        s->account,
                        s->account_number,
                        batch->logit[side],
                        policy_action(d->options.policy, batch->logit[side])};
}

/* The walk. */

void decide_batch(struct decide *d, struct batch *batch) {
    d->batch = batch;
    d->event = d->side = d->unsaid = d->heard = d->retracted = d->taken = 0;
}

/* A record that is a dead letter moves no clock. */
static void move_clock(struct decide *d, uint32_t event) {
    if (verdict_is_dead_letter(d->batch->verdict[event])) return;
    if (d->batch->clock_s[event] > d->clock_s) {
        issued_forget(d->issued, d->clock_s); /* this record was admitted by the clock before it */
        d->clock_s = d->batch->clock_s[event];
    }
    caps_move(d->caps, d->clock_s);
    payer_side_move(d->payer_side, d->clock_s);
}

static const struct recommendation *expire(struct decide *d) {
    const struct episode *episode;
    while ((episode = episodes_due(d->episodes, d->clock_s)) != NULL) {
        if (episode->state == EPISODE_OPEN)
            return end_episode(d, episode, &ending_term_over, d->event);
        episodes_remove(d->episodes, episode);
    }
    return NULL;
}

static const struct recommendation *judge_sides(struct decide *d) {
    const struct batch *batch = d->batch;
    while (d->side < batch->sides && batch->side[d->side].event == d->event) {
        const struct row row = row_of(d, d->side++);
        const struct recommendation *out = judge(d, &row);
        if (out != NULL) return out;
    }
    return NULL;
}

/* Once a row, behind its sides. */
static const struct recommendation *take_instruction(struct decide *d) {
    if (d->taken > d->event) return NULL;
    d->taken = d->event + 1;
    const struct payer_side_place place = place_of(d);
    return payer_side_take(d->payer_side, &place);
}

static const struct recommendation *next_of_row(struct decide *d) {
    const struct payer_side_place place = place_of(d);
    const struct recommendation *out = expire(d);
    if (out == NULL) out = payer_side_expire(d->payer_side, &place);
    if (out == NULL) out = payer_side_lifted(d->payer_side, &place);
    if (out == NULL) take_back(d);
    if (out == NULL) out = payer_side_lifted(d->payer_side, &place);
    if (out == NULL) out = hear(d);
    if (out == NULL) out = payer_side_lifted(d->payer_side, &place);
    if (out == NULL) out = retract(d);
    if (out == NULL) out = judge_sides(d);
    return out != NULL ? out : take_instruction(d);
}

const struct recommendation *decide_next(struct decide *d, uint32_t *event) {
    const struct recommendation *out = NULL;
    for (; d->event < d->batch->count; d->event++) {
        *event = d->event;
        move_clock(d, d->event);
        if ((out = next_of_row(d)) != NULL) break;
    }
    assert(out != NULL || d->side == d->batch->sides);
    metrics_set(METRIC_EPISODES, (int64_t)episodes_open_count(d->episodes));
    metrics_set(METRIC_INSTRUCTIONS, (int64_t)payer_side_open_count(d->payer_side));
    return out;
}

/* Saving and loading. */

static struct advice_tables tables_of(const struct decide *d) {
    return (struct advice_tables){d->episodes, payer_side_instructions(d->payer_side), d->issued};
}

void decide_save_begin(struct decide *d, struct pack *head, const struct pack_sink *sink) {
    const struct advice_tables tables = tables_of(d);
    pack_i64(head, d->clock_s);
    caps_save(d->caps, head);
    payer_side_save(d->payer_side, head);
    advice_save_begin(&d->save, &tables, head, sink);
}

bool decide_save_step(struct decide *d, uint32_t looks) {
    return advice_save_step(&d->save, looks);
}

bool decide_save_end(struct decide *d) {
    return advice_save_end(&d->save);
}

bool decide_load_begin(struct decide *d, struct unpack *head) {
    const struct advice_tables tables = tables_of(d);
    d->clock_s = unpack_i64(head);
    return caps_load(d->caps, head) && payer_side_load(d->payer_side, head) &&
           advice_load_begin(&tables, head);
}

bool decide_load_records(struct decide *d, struct unpack *records) {
    const struct advice_tables tables = tables_of(d);
    return advice_load_records(&tables, records);
}

bool decide_load_end(const struct decide *d) {
    const struct advice_tables tables = tables_of(d);
    return advice_load_end(&tables);
}
