/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_features.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RING = 128, TEXT_MAX = 40, BUCKETS = 1 << 14, BEFORE = -1 };
enum { NOBODY = 0 }; /* a number that no account has */
enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, WEEK = 7 * DAY, ZONE = 5 * HOUR };
enum { PANE = 6 * HOUR, PLACES = 32 };

enum happening { MOVED, REVERSED, ATTEMPTED };

/* How an entry left the ring. */
enum leaving { NOT_LEFT, EXPIRED, CROWDED_OUT };

/* One line of an account's statement. */
struct entry {
    char tx_id[TEXT_MAX];
    int64_t second;
    int64_t exact;  /* tiyn as given */
    int64_t amount; /* tiyn as a slot of the ring can say it */
    int64_t balance_after, balance_before;
    uint32_t counterparty; /* NOBODY where there is none */
    enum happening happening;
    enum event_type type;
    enum leaving leaving;
    bool credit;
    bool abroad, to_phone;
    bool stranger;
    bool flagged; /* there was evidence against the payer when it came */
    bool balance_known;
    bool beyond_a_slot; /* the amount is more than a slot can say */
};

struct person {
    char token[TEXT_MAX];
    uint32_t number;
    int64_t since;         /* engine clock when the number was given */
    struct entry *entries; /* the first `left` of them have left the ring */
    size_t left, count, room;
    struct person *next; /* in the bucket */
};

struct naive {
    enum naive_mutation mutation;
    int64_t dormancy_s;
    struct person *persons[BUCKETS];
    uint32_t numbers; /* given so far */
    bool moved;       /* of the transaction that was taken last */
};

/* What a vector is made of. */
struct question {
    enum naive_mutation mutation;
    const struct person *person;
    const struct entry *ring;
    int ring_count;
    const struct transaction *tx;
    bool payee;
    const struct naive_known *known;
    bool to_stranger; /* it pays an account that was new to the payer before */
    int64_t now;
    int64_t newest_pane[PLACES]; /* of those that were crowded out, at each place; 0: none */
    double *out;
};

struct naive *naive_new(enum naive_mutation mutation, int64_t dormancy_s) {
    struct naive *naive = calloc(1, sizeof *naive);
    assert(naive != NULL);
    naive->mutation = mutation;
    naive->dormancy_s = dormancy_s;
    return naive;
}

void naive_free(struct naive *naive) {
    for (int i = 0; i < BUCKETS; i++)
        while (naive->persons[i] != NULL) {
            struct person *person = naive->persons[i];
            naive->persons[i] = person->next;
            free(person->entries);
            free(person);
        }
    free(naive);
}

