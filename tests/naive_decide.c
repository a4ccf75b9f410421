/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_decide.h"

#include "detector/base/digest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS_MAX = 256, DUE_MAX = 1024, DAY_S = 86400, ZONE_S = 5 * 3600, CREDITS = 3 };

enum state { NONE, OPEN, COOLING };

struct episode {
    uint32_t account_number;
    char account[32], tx_id[32], event_id[64];
    int64_t event_us;
    enum state state;
    int64_t until_s;
    int64_t at_risk;    /* of the last revision */
    int64_t earliest_s; /* event time of any revision */
    bool emptied;       /* a bank has found nothing since */
    bool confirmed;     /* it is over, as a bank said that it was fraud */
    bool lapsed;        /* it is over by an answer that was taken back */
    char answer[32];    /* id of the signal by which it is what it is; empty: none */
};

struct due {
    enum recommendation_state state;
    char account[32];
};

struct naive_decide {
    int64_t clock_s;
    struct episode episodes[ACCOUNTS_MAX];
    unsigned episode_count;
    struct due due[DUE_MAX];
    unsigned due_count;
};

struct naive_decide *naive_decide_new(void) {
    struct naive_decide *d = calloc(1, sizeof *d);
    assert(d != NULL);
    d->clock_s = INT64_MIN;
    return d;
}

void naive_decide_free(struct naive_decide *d) {
    free(d);
}

static void tell(struct naive_decide *d, enum recommendation_state state, const char *account) {
    assert(d->due_count < DUE_MAX);
    d->due[d->due_count].state = state;
    snprintf(d->due[d->due_count++].account, sizeof d->due[0].account, "%s", account);
}

/* The end of the fifth working day, at UTC+5; 1970-01-01 was a Thursday. */
static int64_t term_s(int64_t issued_s) {
    int64_t day = (issued_s + ZONE_S) / DAY_S;
    for (int left = 5; left > 0;) {
        day++;
        if ((day + 3) % 7 < 5) left--;
    }
    return (day + 1) * DAY_S - ZONE_S;
}

static void cool(struct naive_decide *d, struct episode *e) {
    e->state = COOLING;
    e->until_s = d->clock_s + DAY_S;
    e->answer[0] = '\0';
}

static void end(struct naive_decide *d, struct episode *e, enum recommendation_state how) {
    tell(d, how, e->account);
    cool(d, e);
}

static void expire(struct naive_decide *d) {
    for (unsigned i = 0; i < d->episode_count; i++) {
        struct episode *e = &d->episodes[i];
        if (e->state == OPEN && e->until_s <= d->clock_s) end(d, e, RECOMMENDATION_EXPIRED);
        if (e->state == COOLING && e->until_s <= d->clock_s) e->state = NONE;
    }
}

static struct episode *episode_of(struct naive_decide *d, uint32_t account_number) {
    for (unsigned i = 0; i < d->episode_count; i++)
        if (d->episodes[i].account_number == account_number) return &d->episodes[i];
    assert(d->episode_count < ACCOUNTS_MAX);
    struct episode *e = &d->episodes[d->episode_count++];
    e->account_number = account_number;
    return e;
}

static void print(char *out, size_t room, struct text text) {
    snprintf(out, room, "%.*s", (int)text.size, text.data);
}

static void revise(struct episode *e, const struct transaction *tx, int64_t at_risk) {
    if (tx->event_time_s < e->earliest_s) e->earliest_s = tx->event_time_s;
    e->at_risk = at_risk;
    e->emptied = false;
}

static bool has_grown(const struct episode *e, int64_t at_risk) {
    if (e->emptied) return at_risk > 0;
    return at_risk > e->at_risk && 4 * (at_risk - e->at_risk) >= e->at_risk;
}

static bool is_undone(const struct episode *e, const struct transaction *tx,
                      const struct naive_side *side) {
    if (side->unreturned_s > e->earliest_s - DAY_S) return false;
    if (text_equal(tx->tx_id, text_of(e->tx_id))) return true;
    return side->features[FEATURE_in_count_1h] < CREDITS && e->at_risk > 0 && !e->emptied;
}

static void judge(struct naive_decide *d, const struct transaction *tx,
                  const struct naive_side *side) {
    struct episode *e = episode_of(d, side->account_number);
    if (tx->tx_status == TX_STATUS_REVERSED) {
        if (e->state == OPEN && is_undone(e, tx, side)) {
            end(d, e, RECOMMENDATION_WITHDRAWN);
            e->until_s = d->clock_s; /* no cool-down */
        }
        return;
    }
    const bool crosses = side->features[FEATURE_in_count_1h] >= CREDITS;
    int64_t at_risk = side->traced;
    if (crosses && side->unspent_p2p > at_risk) at_risk = side->unspent_p2p;
    if (e->state == OPEN && has_grown(e, at_risk)) revise(e, tx, at_risk);
    if (e->state == OPEN || (e->state == COOLING && !e->lapsed) || !crosses) return;
    const int64_t until_s = term_s(tx->ingest_time_present ? tx->ingest_time_s : tx->event_time_s);
    if (until_s <= d->clock_s) return; /* over before it begins */
    e->state = OPEN;
    e->until_s = until_s;
    e->earliest_s = INT64_MAX;
    e->confirmed = e->lapsed = false;
    e->answer[0] = '\0';
    revise(e, tx, at_risk);
    print(e->tx_id, sizeof e->tx_id, tx->tx_id);
    print(e->event_id, sizeof e->event_id, tx->event_id);
    e->event_us = tx->event_time_us;
    print(e->account, sizeof e->account,
          side->payee ? tx->payee.account_token : tx->payer.account_token);
    tell(d, RECOMMENDATION_ISSUED, e->account);
}

