/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/features.h"

#include "detector/fifo.h"
#include "detector/panes.h"
#include "detector/recommendation.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(struct raw_row) == 8 * RAW_ROW, "eight bytes a value");
_Static_assert((int)PANE_FAMILIES == (int)RING_FAMILIES, "the same families");

enum { DAY_S = 86400, AMOUNTS_LEAST = 5 };
static const uint32_t width_s[RING_WINDOWS] = {
    [LANE_10M] = SECONDS_10M, [LANE_1H] = SECONDS_1H, [LANE_24H] = SECONDS_24H,
    [LANE_72H] = SECONDS_72H, [LANE_7D] = SECONDS_7D, [LANE_6H] = SECONDS_6H};

/* Everything is inlined into one function a number of words (take_words), so that masks of rings up
 * to 64 events stay in registers. */
#define INLINE static inline __attribute__((always_inline))

/* What the parts of the vector share. */
struct view {
    const struct account *account;
    const struct transaction *tx;
    const struct kernels *kernels;
    enum side_role role;
    int64_t second;
    struct ring ring;
    uint64_t used[MASK_WORDS];
    struct ring_masks masks;
    uint64_t family[MASK_WORDS][RING_FAMILIES]; /* reversals left out */
    struct raw_row *raw;
};

/* A mask by itself; of a ring of one word the second is 0. */
struct mask {
    uint64_t word[MASK_WORDS];
};

/* Number of slots in both masks. */
INLINE int64_t both(struct mask a, struct mask b, uint32_t words) {
    const int64_t first = __builtin_popcountll(a.word[0] & b.word[0]);
    return words == 1 ? first : first + __builtin_popcountll(a.word[1] & b.word[1]);
}

INLINE struct mask mask_of(const uint64_t masks[MASK_WORDS][LANES], int lane, uint32_t words) {
    return (struct mask){{masks[0][lane], words == 1 ? 0 : masks[1][lane]}};
}

INLINE struct mask window_of(const struct view *v, int lane, uint32_t words) {
    return mask_of(v->masks.window, lane, words);
}

INLINE struct mask family_of(const struct view *v, int family, int lane, uint32_t words) {
    return (struct mask){{v->family[0][family] & v->masks.window[0][lane],
                          words == 1 ? 0 : v->family[1][family] & v->masks.window[1][lane]}};
}

/* bits[] and kind[] as planes. */
enum { CREDIT, DEBIT, P2P, CASH, NEWEST, STRANGER, ATTEMPT, REVERSAL };
enum { IN = 4, ROUND, FOREIGN, PHONE, FLAGGED = FOREIGN };

INLINE void look(struct view *v, uint32_t words) {
    uint32_t low[RING_WINDOWS];
    for (int w = 0; w < RING_WINDOWS; w++)
        low[w] = (uint32_t)v->second - width_s[w];
    const uint32_t count = v->ring.count;
    v->used[0] = count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
    v->used[1] = words == 1 ? 0 : count == 128 ? UINT64_MAX : (UINT64_C(1) << (count - 64)) - 1;
    v->kernels->look(v->ring.second, v->ring.bits, v->ring.kind, v->ring.count, low,
                     (uint32_t)v->second, &v->masks);
    for (uint32_t w = 0; w < words; w++) {
        const uint64_t *bits = v->masks.bits[w];
        uint64_t *family = v->family[w];
        family[FAMILY_IN] = bits[CREDIT] & ~bits[REVERSAL];
        family[FAMILY_OUT] = bits[DEBIT] & ~bits[REVERSAL];
        family[FAMILY_P2P_IN] = family[FAMILY_IN] & bits[P2P];
        family[FAMILY_P2P_OUT] = family[FAMILY_OUT] & bits[P2P];
        family[FAMILY_CASH_OUT] = family[FAMILY_OUT] & bits[CASH];
    }
}