static void copy_text(char out[TEXT_MAX], struct text text) {
    assert(text.size < TEXT_MAX);
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

static struct person *person_of(struct naive *naive, struct text token) {
    char name[TEXT_MAX];
    uint32_t sum = 5381;
    if (token.size == 0) return NULL;
    copy_text(name, token);
    for (uint32_t i = 0; i < token.size; i++)
        sum = sum * 33 + (uint8_t)name[i];
    struct person **bucket = &naive->persons[sum % BUCKETS];
    for (struct person *person = *bucket; person != NULL; person = person->next)
        if (strcmp(person->token, name) == 0) return person;
    struct person *person = calloc(1, sizeof *person);
    assert(person != NULL);
    strcpy(person->token, name);
    person->next = *bucket;
    return *bucket = person;
}

/* From here on an amount is rounded to, or cut at, the largest number of units. */
#define MOST_IN_A_SLOT (INT64_C(2147483647) * 65536 - 32768)

/* 31 bits of tiyn, or 31 bits of units of 65,536 tiyn, the nearest one, the largest at most. */
static int64_t in_a_slot(int64_t tiyn, enum naive_mutation mutation) {
    const int64_t most = 2147483647;
    if (tiyn <= most || mutation == NAIVE_amounts_not_quantised) return tiyn;
    int64_t units = tiyn / 65536;
    if (tiyn % 65536 >= 32768 && mutation != NAIVE_amounts_cut_not_rounded) units++;
    return (units > most ? most : units) * 65536;
}

static enum happening happening_of(const struct transaction *tx) {
    if (tx->tx_status == TX_STATUS_SETTLED) return MOVED;
    return tx->tx_status == TX_STATUS_REVERSED ? REVERSED : ATTEMPTED;
}

static size_t ring_size(enum naive_mutation mutation) {
    return mutation == NAIVE_ring_of_127 ? RING - 1 : RING;
}

static struct entry entry_of(const struct naive *naive, const struct transaction *tx, bool payee,
                             uint32_t counterparty) {
    const struct party *party = payee ? &tx->payee : &tx->payer;
    struct entry e = {
        .second = tx->event_time_s,
        .exact = tx->amount_tiyn,
        .amount = in_a_slot(tx->amount_tiyn, naive->mutation),
        .balance_after = party->balance_after_minor,
        .balance_known = party->balance_after_present,
        .counterparty = counterparty,
        .happening = happening_of(tx),
        .type = (enum event_type)tx->event_type,
        .credit = payee,
        .abroad = tx->country_to.size > 0 &&
                  (tx->country_to.size != 2 || memcmp(tx->country_to.data, "KZ", 2) != 0),
        .to_phone = tx->payee_alias_type == ALIAS_TYPE_PHONE,
        .beyond_a_slot = tx->amount_tiyn >= MOST_IN_A_SLOT,
    };
    copy_text(e.tx_id, tx->tx_id);
    __int128 before = e.balance_after;
    if (e.happening == MOVED) before += payee ? -(__int128)e.exact : (__int128)e.exact;
    if (e.happening == REVERSED) before += payee ? (__int128)e.exact : -(__int128)e.exact;
    if (before > INT64_MAX || before < INT64_MIN) e.balance_known = false;
    e.balance_before = e.balance_known ? (int64_t)before : 0;
    return e;
}

/* Whether the counterparty is not in the ring within the week before. */
static bool is_stranger(const struct person *person, const struct entry *e,
                        enum naive_mutation mutation) {
    if (e->counterparty == NOBODY) return false;
    for (size_t i = person->left; i < person->count; i++) {
        const struct entry *old = &person->entries[i];
        const bool recent = old->second <= e->second && old->second > e->second - WEEK;
        if (old->counterparty == e->counterparty &&
            (recent || mutation == NAIVE_strangers_for_ever))
            return false;
    }
    return true;
}

/* The account as it stands when a row comes to it at the engine clock. */
static void touch(struct naive *naive, struct person *person, int64_t clock_s) {
    const enum naive_mutation mutation = naive->mutation;
    const int64_t keep = mutation == NAIVE_keep_of_9_days ? 9 * DAY : 8 * DAY;
    int64_t newest = person->number == 0 ? INT64_MAX : person->since; /* without an event */
    for (size_t i = 0; i < person->count; i++)
        if (i == 0 || person->entries[i].second > newest) newest = person->entries[i].second;
    const bool dormant = newest <= clock_s - naive->dormancy_s;
    if (dormant && mutation != NAIVE_dormancy_not_forgotten) person->left = person->count = 0;
    if (person->number == 0 || (dormant && mutation != NAIVE_dormancy_not_forgotten &&
                                mutation != NAIVE_number_kept_when_forgotten)) {
        person->number = ++naive->numbers;
        person->since = clock_s;
    }
    while (person->left < person->count && person->entries[person->left].second <= clock_s - keep)
        person->entries[person->left++].leaving = EXPIRED;
}

static void append(struct person *person, struct entry e, enum naive_mutation mutation) {
    if (mutation == NAIVE_stranger_asked_of_128) e.stranger = is_stranger(person, &e, mutation);
    if (person->count - person->left == ring_size(mutation))
        person->entries[person->left++].leaving = CROWDED_OUT;
    if (mutation != NAIVE_stranger_asked_of_128) e.stranger = is_stranger(person, &e, mutation);
    if (person->count == person->room) {
        person->room = person->room == 0 ? 64 : 2 * person->room;
        person->entries = realloc(person->entries, person->room * sizeof *person->entries);
        assert(person->entries != NULL);
    }
    person->entries[person->count++] = e;
}

/* The latest time of which the ring may not know all; 0: none. */
static int64_t left_second(const struct person *person, enum naive_mutation mutation) {
    int64_t latest = 0;
    for (size_t i = 0; i < person->count; i++) {
        const struct entry *e = &person->entries[i];
        const bool left = i < person->left && mutation != NAIVE_left_not_marked;
        if ((left || e->beyond_a_slot) && e->second > latest) latest = e->second;
    }
    return latest;
}

/* Selections. */

static bool within(const struct question *q, const struct entry *e, int64_t window) {
    const int64_t low = q->now - window;
    const bool above =
        e->second > low || (q->mutation == NAIVE_window_closed_below && e->second == low);
    const bool upto = q->mutation == NAIVE_window_open_above   ? e->second < q->now
                      : q->mutation == NAIVE_later_events_seen ? true
                                                               : e->second <= q->now;
    return above && upto;
}

enum family { IN, OUT, P2P_IN, P2P_OUT, CASH_OUT };

static bool is_cash(enum event_type type) {
    return type == EVENT_TYPE_CASH_WITHDRAWAL || type == EVENT_TYPE_CRYPTO_PURCHASE;
}

static bool belongs(const struct question *q, const struct entry *e, enum family family) {
    if (e->happening == ATTEMPTED) return false;
    if (e->type == EVENT_TYPE_OWN_TRANSFER && q->mutation != NAIVE_own_transfers_flow) return false;
    if (e->credit != (family == IN || family == P2P_IN)) return false;
    if (family == P2P_IN || family == P2P_OUT) return e->type == EVENT_TYPE_P2P_TRANSFER;
    return family == CASH_OUT ? is_cash(e->type) : true;
}

/* Settled entries of a family in a window. */
static bool settled(const struct question *q, const struct entry *e, enum family family,
                    int64_t window) {
    return e->happening == MOVED && belongs(q, e, family) && within(q, e, window);
}

/* Entries that were crowded out are known by panes of event time: six hours each, 32 places. A pane
 * is kept while no later one has its place, and is in a window by its middle. */
static bool in_a_pane(const struct question *q, const struct entry *e, int64_t window) {
    const int64_t pane = e->second / PANE, start = pane * PANE;
    const int64_t slack = q->mutation == NAIVE_pane_by_its_start ? 0 : PANE / 2;
    if (window < PANE || q->mutation == NAIVE_panes_forgotten) return false;
    if (e->leaving == EXPIRED ? q->mutation != NAIVE_panes_of_expired : e->leaving != CROWDED_OUT)
        return false;
    if (q->newest_pane[pane % PLACES] > pane && q->mutation != NAIVE_panes_kept_for_ever)
        return false;
    return start > q->now - window - slack && start <= q->now;
}

static void find_panes(struct question *q) {
    for (size_t i = 0; i < q->person->left; i++) {
        const int64_t pane = q->person->entries[i].second / PANE;
        int64_t *newest = &q->newest_pane[pane % PLACES];
        if (q->person->entries[i].leaving == CROWDED_OUT && pane > *newest) *newest = pane;
    }
}

/* An entry of the ring in the window, or one that a pane of the window knows. */
static bool known_within(const struct question *q, const struct entry *e, int64_t window) {
    return e->leaving == NOT_LEFT ? within(q, e, window) : in_a_pane(q, e, window);
}

/* An own transfer belongs nowhere; a mutant takes it in once it has left. */
static bool belongs_in_pane(const struct question *q, const struct entry *e, enum family family) {
    struct entry other = *e;
    const bool own = e->type == EVENT_TYPE_OWN_TRANSFER && e->leaving != NOT_LEFT;
    if (own && q->mutation == NAIVE_pane_of_own_transfers) other.type = EVENT_TYPE_OTHER;
    return belongs(q, &other, family);
}

static int count_of(const struct question *q, enum family family, int64_t window) {
    int count = 0;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (!known_within(q, e, window) || !belongs_in_pane(q, e, family)) continue;
        count += e->happening == MOVED || q->mutation == NAIVE_reversal_counts;
    }
    return count;
}

