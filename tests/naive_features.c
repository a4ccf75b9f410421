/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 14 };

struct naive {
    enum naive_mutation mutation;
    int64_t dormancy_s;
    struct person *persons[BUCKETS];
    uint32_t numbers; /* given so far */
    bool moved;       /* of the transaction that was taken last */
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
int64_t naive_in_a_slot(int64_t tiyn, enum naive_mutation mutation) {
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
        .amount = naive_in_a_slot(tx->amount_tiyn, naive->mutation),
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

int64_t naive_left_second(const struct person *person, enum naive_mutation mutation) {
    int64_t latest = 0;
    for (size_t i = 0; i < person->count; i++) {
        const struct entry *e = &person->entries[i];
        const bool left = i < person->left && mutation != NAIVE_left_not_marked;
        if ((left || e->beyond_a_slot) && e->second > latest) latest = e->second;
    }
    return latest;
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
    double z = naive_amount_z(person, e->amount);
    if (first) append(person, *e, naive->mutation);
    if (naive->mutation == NAIVE_amount_z_after_the_event) z = naive_amount_z(person, e->amount);
    side->payee = e->credit;
    naive_answer(naive->mutation, person, beside, z, side);
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