/* Of the cash and crypto operations of a mask, the crypto ones. */
INLINE uint64_t crypto_of(const struct view *v, uint32_t word, uint64_t mask) {
    uint64_t crypto = 0;
    for (; mask != 0; mask &= mask - 1) {
        const int slot = __builtin_ctzll(mask);
        const uint8_t type = v->ring.kind[64 * word + (uint32_t)slot] & KIND_EVENT_TYPE;
        crypto |= (uint64_t)(type == EVENT_TYPE_CRYPTO_PURCHASE) << slot;
    }
    return crypto;
}

/* Two lanes more than windows. A: strangers' credits and foreign debits of 24 h; B: strangers'
 * credits of 7 d and crypto debits of 24 h. */
INLINE void more_lanes(struct view *v, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        uint64_t *window = v->masks.window[w];
        const uint64_t in = v->family[w][FAMILY_IN], out = v->family[w][FAMILY_OUT];
        const uint64_t stranger = in & v->masks.bits[w][STRANGER];
        const uint64_t foreign = out & v->masks.kind[w][FOREIGN];
        const uint64_t cash = v->family[w][FAMILY_CASH_OUT] & window[LANE_24H];
        window[LANE_A] = (stranger | foreign) & window[LANE_24H];
        window[LANE_B] = (stranger & window[LANE_7D]) | crypto_of(v, w, cash);
    }
}

/* Takes what was reversed out of the windows. */
static void take_out_reversals(struct view *v) {
    uint64_t reversed[MASK_WORDS][RING_FAMILIES];
    int64_t count[RING_FAMILIES][LANES], sum[RING_FAMILIES][LANES];
    for (uint32_t w = 0; w < MASK_WORDS; w++) {
        const uint64_t *bits = v->masks.bits[w];
        const uint64_t in = bits[CREDIT] & bits[REVERSAL], out = bits[DEBIT] & bits[REVERSAL];
        const uint64_t families[RING_FAMILIES] = {in, out, in & bits[P2P], out & bits[P2P],
                                                  out & bits[CASH]};
        memcpy(reversed[w], families, sizeof families);
    }
    v->kernels->tally(v->ring.amount, v->ring.count, reversed, v->masks.window, count, sum);
    for (int f = 0; f < RING_FAMILIES; f++)
        for (int w = 0; w < RING_WINDOWS; w++)
            v->raw->sum[f][w] -= sum[f][w];
}

INLINE bool any_reversal(const struct view *v, uint32_t words) {
    return v->masks.bits[0][REVERSAL] != 0 || (words > 1 && v->masks.bits[1][REVERSAL] != 0);
}

INLINE void tally(struct view *v, uint32_t words) {
    struct raw_row *raw = v->raw;
    more_lanes(v, words);
    v->kernels->tally(v->ring.amount, v->ring.count, v->family, v->masks.window, raw->count,
                      raw->sum);
    raw->whole[RAW_credited_24h] = raw->sum[FAMILY_IN][LANE_24H];
    raw->whole[RAW_credited_72h] = raw->sum[FAMILY_IN][LANE_72H];
    raw->whole[RAW_credited_7d] = raw->sum[FAMILY_IN][LANE_7D];
    raw->whole[RAW_debited_24h] = raw->sum[FAMILY_OUT][LANE_24H];
    raw->whole[RAW_p2p_24h] = raw->count[FAMILY_P2P_IN][LANE_24H];
    raw->whole[RAW_phone_24h] = both(family_of(v, FAMILY_P2P_IN, LANE_24H, words),
                                     mask_of(v->masks.kind, PHONE, words), words);
    if (any_reversal(v, words)) take_out_reversals(v);
}

/* Distinct counterparties. */

/* Whether the ring has events after this one. */
INLINE bool is_late(const struct view *v) {
    return v->second < v->account->newest_s;
}