static int64_t net_of(const struct question *q, enum family family, int64_t window) {
    int64_t net = 0;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (!known_within(q, e, window) || !belongs_in_pane(q, e, family)) continue;
        if (e->happening == MOVED) net += e->amount;
        if (e->happening == REVERSED && q->mutation != NAIVE_reversal_moves_nothing)
            net -= e->amount;
    }
    return net < 0 && q->mutation != NAIVE_reversal_below_zero ? 0 : net;
}

static double tiyn_of(int64_t tiyn) {
    return (double)tiyn;
}

static double largest(const struct question *q, enum family family, int64_t window) {
    int64_t most = 0;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (e->happening != MOVED || e->amount <= most || !known_within(q, e, window)) continue;
        if (e->leaving != NOT_LEFT && q->mutation == NAIVE_pane_without_largest) continue;
        if (belongs_in_pane(q, e, family)) most = e->amount;
    }
    return tiyn_of(most);
}

/* Whether a later entry of the ring has said so of the same counterparty already. */
static bool met_later(const struct question *q, int at, enum family family, int64_t window) {
    for (int i = at + 1; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        const bool says = q->mutation == NAIVE_counterparty_by_log_order
                              ? e->happening == MOVED && belongs(q, e, family)
                              : settled(q, e, family, window);
        if (e->counterparty == q->ring[at].counterparty && says) return true;
    }
    return false;
}

static int distinct(const struct question *q, enum family family, int64_t window) {
    int count = 0;
    for (int i = 0; i < q->ring_count; i++) {
        if (!settled(q, &q->ring[i], family, window)) continue;
        if (q->mutation == NAIVE_counterparties_not_distinct)
            count++;
        else
            count += q->ring[i].counterparty != NOBODY && !met_later(q, i, family, window);
    }
    return count;
}

/* Whether an entry of the ring is the payer's latest of the day by its time, then by the log. */
static bool is_latest_of_day(const struct question *q, int at) {
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i], *own = &q->ring[at];
        const bool later = e->second > own->second || (e->second == own->second && i > at);
        if (later && e->counterparty == own->counterparty && settled(q, e, IN, DAY)) return false;
    }
    return true;
}

/* As it is meant to be, of the latest credit of each. */
static bool flags(const struct question *q, int at) {
    const struct entry *e = &q->ring[at];
    if (!e->flagged || e->counterparty == NOBODY || !e->credit) return false;
    if (q->mutation == NAIVE_flagged_reversals && e->happening == REVERSED) return true;
    if (!settled(q, e, IN, DAY)) return false;
    if (q->mutation == NAIVE_flags_not_distinct) return true;
    if (q->mutation != NAIVE_flagged_by_any_credit) return is_latest_of_day(q, at);
    for (int i = at + 1; i < q->ring_count; i++) {
        const struct entry *other = &q->ring[i];
        if (other->flagged && other->counterparty == e->counterparty && settled(q, other, IN, DAY))
            return false;
    }
    return true;
}

static int flagged_payers(const struct question *q) {
    int count = 0;
    for (int i = 0; i < q->ring_count; i++)
        count += flags(q, i);
    return count;
}

static double share(int64_t part, int64_t whole) {
    return whole == 0 ? NAN : (double)((long double)part / (long double)whole);
}

static double new_payer_share(const struct question *q, int64_t window) {
    int64_t all = 0, new = 0;
    for (int i = 0; i < q->ring_count; i++) {
        if (!settled(q, &q->ring[i], IN, window)) continue;
        all += q->ring[i].amount;
        if (q->ring[i].stranger) new += q->ring[i].amount;
    }
    return share(new, all);
}

