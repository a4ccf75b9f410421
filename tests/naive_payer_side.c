/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_payer_side.h"

#include "detector/base/digest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAYEES = 64, ADVICE = 8192, DUE = 1024, TAKEN = 1024, NAME = 32, HOUR_S = 3600 };
enum { COOL_DOWN_S = 24 * HOUR_S };

struct payee {
    char account[NAME], id[40];
    enum action action;
    double score;
    int64_t until_us;
    bool open, confirmed;
    int64_t closed_until_s; /* an answer closed it; it is known until then */
    char answer[NAME];      /* id of the signal by which it is closed, or none is confirmed */
    bool lapsed;            /* that one was taken back */
};

struct advice {
    char payer[NAME], tx[NAME], event[NAME], bic[NAME], id[40], payee_id[40];
    int64_t event_us;
    enum action action;
    int64_t at_risk, until_us;
    double score;
    int revision;
    bool open, gone;
};

struct taken {
    char bic[NAME];
    enum action action;
};

struct naive_payer_side {
    struct naive_payer_rule rules[ACTION_COUNT];
    unsigned max;
    int64_t clock_s;
    struct payee payees[PAYEES];
    unsigned payee_count;
    struct advice advice[ADVICE]; /* in the order it was given */
    unsigned advice_count;
    struct taken taken[TAKEN]; /* in this hour */
    unsigned taken_count;
    char due[DUE][NAIVE_LINE_SIZE];
    unsigned due_first, due_count;
};

struct naive_payer_side *naive_payer_side_new(const struct naive_payer_rule *ask,
                                              const struct naive_payer_rule *suspend,
                                              unsigned instructions_max) {
    struct naive_payer_side *s = calloc(1, sizeof *s);
    assert(s != NULL);
    s->rules[ACTION_ASK_PAYER] = *ask;
    s->rules[ACTION_SUSPEND_INSTRUCTION] = *suspend;
    s->max = instructions_max;
    return s;
}

void naive_payer_side_free(struct naive_payer_side *s) {
    free(s);
}

static void print(char *out, size_t room, struct text text) {
    snprintf(out, room, "%.*s", (int)text.size, text.data == NULL ? "" : text.data);
}

static void put_line(char out[NAIVE_LINE_SIZE], const struct advice *advice,
                     enum recommendation_state state, const char *why) {
    const struct advice a = *advice;
    snprintf(out, NAIVE_LINE_SIZE,
             "%.32s.%d state %d action %d %.31s %.31s at %.31s risk %lld until %lld score %g on "
             "%.32s %.40s",
             a.id, a.revision, (int)state, (int)a.action, a.payer, a.tx, a.bic,
             (long long)a.at_risk, (long long)a.until_us, a.score, a.payee_id, why);
}

void naive_payer_side_line(const struct recommendation *r, char out[NAIVE_LINE_SIZE]) {
    struct advice a = {.action = r->action,
                       .at_risk = r->at_risk_kzt_minor,
                       .until_us = r->valid_until_us,
                       .score = r->score,
                       .revision = r->revision};
    assert(r->target_tx_count == 1 && r->reason_count == 1 && !r->hold_amount_present);
    print(a.id, sizeof a.id, text_of(r->id));
    print(a.payer, sizeof a.payer, r->target_account_token);
    print(a.tx, sizeof a.tx, r->target_tx_ids[0]);
    print(a.bic, sizeof a.bic, r->addressee_bic);
    print(a.payee_id, sizeof a.payee_id, r->payee_id);
    put_line(out, &a, r->state, r->reasons[0].code);
}

const char *naive_payer_side_due(struct naive_payer_side *s) {
    if (s->due_first == s->due_count) {
        s->due_first = s->due_count = 0;
        return NULL;
    }
    return s->due[s->due_first++];
}

static void tell(struct naive_payer_side *s, const struct advice *a,
                 enum recommendation_state state, const char *why) {
    assert(s->due_count < DUE);
    put_line(s->due[s->due_count++], a, state, why);
}

static void end(struct naive_payer_side *s, struct advice *a, enum recommendation_state state,
                const char *why) {
    a->revision++;
    a->open = false;
    tell(s, a, state, why);
}

static struct advice *next_due(struct naive_payer_side *s) {
    struct advice *first = NULL;
    for (struct advice *a = s->advice; a < s->advice + s->advice_count; a++) {
        if (!a->open || a->gone || a->until_us > s->clock_s * 1000000) continue;
        if (first == NULL || a->until_us < first->until_us ||
            (a->until_us == first->until_us && strcmp(a->id, first->id) < 0))
            first = a;
    }
    return first;
}

static void forget_answer(struct payee *p) {
    p->confirmed = p->lapsed = false;
    p->answer[0] = '\0';
}

void naive_payer_side_move(struct naive_payer_side *s, int64_t clock_s) {
    struct advice *a;
    if (clock_s / HOUR_S != s->clock_s / HOUR_S) s->taken_count = 0;
    s->clock_s = clock_s;
    for (struct payee *p = s->payees; p < s->payees + s->payee_count; p++)
        if (!p->open && p->closed_until_s <= clock_s) forget_answer(p);
    while ((a = next_due(s)) != NULL)
        end(s, a, RECOMMENDATION_EXPIRED, "TERM_OVER");
    for (a = s->advice; a < s->advice + s->advice_count; a++)
        a->gone |= a->until_us <= clock_s * 1000000;
}