/* The latest of a counterparty among the slots of a mask. */
static void add_heir(const struct view *v, const struct mask *among, uint32_t counterparty,
                     struct mask *newest) {
    struct mask same;
    v->kernels->match(v->ring.counterparty, v->ring.count, counterparty, same.word);
    int found = -1;
    for (uint32_t w = 0; w < MASK_WORDS; w++)
        for (uint64_t m = same.word[w] & among->word[w]; m != 0; m &= m - 1) {
            const int slot = (int)(64 * w) + __builtin_ctzll(m);
            if (found < 0 || v->ring.second[slot] >= v->ring.second[found]) found = slot;
        }
    if (found >= 0) newest->word[found / 64] |= UINT64_C(1) << found % 64;
}

/* For a time older than the ring's newest, NEWEST may stand on events after it: then it goes to the
 * latest one up to that time. */
static struct mask newest_as_of(const struct view *v, int family, uint32_t words) {
    struct mask newest = {{0}}, among = {{0}}, after;
    v->kernels->at_least(v->ring.second, v->ring.count, (uint32_t)v->second + 1, after.word);
    for (uint32_t w = 0; w < words; w++) {
        among.word[w] = v->family[w][family] & ~after.word[w];
        newest.word[w] = v->masks.bits[w][NEWEST] & among.word[w];
    }
    for (uint32_t w = 0; w < words; w++) {
        uint64_t gone = v->masks.bits[w][NEWEST] & v->family[w][family] & after.word[w];
        for (; gone != 0; gone &= gone - 1) {
            const uint32_t slot = 64 * w + (uint32_t)__builtin_ctzll(gone);
            add_heir(v, &among, v->ring.counterparty[slot], &newest);
        }
    }
    return newest;
}

/* Returns the newest event of each. */
INLINE struct mask distinct(const struct view *v, int family, uint32_t words, int64_t *hour,
                            int64_t *day, int64_t *week) {
    const struct mask newest =
        is_late(v) ? newest_as_of(v, family, words) : mask_of(v->masks.bits, NEWEST, words);
    *hour = both(family_of(v, family, LANE_1H, words), newest, words);
    *day = both(family_of(v, family, LANE_24H, words), newest, words);
    *week = both(family_of(v, family, LANE_7D, words), newest, words);
    return newest;
}

INLINE void counterparties(struct view *v, uint32_t words) {
    int64_t *whole = v->raw->whole;
    struct mask flagged = distinct(v, FAMILY_IN, words, &whole[RAW_payers_1h],
                                   &whole[RAW_payers_24h], &whole[RAW_payers_7d]);
    for (uint32_t w = 0; w < words; w++)
        flagged.word[w] &= v->masks.kind[w][FLAGGED];
    whole[RAW_flagged_payers_24h] = both(family_of(v, FAMILY_IN, LANE_24H, words), flagged, words);
    distinct(v, FAMILY_OUT, words, &whole[RAW_payees_1h], &whole[RAW_payees_24h],
             &whole[RAW_payees_7d]);
}

/* First in, first out. */

/* The first slot of a mask; RING_MAX: none. */
INLINE uint32_t first_of(struct mask mask, uint32_t words) {
    if (mask.word[0] != 0) return (uint32_t)__builtin_ctzll(mask.word[0]);
    if (words == 1 || mask.word[1] == 0) return RING_MAX;
    return 64 + (uint32_t)__builtin_ctzll(mask.word[1]);
}

/* Whether money went out, or was reversed, after a slot. */
INLINE bool leaves_after(const struct view *v, uint32_t slot, uint32_t words) {
    uint64_t out[MASK_WORDS] = {0};
    for (uint32_t w = 0; w < words; w++) {
        const uint64_t *bits = v->masks.bits[w];
        out[w] = v->used[w] & ((~v->masks.kind[w][IN] & ~bits[ATTEMPT]) | bits[REVERSAL]);
    }
    if (slot >= 64) return out[1] >> slot % 64 != 0;
    return out[0] >> slot != 0 || out[1] != 0;
}