/* Decayed figures over the whole statement. */

/* Decayed number of credits now. */
static double credit_rate(const struct question *q) {
    const long double half_life = 14.0L * DAY;
    long double rate = 0;
    int64_t clock = q->now;
    for (size_t i = 0; i < q->person->count; i++)
        if (q->person->entries[i].second > clock) clock = q->person->entries[i].second;
    int64_t at = INT64_MIN;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (e->second > at) at = e->second;
        if (e->happening != MOVED || !belongs(q, e, IN)) continue;
        rate += q->mutation == NAIVE_rate_not_decayed
                    ? 1.0L
                    : powl(0.5L, (long double)(clock - at) / half_life);
    }
    return (double)rate;
}

static double burst(const struct question *q, double rate, int64_t window) {
    const double expected = rate * (double)window * log(2.0) / (14.0 * DAY);
    return log((count_of(q, IN, window) + 0.5) / (expected + 0.5));
}

static double amount_z(const struct person *person, int64_t amount) {
    long double mean = 0, variance = 0;
    int count = 0;
    for (size_t i = 0; i < person->count; i++) {
        if (person->entries[i].happening == ATTEMPTED) continue;
        const long double off = (long double)person->entries[i].amount - mean;
        if (count++ == 0) {
            mean = off;
            continue;
        }
        mean += off / 16.0L;
        variance = (variance + off * off / 16.0L) * 15.0L / 16.0L;
    }
    if (count < 5 || variance <= 0) return NAN;
    const long double z = ((long double)amount - mean) / sqrtl(variance);
    return (double)(z > 20 ? 20 : z < -20 ? -20 : z);
}

/* First in, first out. */

enum { SPENDS_MAX = RING * (RING + 1) };

struct spend {
    int lot; /* index into the ring; BEFORE */
    int debit;
    int64_t amount;
};

struct purse {
    int64_t before, owed;
    int64_t left[RING]; /* of each credit of the ring */
    int64_t back[RING]; /* by reversals of its own */
    struct spend spends[SPENDS_MAX];
    int spend_count;
};

/* Money that was there before the first entry of the ring. */
static int64_t money_before(const struct question *q) {
    const struct entry *first = q->person->entries;
    const size_t folded = q->person->left;
    __int128 money = 0;
    if (q->person->count == 0) return 0;
    if (first->balance_known && first->balance_before > 0) money = first->balance_before;
    if (q->mutation == NAIVE_opening_balance_after_the_event && first->balance_known)
        money = first->balance_after > 0 ? first->balance_after : 0;
    if (q->mutation == NAIVE_opening_balance_ignored) money = 0;
    for (size_t i = 0; i < folded && q->mutation != NAIVE_folded_events_forgotten; i++) {
        const struct entry *e = &first[i];
        if (e->happening == ATTEMPTED) continue;
        money += e->credit == (e->happening == MOVED) ? e->amount : -e->amount;
        if (money < 0) money = 0;
        if (money > INT64_MAX) money = INT64_MAX;
    }
    return (int64_t)money;
}

static void note_spend(struct purse *p, int lot, int debit, int64_t amount) {
    if (amount == 0) return;
    assert(p->spend_count < SPENDS_MAX);
    p->spends[p->spend_count++] = (struct spend){lot, debit, amount};
}

static void add_before(struct purse *p, int64_t amount) {
    const __int128 sum = (__int128)p->before + amount;
    p->before = sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

static void pay(const struct question *q, struct purse *p, int debit) {
    int64_t amount = q->ring[debit].amount;
    const int64_t first = amount < p->before ? amount : p->before;
    p->before -= first;
    note_spend(p, BEFORE, debit, first);
    amount -= first;
    for (int k = 0; k < debit; k++) {
        const int lot = q->mutation == NAIVE_last_in_first_out ? debit - 1 - k : k;
        const int64_t part = amount < p->left[lot] ? amount : p->left[lot];
        p->left[lot] -= part;
        note_spend(p, lot, debit, part);
        amount -= part;
    }
    p->owed += amount;
}

static bool is_credit(const struct entry *e) {
    return e->credit && e->happening == MOVED;
}

static int newest_credit(const struct question *q, int before) {
    for (int i = before - 1; i >= 0; i--)
        if (is_credit(&q->ring[i])) return i;
    return BEFORE;
}

static void debit_reversed(const struct question *q, struct purse *p, int reversal) {
    int64_t amount = q->ring[reversal].amount;
    for (int i = p->spend_count - 1; i >= 0; i--) {
        struct spend *s = &p->spends[i];
        if (strcmp(q->ring[s->debit].tx_id, q->ring[reversal].tx_id) != 0) continue;
        if (q->mutation == NAIVE_reversal_gives_back_to_newest) continue;
        const int64_t back = amount < s->amount ? amount : s->amount;
        s->amount -= back;
        amount -= back;
        if (s->lot == BEFORE)
            add_before(p, back);
        else
            p->left[s->lot] += back;
    }
    const int newest = newest_credit(q, reversal);
    if (newest == BEFORE)
        add_before(p, amount);
    else
        p->left[newest] += amount;
}

static void credit_reversed(const struct question *q, struct purse *p, int reversal) {
    int lot = newest_credit(q, reversal);
    for (int i = 0; i < reversal; i++)
        if (is_credit(&q->ring[i]) && strcmp(q->ring[i].tx_id, q->ring[reversal].tx_id) == 0)
            lot = i;
    int64_t *left = lot == BEFORE ? &p->before : &p->left[lot];
    const int64_t back = q->ring[reversal].amount < *left ? q->ring[reversal].amount : *left;
    *left -= back;
    if (lot != BEFORE && strcmp(q->ring[lot].tx_id, q->ring[reversal].tx_id) == 0)
        p->back[lot] += back;
}

static void fill_purse(const struct question *q, struct purse *p) {
    p->before = money_before(q);
    p->owed = 0;
    p->spend_count = 0;
    memset(p->left, 0, sizeof p->left);
    memset(p->back, 0, sizeof p->back);
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        const bool nothing = e->happening == ATTEMPTED && q->mutation != NAIVE_attempt_moves_money;
        if (nothing) continue;
        if (e->happening == REVERSED && e->credit) {
            credit_reversed(q, p, i);
        } else if (e->happening == REVERSED) {
            debit_reversed(q, p, i);
        } else if (e->credit) {
            p->left[i] = e->amount;
            if (q->mutation != NAIVE_unseen_money_owed) continue;
            const int64_t due = p->owed < e->amount ? p->owed : e->amount;
            p->owed -= due;
            p->left[i] -= due;
        } else {
            pay(q, p, i);
        }
    }
}