static void lift(struct naive_payer_side *s, const struct payee *p, const char *why) {
    for (struct advice *a = s->advice; a < s->advice + s->advice_count; a++)
        if (a->open && !a->gone && strcmp(a->payee_id, p->id) == 0)
            end(s, a, RECOMMENDATION_WITHDRAWN, why);
}

static bool overturns(int result) {
    return result == OUTCOME_FALSE_POSITIVE || result == OUTCOME_RELEASED;
}

static bool confirms(int result) {
    return result == OUTCOME_REFUNDED || result == OUTCOME_CONFIRMED_FRAUD;
}

static bool closes(int result) {
    return result == OUTCOME_DECLINED || confirms(result) || overturns(result);
}

/* It is open, or was and that it is not any more was taken back. */
static void hear_of_payee(struct naive_payer_side *s, struct payee *p, const struct signal *o) {
    const int result = o->outcome_result;
    if (!closes(result)) return;
    print(p->answer, sizeof p->answer, o->signal_id);
    p->lapsed = false;
    p->confirmed = confirms(result);
    p->closed_until_s = s->clock_s + COOL_DOWN_S;
    if (p->confirmed) p->until_us = p->closed_until_s * 1000000;
    if (!overturns(result)) p->open = false;
    if (result == OUTCOME_DECLINED) lift(s, p, "PAYEE_DECLINED");
}

/* After it was confirmed. */
static void hear_otherwise(struct naive_payer_side *s, struct payee *p, const struct signal *o) {
    const int result = o->outcome_result;
    if (!closes(result) || confirms(result)) return;
    print(p->answer, sizeof p->answer, o->signal_id);
    p->confirmed = false;
    lift(s, p, overturns(result) ? "PAYEE_WITHDRAWN" : "PAYEE_DECLINED");
}

/* A later revision of the answer that closes as well takes its place. */
static bool stands(const struct payee *p, const struct signal *o) {
    return o->kind == SIGNAL_OUTCOME && o->source != SOURCE_CITIZEN_BOT &&
           text_equal(o->recommendation_id, text_of(p->id)) && closes(o->outcome_result);
}

void naive_payer_side_take_back(struct naive_payer_side *s, const struct signal *o,
                                enum signal_effect effect) {
    const bool withdrawal = o->kind == SIGNAL_WITHDRAWAL;
    const struct text id = withdrawal ? o->withdraws_signal_id : o->signal_id;
    if (effect != (withdrawal ? EFFECT_WITHDRAWN : EFFECT_REVISED) && effect != EFFECT_ADDED)
        return;
    for (struct payee *p = s->payees; p < s->payees + s->payee_count; p++) {
        if (p->answer[0] == '\0' || !text_equal(id, text_of(p->answer))) continue;
        if (effect == EFFECT_REVISED && stands(p, o)) continue;
        p->answer[0] = '\0';
        if (effect == EFFECT_ADDED) continue; /* the other has ended */
        p->lapsed = true;
        if (p->confirmed) lift(s, p, "PAYEE_WITHDRAWN");
        p->confirmed = false;
    }
}

void naive_payer_side_hear(struct naive_payer_side *s, const struct signal *o) {
    for (unsigned i = 0; i < s->payee_count; i++) {
        struct payee *p = &s->payees[i];
        if (!text_equal(o->recommendation_id, text_of(p->id))) continue;
        if (p->open || p->lapsed)
            hear_of_payee(s, p, o);
        else if (p->confirmed)
            hear_otherwise(s, p, o);
    }
    for (struct advice *a = s->advice; a < s->advice + s->advice_count; a++) {
        if (a->gone || !a->open || !text_equal(o->recommendation_id, text_of(a->id))) continue;
        switch (o->outcome_result) {
        case OUTCOME_FALSE_POSITIVE:
            end(s, a, RECOMMENDATION_WITHDRAWN, "OUTCOME_FALSE_POSITIVE");
            break;
        case OUTCOME_RELEASED:
            end(s, a, RECOMMENDATION_WITHDRAWN, "OUTCOME_RELEASED");
            break;
        case OUTCOME_DECLINED:
        case OUTCOME_REFUNDED:
        case OUTCOME_CONFIRMED_FRAUD:
            a->open = false;
            break;
        default:
            break;
        }
    }
}

void naive_payer_side_advise(struct naive_payer_side *s, const struct recommendation *r) {
    unsigned i = 0;
    while (i < s->payee_count &&
           !text_equal(r->target_account_token, text_of(s->payees[i].account)))
        i++;
    assert(i < PAYEES);
    if (i == s->payee_count) s->payee_count++;
    struct payee *p = &s->payees[i];
    print(p->account, sizeof p->account, r->target_account_token);
    print(p->id, sizeof p->id, text_of(r->id));
    p->action = r->action;
    p->score = r->score;
    p->until_us = r->valid_until_us;
    p->open = r->state == RECOMMENDATION_ISSUED || r->state == RECOMMENDATION_AMENDED;
    p->confirmed = false;
    if (p->open) forget_answer(p);
    if (r->state == RECOMMENDATION_WITHDRAWN) lift(s, p, "PAYEE_WITHDRAWN");
}

