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

/* What the parts of the vector share. Masks are by word; `words` of them are in use. */
struct view {
    const struct account *account;
    const struct transaction *tx;
    const struct kernels *kernels;
    enum side_role role;
    int64_t second;
    struct ring ring;
    uint32_t words;
    uint64_t used[MASK_WORDS];
    struct ring_masks masks;
    uint64_t family[MASK_WORDS][RING_FAMILIES]; /* reversals left out */
    struct raw_row *raw;
};

/* Number of slots in both masks. */
static int64_t both(const struct view *v, const uint64_t a[MASK_WORDS],
                    const uint64_t b[MASK_WORDS]) {
    int64_t count = 0;
    for (uint32_t w = 0; w < v->words; w++)
        count += __builtin_popcountll(a[w] & b[w]);
    return count;
}

/* A window by itself, for those who want it as a mask. */
struct mask {
    uint64_t word[MASK_WORDS];
};

static struct mask window_of(const struct view *v, int lane) {
    return (struct mask){{v->masks.window[0][lane], v->masks.window[1][lane]}};
}

static struct mask family_of(const struct view *v, int family, int lane) {
    return (struct mask){{v->family[0][family] & v->masks.window[0][lane],
                          v->family[1][family] & v->masks.window[1][lane]}};
}

static struct mask plane_of(const uint64_t planes[MASK_WORDS][LANES], int bit) {
    return (struct mask){{planes[0][bit], planes[1][bit]}};
}

/* bits[] and kind[] as planes. */
enum { CREDIT, DEBIT, P2P, CASH, NEWEST, STRANGER, ATTEMPT, REVERSAL };
enum { IN = 4, ROUND, FOREIGN, PHONE };