enum way { ANY_WAY, AS_CASH, BY_P2P };

/* What left, and how, of the credits of a family in a window, at most `age` after arriving. */
static int64_t gone(const struct question *q, const struct purse *p, enum family family,
                    int64_t window, enum way way, int64_t age) {
    int64_t sum = 0;
    for (int i = 0; i < p->spend_count; i++) {
        const struct spend *s = &p->spends[i];
        if (s->lot == BEFORE || !settled(q, &q->ring[s->lot], family, window)) continue;
        const struct entry *debit = &q->ring[s->debit];
        int64_t after = debit->second - q->ring[s->lot].second;
        if (after < 0) after = q->mutation == NAIVE_negative_age_is_not_rapid ? INT64_MAX : 0;
        if (q->mutation == NAIVE_rapid_up_to_601_seconds && after == 601) after = 600;
        const bool fits = way == ANY_WAY || (way == AS_CASH && is_cash(debit->type)) ||
                          (way == BY_P2P && debit->type == EVENT_TYPE_P2P_TRANSFER);
        if (fits && after <= age) sum += s->amount;
    }
    return sum;
}

static int64_t credited(const struct question *q, int64_t window) {
    int64_t sum = 0;
    for (int i = 0; i < q->ring_count; i++)
        if (settled(q, &q->ring[i], IN, window)) sum += q->ring[i].amount;
    return sum;
}

static int64_t unspent_p2p(const struct question *q, const struct purse *p) {
    int64_t sum = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        const bool transfer = is_credit(e) && e->type == EVENT_TYPE_P2P_TRANSFER;
        if (transfer && e->second > q->now - DAY) sum += p->left[i];
    }
    return sum;
}

static int64_t unspent_protected(const struct question *q, const struct purse *p) {
    int64_t sum = 0;
    for (int i = 0; i < q->ring_count; i++)
        if (is_credit(&q->ring[i]) && q->ring[i].type == EVENT_TYPE_SALARY_OR_BENEFIT)
            sum += p->left[i];
    return sum;
}

static int64_t unreturned_s(const struct question *q, const struct purse *p) {
    int64_t latest = left_second(q->person, q->mutation);
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (!is_credit(e) || e->type != EVENT_TYPE_P2P_TRANSFER) continue;
        if (p->left[i] > 0) return INT64_MAX;
        if (p->back[i] < e->amount && e->second > latest) latest = e->second;
    }
    return latest;
}

static void fifo(const struct question *q, struct naive_side *side) {
    struct purse purse;
    fill_purse(q, &purse);
    double *o = q->out;
    const int64_t ever = INT64_MAX;
    o[FEATURE_rapid_cash_out_10m] =
        share(gone(q, &purse, IN, DAY, ANY_WAY, 10 * MINUTE), credited(q, DAY));
    o[FEATURE_rapid_cash_out_1h] = share(gone(q, &purse, IN, DAY, ANY_WAY, HOUR), credited(q, DAY));
    o[FEATURE_retained_share] =
        1.0 - share(gone(q, &purse, IN, 3 * DAY, ANY_WAY, ever), credited(q, 3 * DAY));
    o[FEATURE_passed_amount_cash_24h] = tiyn_of(gone(q, &purse, P2P_IN, DAY, AS_CASH, ever));
    o[FEATURE_passed_amount_cash_72h] = tiyn_of(gone(q, &purse, P2P_IN, 3 * DAY, AS_CASH, ever));
    o[FEATURE_passed_amount_p2p_24h] = tiyn_of(gone(q, &purse, P2P_IN, DAY, BY_P2P, ever));
    o[FEATURE_passed_amount_p2p_72h] = tiyn_of(gone(q, &purse, P2P_IN, 3 * DAY, BY_P2P, ever));
    side->unspent_p2p = unspent_p2p(q, &purse);
    side->unspent_protected = unspent_protected(q, &purse);
    side->unreturned_s = unreturned_s(q, &purse);
}

