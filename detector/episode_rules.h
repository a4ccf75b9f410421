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
    return wanted > action || (wanted == action && grown);
}

/* What a scored side's account has: money at risk, and what may be held at most. At risk is money
 * of P2P credits that is still there, or reported money that is (`traced_tiyn`), whichever is more.
 * May be held: the balance without its protected money, where the policy protects any; where no
 * balance is known, it is no limit. */
struct episode_money {
    int64_t at_risk_tiyn, available_tiyn;
};

static inline struct episode_money episode_money(const struct policy *policy,
                                                 const struct party *party,
                                                 struct account_unspent unspent,
                                                 int64_t traced_tiyn) {
    uint32_t flows = 0;
    policy_protected_flows(policy, &flows);
    const int64_t balance_tiyn = party->balance_after_minor;
    const int64_t kept_tiyn = flows > 0 ? unspent.protected_tiyn : 0;
    int64_t available_tiyn = INT64_MAX;
    if (party->balance_after_present)
        available_tiyn = balance_tiyn > kept_tiyn ? balance_tiyn - kept_tiyn : 0;
    const int64_t at_risk_tiyn = unspent.p2p_tiyn > traced_tiyn ? unspent.p2p_tiyn : traced_tiyn;
    return (struct episode_money){at_risk_tiyn, available_tiyn};
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

/* Order of work: the policy's, a step lower where none of the money is there any more, a step
 * higher where some is and half of what came in a day left within ten minutes (`fast_share`; NaN:
 * nothing came). */
static inline enum priority episode_priority(enum priority of_policy, int64_t at_risk_tiyn,
                                             double fast_share) {
    if (at_risk_tiyn == 0) return of_policy > PRIORITY_LOW ? of_policy - 1 : of_policy;
    return fast_share >= 0.5 && of_policy < PRIORITY_URGENT ? of_policy + 1 : of_policy;
}