INLINE void fifo_features(struct view *v, uint32_t words) {
    int64_t *whole = v->raw->whole;
    const struct fifo_question question = {
        first_of(family_of(v, FAMILY_IN, LANE_72H, words), words), v->second};
    struct fifo_answer gone = {0};
    if (question.first < RING_MAX && leaves_after(v, question.first, words))
        fifo_ask(v->account, &question, any_reversal(v, words), &gone);
    whole[RAW_gone_10m] = gone.day_10m;
    whole[RAW_gone_1h] = gone.day_1h;
    whole[RAW_gone_72h] = gone.three_days;
    whole[RAW_passed_amount_cash_24h] = gone.p2p_day_cash;
    whole[RAW_passed_amount_p2p_24h] = gone.p2p_day_p2p;
    whole[RAW_passed_amount_cash_72h] = gone.p2p_three_days_cash;
    whole[RAW_passed_amount_p2p_72h] = gone.p2p_three_days_p2p;
}

/* Seconds since the latest event of a mask. */
INLINE int64_t since_latest(const struct view *v, const struct mask *mask) {
    const uint32_t latest = v->kernels->largest(v->ring.second, v->ring.count, mask->word);
    return latest == 0 ? RAW_NULL : v->second - latest;
}

/* Half of a coded amount, rounded up, as the code that all amounts of that much and more are not
 * below. */
static uint32_t half_of(uint32_t coded) {
    const int64_t half = (amount_of(coded) + 1) / 2;
    const uint32_t code = quantise_amount(half);
    return code + (amount_of(code) < half);
}

INLINE void gaps(struct view *v, uint32_t words) {
    const uint8_t type = v->tx->event_type;
    const bool debit = v->tx->tx_status == TX_STATUS_SETTLED && v->role == SIDE_PAYER;
    const bool cash = type == EVENT_TYPE_CASH_WITHDRAWAL || type == EVENT_TYPE_CRYPTO_PURCHASE;
    int64_t *whole = v->raw->whole;
    whole[RAW_credit_debit_gap] = whole[RAW_cash_gap] = RAW_NULL;
    if (debit && type != EVENT_TYPE_OWN_TRANSFER) {
        struct mask large, credits = family_of(v, FAMILY_IN, LANE_24H, words);
        const uint32_t half = half_of(quantise_amount(v->tx->amount_tiyn));
        v->kernels->at_least(v->ring.amount, v->ring.count, half, large.word);
        for (int w = 0; w < MASK_WORDS; w++)
            credits.word[w] &= large.word[w];
        whole[RAW_credit_debit_gap] = since_latest(v, &credits);
    }
    if (debit && cash) {
        const struct mask credits = family_of(v, FAMILY_P2P_IN, LANE_7D, words);
        whole[RAW_cash_gap] = since_latest(v, &credits);
    }
}

INLINE void attempts(struct view *v, uint32_t words) {
    const struct mask hour = window_of(v, LANE_1H, words), day = window_of(v, LANE_24H, words);
    const struct mask all = mask_of(v->masks.bits, ATTEMPT, words);
    struct mask new = mask_of(v->masks.bits, STRANGER, words);
    for (uint32_t w = 0; w < words; w++)
        new.word[w] &= all.word[w];
    v->raw->whole[RAW_attempts_1h] = both(all, hour, words);
    v->raw->whole[RAW_attempts_24h] = both(all, day, words);
    v->raw->whole[RAW_attempts_new_payee_1h] = both(new, hour, words);
    v->raw->whole[RAW_attempts_new_payee_24h] = both(new, day, words);
}

/* Extremes and habits. */

/* Events of 24 h ago and before. */
INLINE struct mask older_of(const struct view *v, struct mask day, uint32_t words) {
    struct mask recent = day;
    if (is_late(v))
        v->kernels->at_least(v->ring.second, v->ring.count, (uint32_t)(v->second - SECONDS_24H + 1),
                             recent.word);
    return (struct mask){
        {v->used[0] & ~recent.word[0], words == 1 ? 0 : v->used[1] & ~recent.word[1]}};
}