/* The rest of the vector. */

static void counts_and_amounts(const struct question *q) {
    static const int64_t windows[] = {10 * MINUTE, HOUR, DAY, 3 * DAY, WEEK};
    static const int counts[] = {FEATURE_in_count_10m, FEATURE_out_count_10m,
                                 FEATURE_p2p_in_count_10m, FEATURE_p2p_out_count_10m,
                                 FEATURE_cash_out_count_10m};
    static const int amounts[] = {FEATURE_in_amount_10m, FEATURE_out_amount_10m,
                                  FEATURE_p2p_in_amount_10m, FEATURE_p2p_out_amount_10m,
                                  FEATURE_cash_out_amount_10m};
    for (int f = IN; f <= CASH_OUT; f++)
        for (int w = 0; w < 5; w++) {
            q->out[counts[f] + w] = count_of(q, (enum family)f, windows[w]);
            q->out[amounts[f] + w] = tiyn_of(net_of(q, (enum family)f, windows[w]));
        }
    q->out[FEATURE_in_max_24h] = largest(q, IN, DAY);
    q->out[FEATURE_out_max_24h] = largest(q, OUT, DAY);
    q->out[FEATURE_payers_1h] = distinct(q, IN, HOUR);
    q->out[FEATURE_payers_24h] = distinct(q, IN, DAY);
    q->out[FEATURE_payers_7d] = distinct(q, IN, WEEK);
    q->out[FEATURE_payees_1h] = distinct(q, OUT, HOUR);
    q->out[FEATURE_payees_24h] = distinct(q, OUT, DAY);
    q->out[FEATURE_payees_7d] = distinct(q, OUT, WEEK);
    q->out[FEATURE_new_payer_share_24h] = new_payer_share(q, DAY);
    q->out[FEATURE_new_payer_share_7d] = new_payer_share(q, WEEK);
}

/* Debits over credits, at most 10; null below 1,000 KZT of credits. */
static double through(const struct question *q, enum family out, enum family in, int64_t window) {
    const int64_t credits = net_of(q, in, window);
    if (credits < 100000) return NAN;
    const double ratio = share(net_of(q, out, window), credits);
    return ratio > 10 ? 10 : ratio;
}

static void ratios(const struct question *q) {
    double *o = q->out;
    const double rate = credit_rate(q);
    o[FEATURE_inbound_burst_1h] = burst(q, rate, HOUR);
    o[FEATURE_inbound_burst_24h] = burst(q, rate, DAY);
    o[FEATURE_pass_through_1h] = through(q, OUT, IN, HOUR);
    o[FEATURE_pass_through_24h] = through(q, OUT, IN, DAY);
    o[FEATURE_pass_through_7d] = through(q, OUT, IN, WEEK);
    o[FEATURE_cash_out_ratio_6h] = through(q, CASH_OUT, P2P_IN, 6 * HOUR);
    o[FEATURE_cash_out_ratio_24h] = through(q, CASH_OUT, P2P_IN, DAY);
    const int64_t hour = net_of(q, IN, HOUR) + net_of(q, OUT, HOUR);
    const int64_t week = net_of(q, IN, WEEK) + net_of(q, OUT, WEEK);
    o[FEATURE_turnover_acceleration] = 168.0 * share(hour, week);
    const struct party *party = q->payee ? &q->tx->payee : &q->tx->payer;
    o[FEATURE_balance_ratio] = NAN;
    if (!party->balance_after_present || week == 0) return;
    const long double ratio = (long double)party->balance_after_minor / ((long double)week / 7.0L);
    o[FEATURE_balance_ratio] = ratio > 100 ? 100 : (double)ratio;
}

/* Seconds since the latest settled credit of a family that is large enough; null without one. */
static double since_credit(const struct question *q, enum family family, int64_t window,
                           int64_t twice_amount) {
    double best = NAN;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (!settled(q, e, family, window) || 2 * e->amount < twice_amount) continue;
        const double gap = (double)(q->now - e->second);
        if (isnan(best) || gap < best) best = gap;
    }
    return best;
}

static void gaps(const struct question *q) {
    const struct transaction *tx = q->tx;
    const bool debit = tx->tx_status == TX_STATUS_SETTLED && !q->payee;
    const int64_t amount = in_a_slot(tx->amount_tiyn, q->mutation);
    q->out[FEATURE_credit_debit_gap] =
        debit && tx->event_type != EVENT_TYPE_OWN_TRANSFER ? since_credit(q, IN, DAY, amount) : NAN;
    q->out[FEATURE_cash_gap] =
        debit && is_cash((enum event_type)tx->event_type) ? since_credit(q, P2P_IN, WEEK, 0) : NAN;
}