static void look(struct view *v) {
    uint32_t low[RING_WINDOWS];
    for (int w = 0; w < RING_WINDOWS; w++)
        low[w] = (uint32_t)v->second - width_s[w];
    const uint32_t count = v->ring.count;
    v->words = count > 64 ? 2 : 1;
    v->used[0] = count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
    v->used[1] = count <= 64 ? 0 : count == 128 ? UINT64_MAX : (UINT64_C(1) << (count - 64)) - 1;
    v->kernels->look(v->ring.second, v->ring.bits, v->ring.kind, v->ring.count, low,
                     (uint32_t)v->second, &v->masks);
    for (uint32_t w = 0; w < MASK_WORDS; w++) {
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
static uint64_t crypto_of(const struct view *v, uint32_t word, uint64_t mask) {
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
static void more_lanes(struct view *v) {
    for (uint32_t w = 0; w < v->words; w++) {
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

static bool any_reversal(const struct view *v) {
    return v->masks.bits[0][REVERSAL] != 0 || (v->words > 1 && v->masks.bits[1][REVERSAL] != 0);
}

static void tally(struct view *v) {
    struct raw_row *raw = v->raw;
    more_lanes(v);
    v->kernels->tally(v->ring.amount, v->ring.count, v->family, v->masks.window, raw->count,
                      raw->sum);
    raw->whole[RAW_credited_24h] = raw->sum[FAMILY_IN][LANE_24H];
    raw->whole[RAW_credited_72h] = raw->sum[FAMILY_IN][LANE_72H];
    raw->whole[RAW_credited_7d] = raw->sum[FAMILY_IN][LANE_7D];
    raw->whole[RAW_debited_24h] = raw->sum[FAMILY_OUT][LANE_24H];
    raw->whole[RAW_p2p_24h] = raw->count[FAMILY_P2P_IN][LANE_24H];
    raw->whole[RAW_phone_24h] =
        both(v, family_of(v, FAMILY_P2P_IN, LANE_24H).word, plane_of(v->masks.kind, PHONE).word);
    if (any_reversal(v)) take_out_reversals(v);
}

static int64_t largest(const struct view *v, int family) {
    const struct mask day = family_of(v, family, LANE_24H);
    return amount_of(v->kernels->largest(v->ring.amount, v->ring.count, day.word));
}

/* Distinct counterparties. */

/* The latest of a counterparty among the slots of a mask. */
static void add_heir(const struct view *v, const struct mask *among, uint32_t counterparty,
                     struct mask *newest) {
    struct mask same;
    v->kernels->match(v->ring.counterparty, v->ring.count, counterparty, same.word);
    int found = -1;
    for (uint32_t w = 0; w < v->words; w++)
        for (uint64_t m = same.word[w] & among->word[w]; m != 0; m &= m - 1) {
            const int slot = (int)(64 * w) + __builtin_ctzll(m);
            if (found < 0 || v->ring.second[slot] >= v->ring.second[found]) found = slot;
        }
    if (found >= 0) newest->word[found / 64] |= UINT64_C(1) << found % 64;
}

/* For a time older than the ring's newest, NEWEST may stand on events after it: then it goes to the
 * latest one up to that time. */
static struct mask newest_as_of(const struct view *v, int family) {
    struct mask newest, after, among;
    v->kernels->at_least(v->ring.second, v->ring.count, (uint32_t)v->second + 1, after.word);
    for (uint32_t w = 0; w < MASK_WORDS; w++) {
        among.word[w] = v->family[w][family] & ~after.word[w];
        newest.word[w] = v->masks.bits[w][NEWEST] & among.word[w];
    }
    for (uint32_t w = 0; w < v->words; w++) {
        uint64_t gone = v->masks.bits[w][NEWEST] & v->family[w][family] & after.word[w];
        for (; gone != 0; gone &= gone - 1) {
            const uint32_t slot = 64 * w + (uint32_t)__builtin_ctzll(gone);
            add_heir(v, &among, v->ring.counterparty[slot], &newest);
        }
    }
    return newest;
}

static void distinct(struct view *v, int family, int64_t *hour, int64_t *day, int64_t *week) {
    const bool late = v->second < v->account->newest_s;
    const struct mask newest = late ? newest_as_of(v, family) : plane_of(v->masks.bits, NEWEST);
    *hour = both(v, family_of(v, family, LANE_1H).word, newest.word);
    *day = both(v, family_of(v, family, LANE_24H).word, newest.word);
    *week = both(v, family_of(v, family, LANE_7D).word, newest.word);
}

static void counterparties(struct view *v) {
    int64_t *whole = v->raw->whole;
    whole[RAW_in_max_24h] = largest(v, FAMILY_IN);
    whole[RAW_out_max_24h] = largest(v, FAMILY_OUT);
    distinct(v, FAMILY_IN, &whole[RAW_payers_1h], &whole[RAW_payers_24h], &whole[RAW_payers_7d]);
    distinct(v, FAMILY_OUT, &whole[RAW_payees_1h], &whole[RAW_payees_24h], &whole[RAW_payees_7d]);
}

/* First in, first out. */

/* The first slot of a mask; RING_MAX: none. */
static uint32_t first_of(const struct view *v, const struct mask *mask) {
    for (uint32_t w = 0; w < v->words; w++)
        if (mask->word[w] != 0) return 64 * w + (uint32_t)__builtin_ctzll(mask->word[w]);
    return RING_MAX;
}

/* Whether money went out, or was reversed, after a slot. */
static bool leaves_after(const struct view *v, uint32_t slot) {
    for (uint32_t w = slot / 64; w < v->words; w++) {
        const uint64_t *bits = v->masks.bits[w];
        uint64_t out = v->used[w] & ((~v->masks.kind[w][IN] & ~bits[ATTEMPT]) | bits[REVERSAL]);
        if (w == slot / 64) out = out >> slot % 64;
        if (out != 0) return true;
    }
    return false;
}

static void fifo_features(struct view *v) {
    int64_t *whole = v->raw->whole;
    const struct mask asked = family_of(v, FAMILY_IN, LANE_72H);
    const struct fifo_question question = {first_of(v, &asked), v->second};
    struct fifo_answer gone = {0};
    if (question.first < RING_MAX && leaves_after(v, question.first))
        fifo_ask(v->account, &question, any_reversal(v), &gone);
    whole[RAW_gone_10m] = gone.day_10m;
    whole[RAW_gone_1h] = gone.day_1h;
    whole[RAW_gone_72h] = gone.three_days;
    whole[RAW_passed_amount_cash_24h] = gone.p2p_day_cash;
    whole[RAW_passed_amount_p2p_24h] = gone.p2p_day_p2p;
    whole[RAW_passed_amount_cash_72h] = gone.p2p_three_days_cash;
    whole[RAW_passed_amount_p2p_72h] = gone.p2p_three_days_p2p;
}

/* Seconds since the latest event of a mask. */
static int64_t since_latest(const struct view *v, const struct mask *mask) {
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

static void gaps(struct view *v) {
    const uint8_t type = v->tx->event_type;
    const bool debit = v->tx->tx_status == TX_STATUS_SETTLED && v->role == SIDE_PAYER;
    const bool cash = type == EVENT_TYPE_CASH_WITHDRAWAL || type == EVENT_TYPE_CRYPTO_PURCHASE;
    int64_t *whole = v->raw->whole;
    whole[RAW_credit_debit_gap] = whole[RAW_cash_gap] = RAW_NULL;
    if (debit && type != EVENT_TYPE_OWN_TRANSFER) {
        struct mask large, credits = family_of(v, FAMILY_IN, LANE_24H);
        const uint32_t half = half_of(quantise_amount(v->tx->amount_tiyn));
        v->kernels->at_least(v->ring.amount, v->ring.count, half, large.word);
        for (int w = 0; w < MASK_WORDS; w++)
            credits.word[w] &= large.word[w];
        whole[RAW_credit_debit_gap] = since_latest(v, &credits);
    }
    if (debit && cash) {
        const struct mask credits = family_of(v, FAMILY_P2P_IN, LANE_7D);
        whole[RAW_cash_gap] = since_latest(v, &credits);
    }
}

static void attempts(struct view *v) {
    const struct mask hour = window_of(v, LANE_1H), day = window_of(v, LANE_24H);
    const struct mask all = plane_of(v->masks.bits, ATTEMPT);
    const uint64_t(*bits)[LANES] = v->masks.bits;
    const uint64_t new[MASK_WORDS] = {bits[0][ATTEMPT] & bits[0][STRANGER],
                                      bits[1][ATTEMPT] & bits[1][STRANGER]};
    v->raw->whole[RAW_attempts_1h] = both(v, all.word, hour.word);
    v->raw->whole[RAW_attempts_24h] = both(v, all.word, day.word);
    v->raw->whole[RAW_attempts_new_payee_1h] = both(v, new, hour.word);
    v->raw->whole[RAW_attempts_new_payee_24h] = both(v, new, day.word);
}

/* Habits. */

/* What left the ring may be the latest event before the last 24 h. */
static int64_t dormancy(const struct view *v, const struct mask *day) {
    const struct account *a = v->account;
    const uint32_t now = (uint32_t)v->second, since = now - SECONDS_24H;
    struct mask older;
    v->kernels->at_least(v->ring.second, v->ring.count, since + 1, older.word);
    for (uint32_t w = 0; w < MASK_WORDS; w++)
        older.word[w] = v->used[w] & ~older.word[w];
    uint32_t before = v->kernels->largest(v->ring.second, v->ring.count, older.word);
    uint32_t first = v->kernels->smallest(v->ring.second, v->ring.count, day->word);
    const bool left_counts = (a->flags & ACCOUNT_COLD) == 0 && a->left_s <= since;
    if (left_counts && a->left_s > before) before = a->left_s;
    if (first > now) first = now;
    return before == 0 ? RAW_NULL : (int64_t)first - before;
}

static void habits(struct view *v) {
    const struct mask day = window_of(v, LANE_24H);
    int64_t *whole = v->raw->whole;
    uint32_t hours, night;
    v->kernels->hours(v->ring.second, v->ring.count, day.word, &hours, &night);
    whole[RAW_active_hours_24h] = __builtin_popcount(hours);
    whole[RAW_night_24h] = night;
    whole[RAW_events_24h] = both(v, day.word, day.word);
    whole[RAW_round_24h] = both(v, day.word, plane_of(v->masks.kind, ROUND).word);
    whole[RAW_dormancy_gap] = dormancy(v, &day);
}

static int64_t flag(uint8_t tristate) {
    return tristate == TRISTATE_NULL ? RAW_NULL : tristate;
}

static void circumstances(struct view *v) {
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

void features_take(struct features *f, struct batch *batch, uint32_t side,
                   const struct account *account, const struct amounts_before *before) {
    struct view v; /* too large to be cleared first */
    if (f->count == 0) f->first_side = side;
    v.account = account;
    v.tx = &batch->tx[batch->side[side].event];
    v.kernels = f->kernels;
    v.role = batch->side[side].role;
    v.second = v.tx->event_time_s;
    v.ring = ring_of(account);
    v.raw = &f->rows[f->count++];
    look(&v);
    tally(&v);
    counterparties(&v);
    fifo_features(&v);
    gaps(&v);
    attempts(&v);
    habits(&v);
    circumstances(&v);
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
    side->approximate_before_s = a->left_s;
    side->cold_before_s = cold && a->left_s > first_s ? a->left_s : first_s;
    side->quality = (since_s < side->approximate_before_s ? 1u << QUALITY_APPROXIMATE : 0) |
                    (since_s < side->cold_before_s ? 1u << QUALITY_COLD_START : 0) |
                    (second < a->newest_s ? 1u << QUALITY_LATE : 0);
}