void naive_decide_take(struct naive_decide *d, const struct transaction *tx, int64_t clock_s,
                       const struct naive_side *sides, unsigned count) {
    if (clock_s > d->clock_s) d->clock_s = clock_s;
    expire(d);
    for (unsigned i = 0; i < count; i++)
        judge(d, tx, &sides[i]);
}

static bool is_of(const struct episode *e, struct text recommendation_id) {
    char named[192], hex[DIGEST_HEX_SIZE];
    const int size = snprintf(named, sizeof named, "saqshy/1%cfreeze%c%s%c%s%c%s%c%lld", 0, 0,
                              e->account, 0, e->tx_id, 0, e->event_id, 0, (long long)e->event_us);
    digest_sha256_hex(named, (size_t)size, hex);
    hex[32] = '\0';
    return text_equal(recommendation_id, text_of(hex));
}

static bool is_confirming(uint8_t result) {
    return result == OUTCOME_REFUNDED || result == OUTCOME_CONFIRMED_FRAUD;
}

static bool is_overturning(uint8_t result) {
    return result == OUTCOME_FALSE_POSITIVE || result == OUTCOME_RELEASED;
}

static bool is_closing(uint8_t result) {
    return result == OUTCOME_DECLINED || is_confirming(result) || is_overturning(result);
}

/* True: it is by this answer that the episode is what it is now. */
static bool hear_of(struct naive_decide *d, struct episode *e, uint8_t result) {
    const bool empties = result == OUTCOME_NO_FUNDS;
    if (e->state == COOLING && e->confirmed && !e->lapsed) {
        e->confirmed = is_confirming(result) || !is_closing(result);
        return !e->confirmed;
    }
    if (e->state == COOLING && (!e->lapsed || !is_closing(result))) return false;
    if (e->state == OPEN && empties) e->emptied = true;
    if (e->state == OPEN && is_overturning(result)) end(d, e, RECOMMENDATION_WITHDRAWN);
    if (is_closing(result)) {
        cool(d, e);
        e->lapsed = false;
        e->confirmed = is_confirming(result);
    }
    return empties || is_closing(result);
}

static bool is_answer(const struct signal *s, enum signal_effect effect) {
    const bool news = effect == EFFECT_ADDED || effect == EFFECT_REVISED;
    return s->kind == SIGNAL_OUTCOME && news && s->source != SOURCE_CITIZEN_BOT;
}

/* An answer that is gone, or says something else, undoes what it did. */
static void take_back(struct episode *e, const struct signal *s, enum signal_effect effect) {
    const bool withdrawn = s->kind == SIGNAL_WITHDRAWAL && effect == EFFECT_WITHDRAWN;
    const struct text id = withdrawn ? s->withdraws_signal_id : s->signal_id;
    const bool other = withdrawn || effect == EFFECT_REVISED || effect == EFFECT_ADDED;
    const bool empties = s->outcome_result == OUTCOME_NO_FUNDS && e->state == OPEN;
    if (e->answer[0] == '\0' || !other || !text_equal(id, text_of(e->answer))) return;
    if (effect == EFFECT_REVISED && is_answer(s, effect) && is_of(e, s->recommendation_id) &&
        (is_closing(s->outcome_result) || empties))
        return;
    e->answer[0] = '\0';
    if (effect == EFFECT_ADDED) return; /* the same id anew, when the other has ended */
    e->emptied = e->confirmed = false;
    e->lapsed = e->state == COOLING;
}

void naive_decide_hear(struct naive_decide *d, const struct signal *s, enum signal_effect effect) {
    for (unsigned i = 0; i < d->episode_count; i++) {
        struct episode *e = &d->episodes[i];
        if (e->state == NONE) continue;
        take_back(e, s, effect);
        if (is_answer(s, effect) && is_of(e, s->recommendation_id) &&
            hear_of(d, e, s->outcome_result))
            print(e->answer, sizeof e->answer, s->signal_id);
    }
}

bool naive_decide_meet(struct naive_decide *d, const struct recommendation *r) {
    if (r->state == RECOMMENDATION_AMENDED) return true;
    for (unsigned i = 0; i < d->due_count; i++) {
        if (d->due[i].state != r->state ||
            !text_equal(r->target_account_token, text_of(d->due[i].account)))
            continue;
        d->due[i] = d->due[--d->due_count];
        return true;
    }
    return false;
}

unsigned naive_decide_missing(const struct naive_decide *d) {
    return d->due_count;
}