static void attempts(const struct question *q) {
    int hour = 0, day = 0, new_hour = 0, new_day = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (e->happening != ATTEMPTED) continue;
        hour += within(q, e, HOUR);
        day += within(q, e, DAY);
        new_hour += within(q, e, HOUR) && e->stranger;
        new_day += within(q, e, DAY) && e->stranger;
    }
    for (size_t i = 0; i < q->person->left; i++)
        day += q->person->entries[i].happening == ATTEMPTED &&
               in_a_pane(q, &q->person->entries[i], DAY);
    q->out[FEATURE_attempts_1h] = hour;
    q->out[FEATURE_attempts_24h] = day;
    q->out[FEATURE_attempts_new_payee_1h] = new_hour;
    q->out[FEATURE_attempts_new_payee_24h] = new_day;
}

static void ways(const struct question *q) {
    int64_t out = 0, abroad = 0, crypto = 0;
    int in = 0, phone = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (settled(q, e, OUT, DAY)) {
            out += e->amount;
            if (e->abroad) abroad += e->amount;
            if (e->type == EVENT_TYPE_CRYPTO_PURCHASE) crypto += e->amount;
        }
        if (!settled(q, e, P2P_IN, DAY)) continue;
        in++;
        phone += e->to_phone;
    }
    q->out[FEATURE_foreign_out_share_24h] = share(abroad, out);
    q->out[FEATURE_crypto_out_share_24h] = share(crypto, out);
    q->out[FEATURE_alias_phone_share_24h] = share(phone, in);
}

static void habits(const struct question *q) {
    const int64_t zone = q->mutation == NAIVE_night_in_utc ? 0 : ZONE;
    bool active[24] = {false};
    int all = 0, night = 0, round = 0, hours = 0;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (!within(q, e, DAY)) continue;
        const int64_t hour = (e->second + zone) % DAY / HOUR;
        all++;
        night += hour < 6;
        round += e->exact % 100000 == 0;
        hours += !active[hour];
        active[hour] = true;
    }
    q->out[FEATURE_active_hours_24h] = hours;
    q->out[FEATURE_night_share_24h] = share(night, all);
    q->out[FEATURE_round_amount_share_24h] = share(round, all);
}

/* From the latest known time before the last day to the earliest of the last day. */
static double dormancy(const struct question *q) {
    int64_t older = INT64_MIN, recent = q->now;
    for (int i = 0; i < q->ring_count; i++) {
        const struct entry *e = &q->ring[i];
        if (within(q, e, DAY)) {
            if (e->second < recent) recent = e->second;
        } else if (e->second <= q->now && e->second > older) {
            older = e->second;
        }
    }
    const int64_t left = left_second(q->person, q->mutation);
    if (left != 0 && left <= q->now - DAY && left > older &&
        q->mutation != NAIVE_dormancy_by_the_ring_alone)
        older = left;
    return older == INT64_MIN ? NAN : (double)(recent - older);
}

static double at_least_0(double value) {
    return value < 0 ? 0 : value;
}

static double days_since_living(const struct question *q) {
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < q->person->count; i++) {
        const struct entry *e = &q->person->entries[i];
        if (e->happening != MOVED) continue;
        if (e->type != EVENT_TYPE_TAX_OR_UTILITY && e->type != EVENT_TYPE_C2B_PAYMENT &&
            e->type != EVENT_TYPE_SALARY_OR_BENEFIT)
            continue;
        if (e->second > last || q->mutation == NAIVE_living_payment_by_log_order) last = e->second;
    }
    return last == INT64_MIN ? NAN : at_least_0((double)(q->now - last) / DAY);
}

static double flag(uint8_t tristate) {
    return tristate == TRISTATE_NULL ? NAN : tristate == TRISTATE_TRUE ? 1 : 0;
}

static double fraud_call(const struct question *q) {
    const struct transaction *tx = q->tx;
    const int64_t ago = q->now - q->known->called_s;
    if (q->payee || q->known->called_s == 0) return 0;
    if (tx->event_type == EVENT_TYPE_OWN_TRANSFER || tx->tx_status == TX_STATUS_REVERSED) return 0;
    if (ago < 0 && q->mutation != NAIVE_call_after_the_payment) return 0;
    if (ago >= DAY && !(ago == DAY && q->mutation == NAIVE_call_of_a_day_ago)) return 0;
    return q->to_stranger || q->mutation == NAIVE_call_before_any_payment;
}

static void circumstances(const struct question *q) {
    const struct party *p = q->payee ? &q->tx->payee : &q->tx->payer;
    double *o = q->out;
    o[FEATURE_dormancy_gap] = dormancy(q);
    o[FEATURE_days_since_living_payment] = days_since_living(q);
    o[FEATURE_account_age] = p->account_opened_on_present
                                 ? at_least_0((double)(q->now / DAY - p->account_opened_on_day))
                                 : NAN;
    o[FEATURE_credential_age] =
        p->credential_changed_at_present
            ? at_least_0((double)(q->now - p->credential_changed_at_s) / DAY)
            : NAN;
    o[FEATURE_phone_owner_mismatch] = flag(p->phone_owner_mismatch);
    o[FEATURE_active_call] = q->payee ? NAN : flag(q->tx->active_call);
    o[FEATURE_remote_access] = q->payee ? NAN : flag(q->tx->remote_access);
    o[FEATURE_fraud_call] = fraud_call(q);
    o[FEATURE_list_evidence] = q->known->weight[q->payee];
    o[FEATURE_flagged_payers_24h] = flagged_payers(q);
    o[FEATURE_taint_amount_72h] = o[FEATURE_collector_fan_in_24h] = 0;
    o[FEATURE_taint_hop] = NAN;
}

