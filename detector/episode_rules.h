/* SPDX-License-Identifier: Apache-2.0 */
/* When an open episode is published again, and what it holds; money in tiyn. Shared by decide,
 * which lives through episodes, and tune, which tries them at other thresholds. */
#pragma once

#include "detector/account.h"
#include "detector/feature_table.h"
#include "detector/policy.h"
#include "detector/transaction.h"

/* By a quarter at least. */
static inline bool episode_has_grown(int64_t before_tiyn, int64_t now_tiyn) {
    return now_tiyn > before_tiyn &&
           now_tiyn - before_tiyn >= before_tiyn / 4 + (before_tiyn % 4 != 0);
}

/* Of an open episode with `action`. */
static inline bool episode_is_amended(enum action action, enum action wanted, bool grown) {
    return wanted > action || grown;
}

/* What an amendment asks for: never a milder action. */
static inline enum action episode_amended_to(enum action action, enum action wanted) {
    return wanted > action ? wanted : action;
}

/* Money at risk: of P2P credits that is still there, or reported money that is (`traced_tiyn`),
 * whichever is more. A credit is suspect by the score alone, reported money by itself: of an entry
 * below every threshold (`wanted` is ACTION_UNKNOWN) only the latter counts. */
static inline int64_t episode_at_risk_tiyn(enum action wanted, int64_t p2p_tiyn,
                                           int64_t traced_tiyn) {
    return wanted == ACTION_UNKNOWN || traced_tiyn > p2p_tiyn ? traced_tiyn : p2p_tiyn;
}

/* What may be held of a scored side's account: the balance without its protected money, where the
 * policy protects any, and without what the policy leaves to everybody, whichever is more. Where no
 * balance is known, it is no limit. */
static inline int64_t episode_available_tiyn(const struct policy *policy, const struct party *party,
                                             struct account_unspent unspent) {
    uint32_t flows = 0;
    policy_protected_flows(policy, &flows);
    const int64_t balance_tiyn = party->balance_after_minor;
    const int64_t left_tiyn = policy_left_available_tiyn(policy);
    const int64_t protected_tiyn = flows > 0 ? unspent.protected_tiyn : 0;
    const int64_t kept_tiyn = protected_tiyn > left_tiyn ? protected_tiyn : left_tiyn;
    if (!party->balance_after_present) return INT64_MAX;
    return balance_tiyn > kept_tiyn ? balance_tiyn - kept_tiyn : 0;
}

/* What a recommendation holds: from HOLD_AMOUNT on, what is at risk and may be held. */
static inline int64_t episode_hold_tiyn(enum action action, int64_t at_risk_tiyn,
                                        int64_t available_tiyn) {
    if (action < ACTION_HOLD_AMOUNT) return 0;
    return at_risk_tiyn < available_tiyn ? at_risk_tiyn : available_tiyn;
}

/* A reversal, as an open episode sees it. */
struct episode_reversal {
    bool opening;         /* of the transaction that the episode began with */
    bool below;           /* its score is below every threshold */
    int64_t unreturned_s; /* account_unspent, behind it */
};

/* Credits after this event time are what an entry rests on. */
static inline int64_t episode_since_s(int64_t event_s) {
    return event_s - SECONDS_24H;
}

/* Whether a reversal undoes what the episode rests on: each P2P credit after `since_s` went back
 * whole, and no other P2P money is left. So nobody gets free by one credit of several, by one that
 * came later, or by one that came when the money had gone. */
static inline bool episode_is_undone(int64_t since_s, int64_t at_risk_tiyn,
                                     const struct episode_reversal *reversal) {
    if (reversal->unreturned_s > since_s) return false;
    return reversal->opening || (reversal->below && at_risk_tiyn > 0);
}

/* Steps from the policy's order of work: one lower where none of the money is there any more, one
 * higher where some is and half of what came in a day left within ten minutes (`fast_share`; NaN:
 * nothing came). */
static inline int episode_step(int64_t at_risk_tiyn, double fast_share) {
    if (at_risk_tiyn == 0) return -1;
    return fast_share >= 0.5 ? 1 : 0;
}

static inline enum priority episode_priority(enum priority of_policy, int step) {
    const int priority = (int)of_policy + step;
    if (priority < PRIORITY_LOW) return PRIORITY_LOW;
    return priority > PRIORITY_URGENT ? PRIORITY_URGENT : (enum priority)priority;
}