/* What left the ring may be the latest event before the last 24 h. */
INLINE int64_t dormancy(const struct view *v, const struct extremes *extremes) {
    const struct account *a = v->account;
    const uint32_t now = (uint32_t)v->second;
    const bool real = (a->flags & (ACCOUNT_SEEN | ACCOUNT_COLD)) == ACCOUNT_SEEN;
    const bool left_counts = real && a->left_s <= now - SECONDS_24H;
    const uint32_t left = left_counts ? a->left_s : 0;
    const uint32_t before = left > extremes->older ? left : extremes->older;
    const uint32_t first = extremes->recent < now ? extremes->recent : now;
    return before == 0 ? RAW_NULL : (int64_t)first - before;
}

INLINE void extremes(struct view *v, struct mask day, uint32_t words) {
    const struct mask in = family_of(v, FAMILY_IN, LANE_24H, words);
    const struct mask out = family_of(v, FAMILY_OUT, LANE_24H, words);
    const struct mask older = older_of(v, day, words);
    const struct extremes_of of = {.in = {in.word[0], in.word[1]},
                                   .out = {out.word[0], out.word[1]},
                                   .older = {older.word[0], older.word[1]},
                                   .recent = {day.word[0], day.word[1]}};
    struct extremes found;
    v->kernels->extremes(v->ring.amount, v->ring.second, v->ring.count, &of, &found);
    v->raw->whole[RAW_in_max_24h] = amount_of(found.in);
    v->raw->whole[RAW_out_max_24h] = amount_of(found.out);
    v->raw->whole[RAW_dormancy_gap] = dormancy(v, &found);
}

INLINE void habits(struct view *v, struct mask day, uint32_t words) {
    int64_t *whole = v->raw->whole;
    uint32_t hours, night;
    v->kernels->hours(v->ring.second, v->ring.count, day.word, &hours, &night);
    whole[RAW_active_hours_24h] = __builtin_popcount(hours);
    whole[RAW_night_24h] = night;
    whole[RAW_events_24h] = both(day, day, words);
    whole[RAW_round_24h] = both(day, mask_of(v->masks.kind, ROUND, words), words);
}

static int64_t flag(uint8_t tristate) {
    return tristate == TRISTATE_NULL ? RAW_NULL : tristate;
}

static void circumstances(struct view *v, const struct outside *outside) {
    const bool payer = v->role == SIDE_PAYER;
    const struct transaction *tx = v->tx;
    const struct party *p = payer ? &tx->payer : &tx->payee;
    int64_t *whole = v->raw->whole;
    const int64_t balance =
        p->balance_after_minor > INT64_MIN ? p->balance_after_minor : INT64_MIN + 1;
    whole[RAW_balance] = p->balance_after_present ? balance : RAW_NULL;
    whole[RAW_account_age_days] =
        p->account_opened_on_present ? v->second / DAY_S - p->account_opened_on_day : RAW_NULL;
    whole[RAW_living_age] =
        v->account->last_living_s == 0 ? RAW_NULL : v->second - v->account->last_living_s;
    whole[RAW_credential_age] =
        p->credential_changed_at_present ? v->second - p->credential_changed_at_s : RAW_NULL;
    whole[RAW_active_call] = payer ? flag(tx->active_call) : RAW_NULL;
    whole[RAW_remote_access] = payer ? flag(tx->remote_access) : RAW_NULL;
    whole[RAW_phone_owner_mismatch] = flag(p->phone_owner_mismatch);
    whole[RAW_fraud_call] = outside->fraud_call;
    v->raw->real[RAW_list_evidence] = outside->list_evidence;
    whole[RAW_taint_amount_72h] = outside->taint.amount_72h;
    whole[RAW_taint_hop] = outside->taint.hop == 0 ? RAW_NULL : outside->taint.hop;
    whole[RAW_collector_fan_in_24h] = outside->taint.payers_24h;
}