/* What a row knows beside its accounts. */
struct beside {
    const struct transaction *tx;
    const struct naive_known *known;
    bool to_stranger;
};

static void answer(const struct naive *naive, const struct person *person,
                   const struct beside *beside, double z, struct naive_side *side) {
    const struct transaction *tx = beside->tx;
    struct question q = {
        .mutation = naive->mutation,
        .person = person,
        .ring = person->count == 0 ? NULL : person->entries + person->left,
        .ring_count = (int)(person->count - person->left),
        .tx = tx,
        .payee = side->payee,
        .known = beside->known,
        .to_stranger = beside->to_stranger,
        .now = tx->event_time_s,
        .out = side->features,
    };
    find_panes(&q);
    side->account_number = person->number;
    side->approximate_before_s = left_second(person, naive->mutation);
    for (int f = 0; f < FEATURE_COUNT; f++)
        side->features[f] = INFINITY; /* what is forgotten is seen */
    counts_and_amounts(&q);
    ratios(&q);
    fifo(&q, side);
    gaps(&q);
    attempts(&q);
    habits(&q);
    ways(&q);
    circumstances(&q);
    side->features[FEATURE_amount_z] = z;
}

/* The log. */

static bool same_transaction(const struct entry *a, const struct entry *b,
                             enum naive_mutation mutation) {
    return strcmp(a->tx_id, b->tx_id) == 0 && a->amount == b->amount &&
           a->counterparty == b->counterparty && a->type == b->type &&
           a->happening == b->happening && a->credit == b->credit &&
           (mutation != NAIVE_duplicates_by_time || a->second == b->second);
}

static bool holds(const struct person *person, const struct entry *e,
                  enum naive_mutation mutation) {
    for (size_t i = person->left; i < person->count; i++)
        if (same_transaction(&person->entries[i], e, mutation)) return true;
    return false;
}

/* One side: settled and reversed ones are entered, then scored. */
static void take_side(struct naive *naive, const struct beside *beside, struct person *person,
                      const struct entry *e, struct naive_side *side) {
    const bool first =
        e->happening != ATTEMPTED || (naive->mutation == NAIVE_attempt_enters_first && !e->credit);
    double z = amount_z(person, e->amount);
    if (first) append(person, *e, naive->mutation);
    if (naive->mutation == NAIVE_amount_z_after_the_event) z = amount_z(person, e->amount);
    side->payee = e->credit;
    answer(naive, person, beside, z, side);
}

static bool has_moved(const struct person *person, const struct entry *e) {
    for (size_t i = person->left; i < person->count; i++) {
        const struct entry *held = &person->entries[i];
        if (strcmp(held->tx_id, e->tx_id) == 0 && held->counterparty == e->counterparty &&
            held->happening != ATTEMPTED)
            return true;
    }
    return false;
}

/* Whether an attempt comes when its transaction has moved money already. */
static bool is_behind(struct person *const of[2], const struct entry entries[2]) {
    for (int k = 0; k < 2; k++)
        if (of[k] != NULL && entries[k].happening == ATTEMPTED && has_moved(of[k], &entries[k]))
            return true;
    return false;
}

static bool is_duplicate(const struct naive *naive, struct person *const of[2],
                         const struct entry entries[2]) {
    if (naive->mutation == NAIVE_duplicates_applied) return false;
    for (int k = 0; k < 2; k++)
        if (of[k] != NULL && holds(of[k], &entries[k], naive->mutation)) return true;
    return false;
}

bool naive_has_moved(const struct naive *naive) {
    return naive->moved;
}

unsigned naive_take(struct naive *naive, const struct transaction *tx, int64_t clock_s,
                    const struct naive_known *known, struct naive_side sides[2]) {
    static const struct naive_known nothing = {.called_s = 0};
    struct beside beside = {tx, known == NULL ? &nothing : known, false};
    struct person *const of[2] = {person_of(naive, tx->payer.account_token),
                                  person_of(naive, tx->payee.account_token)};
    const int64_t now = naive->mutation == NAIVE_expiry_by_event_time ? tx->event_time_s : clock_s;
    struct entry entries[2];
    unsigned count = 0;
    for (int k = 0; k < 2; k++)
        if (of[k] != NULL) touch(naive, of[k], now);
    for (int k = 0; k < 2; k++) {
        entries[k] = entry_of(naive, tx, k == 1, of[1 - k] == NULL ? NOBODY : of[1 - k]->number);
        entries[k].flagged = beside.known->weight[0] > 0;
    }
    naive->moved = is_behind(of, entries);
    if (is_duplicate(naive, of, entries)) return 0;
    beside.to_stranger = of[0] != NULL && is_stranger(of[0], &entries[0], naive->mutation);
    for (int k = 0; k < 2; k++) {
        const int side = naive->mutation == NAIVE_credit_before_debit ? 1 - k : k;
        if (of[side] != NULL) take_side(naive, &beside, of[side], &entries[side], &sides[count++]);
    }
    const bool remember = entries[0].happening == ATTEMPTED && of[0] != NULL &&
                          naive->mutation != NAIVE_attempt_enters_first;
    if (remember) append(of[0], entries[0], naive->mutation);
    return count;
}