static bool has_room(const struct naive_payer_side *s, enum action action, const char *bic) {
    const struct naive_payer_rule *rule = &s->rules[action];
    unsigned all = 0, of_bank = 0;
    for (unsigned i = 0; i < s->taken_count; i++) {
        if (s->taken[i].action != action) continue;
        all++;
        of_bank += strcmp(s->taken[i].bic, bic) == 0;
    }
    return rule->urgent || (all < rule->per_hour && of_bank < rule->per_bank);
}

static enum action granted(const struct naive_payer_side *s, enum action of_payee,
                           const char *bic) {
    bool wanted = false;
    for (int a = ACTION_SUSPEND_INSTRUCTION; a >= ACTION_ASK_PAYER; a--) {
        if (s->rules[a].from == ACTION_UNKNOWN) continue;
        wanted |= of_payee >= s->rules[a].from;
        if (wanted && has_room(s, (enum action)a, bic)) return (enum action)a;
    }
    return ACTION_UNKNOWN;
}

static void name(struct advice *a) {
    char named[192], hex[DIGEST_HEX_SIZE];
    const int size = snprintf(named, sizeof named, "saqshy/1%cinstruction%c%s%c%s%c%s%c%lld", 0, 0,
                              a->payer, 0, a->tx, 0, a->event, 0, (long long)a->event_us);
    digest_sha256_hex(named, (size_t)size, hex);
    snprintf(a->id, sizeof a->id, "%.32s", hex);
}

static bool is_full(const struct naive_payer_side *s) {
    unsigned held = 0;
    for (unsigned i = 0; i < s->advice_count; i++)
        held += !s->advice[i].gone;
    return held == s->max;
}

/* By any advice, however long ago. */
static bool was_given(const struct naive_payer_side *s, const struct advice *advice) {
    for (unsigned i = 0; i + 1 < s->advice_count; i++)
        if (strcmp(s->advice[i].id, advice->id) == 0) return true;
    return false;
}

static void begin(struct naive_payer_side *s, const struct transaction *tx) {
    const struct payee *p = s->payees;
    char bic[NAME];
    while (p < s->payees + s->payee_count &&
           !((p->open || p->confirmed) && text_equal(tx->payee.account_token, text_of(p->account))))
        p++;
    if (p == s->payees + s->payee_count) return;
    print(bic, sizeof bic, tx->payer.bank_bic);
    const enum action action = granted(s, p->action, bic);
    if (action == ACTION_UNKNOWN || is_full(s)) return;
    assert(s->advice_count < ADVICE && s->taken_count < TAKEN);
    struct advice *a = &s->advice[s->advice_count++];
    *a = (struct advice){.action = action,
                         .at_risk = tx->amount_tiyn,
                         .until_us = p->until_us,
                         .score = p->score,
                         .revision = 1,
                         .open = true};
    print(a->payer, sizeof a->payer, tx->payer.account_token);
    print(a->tx, sizeof a->tx, tx->tx_id);
    print(a->event, sizeof a->event, tx->event_id);
    a->event_us = tx->event_time_us;
    memcpy(a->bic, bic, sizeof bic);
    memcpy(a->payee_id, p->id, sizeof p->id);
    name(a);
    if (was_given(s, a)) {
        s->advice_count--;
        return;
    }
    struct taken *taken = &s->taken[s->taken_count++];
    taken->action = action;
    memcpy(taken->bic, bic, sizeof bic);
    tell(s, a, RECOMMENDATION_ISSUED, "PAYEE_FLAGGED");
}

static const char *over(uint8_t status) {
    switch (status) {
    case TX_STATUS_SETTLED:
        return "INSTRUCTION_SETTLED";
    case TX_STATUS_REFUSED:
        return "INSTRUCTION_REFUSED";
    case TX_STATUS_REVERSED:
        return "TRANSACTION_REVERSED";
    default:
        return NULL;
    }
}

void naive_payer_side_take(struct naive_payer_side *s, const struct transaction *tx, bool duplicate,
                           bool moved) {
    if (tx->payer.account_token.size == 0 || tx->payee.account_token.size == 0) return;
    const char *why = over(tx->tx_status);
    for (struct advice *a = s->advice; a < s->advice + s->advice_count; a++) {
        if (a->gone || !text_equal(tx->payer.account_token, text_of(a->payer)) ||
            !text_equal(tx->tx_id, text_of(a->tx)))
            continue;
        if (a->open && why != NULL) end(s, a, RECOMMENDATION_WITHDRAWN, why);
        return;
    }
    if (!moved && (tx->tx_status == TX_STATUS_SUSPENDED ||
                   (tx->tx_status == TX_STATUS_ATTEMPTED && !duplicate)))
        begin(s, tx);
}