/* Adds what the panes keep, to windows of six hours and more. */
static void add_panes(struct view *v) {
    static const int lanes[PANE_WINDOWS] = {LANE_6H, LANE_24H, LANE_72H, LANE_7D};
    static const int32_t widths[PANE_WINDOWS] = {SECONDS_6H, SECONDS_24H, SECONDS_72H, SECONDS_7D};
    enum { DAY = 1 };
    struct raw_row *raw = v->raw;
    struct panes_sum sum;
    panes_sum(panes_of(v->account), v->second, widths, &sum);
    for (int f = 0; f < RING_FAMILIES; f++)
        for (int w = 0; w < PANE_WINDOWS; w++) {
            raw->count[f][lanes[w]] += (int64_t)sum.count[f][w];
            raw->sum[f][lanes[w]] += sum.net[f][w];
        }
    const int64_t in = amount_of(sum.largest[0][DAY]), out = amount_of(sum.largest[1][DAY]);
    if (in > raw->whole[RAW_in_max_24h]) raw->whole[RAW_in_max_24h] = in;
    if (out > raw->whole[RAW_out_max_24h]) raw->whole[RAW_out_max_24h] = out;
    raw->whole[RAW_attempts_24h] += (int64_t)sum.attempts[DAY];
}

struct amounts_before features_before(const struct account *a) {
    const bool known = a->amounts >= AMOUNTS_LEAST && a->amount_variance > 0;
    return (struct amounts_before){a->amount_mean, known ? a->amount_variance : NAN};
}

INLINE void take_words(struct view *v, uint32_t words) {
    look(v, words);
    tally(v, words);
    counterparties(v, words);
    fifo_features(v, words);
    gaps(v, words);
    attempts(v, words);
    const struct mask day = window_of(v, LANE_24H, words);
    extremes(v, day, words);
    habits(v, day, words);
}

void features_take(struct features *f, struct batch *batch, uint32_t side,
                   const struct account *account, const struct amounts_before *before,
                   const struct outside *outside) {
    struct view v; /* too large to be cleared first */
    if (f->count == 0) f->first_side = side;
    v.account = account;
    v.tx = &batch->tx[batch->side[side].event];
    v.kernels = f->kernels;
    v.role = batch->side[side].role;
    v.second = v.tx->event_time_s;
    v.ring = ring_of(account);
    v.raw = &f->rows[f->count++];
    if (v.ring.count <= 64)
        take_words(&v, 1);
    else
        take_words(&v, 2);
    circumstances(&v, outside);
    v.raw->whole[RAW_amount] = amount_of(quantise_amount(v.tx->amount_tiyn));
    v.raw->real[RAW_credit_rate] = account_credit_rate(account, v.second);
    v.raw->real[RAW_mean] = before->mean;
    v.raw->real[RAW_variance] = before->variance;
    if (account->size_class == CLASS_PANES) add_panes(&v);
    if (f->count == LANES) features_flush(f, batch);
}

/* Rows that are not in use keep what an earlier side left there; nobody looks at them. */
void features_flush(struct features *f, struct batch *batch) {
    if (f->count == 0) return;
    f->kernels->transpose(&f->rows[0].count[0][0], RAW_ROW, RAW_ROW, &f->columns.count[0][0][0]);
    f->finish(&f->columns, &batch->features[0][f->first_side], BATCH_COLUMN);
    f->count = 0;
}

void features_quality(const struct account *a, int64_t second, int64_t first_s, struct side *side) {
    const int64_t since_s = second - SECONDS_7D;
    const bool cold = (a->flags & ACCOUNT_COLD) != 0;
    side->approximate_before_s = cold || (a->flags & ACCOUNT_SEEN) != 0 ? a->left_s : 0;
    side->cold_before_s = cold && a->left_s > first_s ? a->left_s : first_s;
    side->quality = (since_s < side->approximate_before_s ? 1u << QUALITY_APPROXIMATE : 0) |
                    (since_s < side->cold_before_s ? 1u << QUALITY_COLD_START : 0) |
                    (second < a->newest_s ? 1u << QUALITY_LATE : 0);
}
