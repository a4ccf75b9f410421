/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_feed.h"

#include "detector/base/digest.h"
#include "detector/base/murmur2.h"
#include "detector/policy_change.h"
#include "detector/recommendation.h"
#include "schemas/encode.h"
#include "tests/sample.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENINGS = 3, CROSSING = 2, REPORTABLE = 32 };
enum { PEOPLE = 12, DROPPERS = 3, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, VALUE_MAX = 2048 };

struct maker {
    struct sim_feed *feed;
    struct sim_world *world;
    struct encoder *encoder;
    int64_t second; /* of the record's time, since SAMPLE_START_S */
    int64_t arrives_ms, pace_ms;
    uint32_t ids;
    char tx_id[16], payer[16], payee[16];
    struct {
        char tx_id[16], payee[16];
        int64_t event_us;
    } opening[OPENINGS]; /* transfers that may have opened an episode, the latest ones */
    uint32_t openings;
    struct {
        char tx_id[16], payer[16], payee[16];
    } transfer[REPORTABLE]; /* the latest ones */
    uint32_t transfers;
    char signal_id[16], withdrawn_id[16], answer_id[16];
    char recommendation_id[RECOMMENDATION_ID_SIZE + 1];
};

static uint32_t below(struct maker *m, uint32_t limit) {
    return chance_below(&m->world->chance, limit);
}

static bool is(struct maker *m, uint32_t percent) {
    return chance_is(&m->world->chance, percent);
}

/* The records' bytes do not move: room is taken once. */
static struct bytes keep(struct maker *m, const void *data, size_t size) {
    struct sim_feed *f = m->feed;
    assert(f->used + size <= f->room);
    uint8_t *copy = f->bytes + f->used;
    if (size > 0) memcpy(copy, data, size);
    f->used += size;
    return (struct bytes){copy, (uint32_t)size};
}

static struct sim_record *add(struct maker *m) {
    struct sim_record *record = &m->feed->records[m->feed->count++];
    m->arrives_ms += is(m, 70) ? 0 : sim_between(m->world, 0, m->pace_ms);
    *record = (struct sim_record){.arrives_ms = m->arrives_ms,
                                  .timestamp_ms = (SAMPLE_START_S + m->second) * 1000,
                                  .draw = (uint32_t)chance_bits(&m->world->chance)};
    return record;
}

static void add_transaction(struct maker *m, const struct transaction *tx) {
    struct sim_record *record = add(m);
    struct bytes value;
    struct error error;
    const bool encoded = encode_transaction(m->encoder, tx, &value, &error);
    assert(encoded);
    const struct bytes key = transaction_key(tx);
    record->key = keep(m, key.data, key.size);
    record->value = keep(m, value.data, value.size);
    record->draw = (uint32_t)murmur2_partition(key, 1 << 20);
}

static void note_transfer(struct maker *m) {
    const uint32_t i = m->transfers++ % REPORTABLE;
    memcpy(m->transfer[i].tx_id, m->tx_id, sizeof m->tx_id);
    memcpy(m->transfer[i].payer, m->payer, sizeof m->payer);
    memcpy(m->transfer[i].payee, m->payee, sizeof m->payee);
}

static struct transaction transfer(struct maker *m, const char *kind, uint32_t payee) {
    snprintf(m->tx_id, sizeof m->tx_id, "t%u", m->ids++);
    snprintf(m->payer, sizeof m->payer, "person-%u", below(m, PEOPLE));
    snprintf(m->payee, sizeof m->payee, "%s-%u", kind, payee);
    note_transfer(m);
    return sample_transfer(m->tx_id, m->payer, m->payee, m->second, 100 * (1 + below(m, 50000)));
}

static void set_status(struct maker *m, struct transaction *tx) {
    if (is(m, 3)) tx->tx_status = TX_STATUS_ATTEMPTED;
    if (is(m, 2)) tx->tx_status = TX_STATUS_REFUSED;
}

/* It happened some time before it was reported; once in a while, too long before. */
static void set_back(struct maker *m, struct transaction *tx) {
    if (!is(m, 8)) return;
    tx->event_time_s -= below(m, is(m, 20) ? 10 * DAY_S : 2 * HOUR_S);
    tx->event_time_us = tx->event_time_s * 1000000;
}

/* The same record again, or its reversal. */
static void after(struct maker *m, struct transaction *tx) {
    add_transaction(m, tx);
    if (is(m, 3)) add_transaction(m, tx);
    if (!is(m, 4)) return;
    tx->tx_status = TX_STATUS_REVERSED;
    add_transaction(m, tx);
}

static void everyday(struct maker *m) {
    m->second += below(m, is(m, 10) ? DAY_S : 2 * HOUR_S);
    struct transaction tx = transfer(m, "person", below(m, PEOPLE));
    set_status(m, &tx);
    set_back(m, &tx);
    after(m, &tx);
}

static void note_opening(struct maker *m, const struct transaction *tx) {
    const uint32_t i = m->openings++ % OPENINGS;
    memcpy(m->opening[i].tx_id, m->tx_id, sizeof m->tx_id);
    memcpy(m->opening[i].payee, m->payee, sizeof m->payee);
    m->opening[i].event_us = tx->event_time_us;
}

/* Somebody is about to pay the dropper; some of them do. */
static void attempt(struct maker *m, uint32_t dropper) {
    static const enum tx_status over[] = {TX_STATUS_SUSPENDED, TX_STATUS_SETTLED,
                                          TX_STATUS_REFUSED};
    struct transaction tx = transfer(m, "dropper", dropper);
    tx.tx_status = is(m, 70) ? TX_STATUS_ATTEMPTED : TX_STATUS_SUSPENDED;
    add_transaction(m, &tx);
    if (is(m, 40)) return;
    tx.tx_status = (uint8_t)over[below(m, 3)];
    add_transaction(m, &tx);
    if (!is(m, 30)) return;
    tx.tx_status = TX_STATUS_SUSPENDED;
    add_transaction(m, &tx);
}

/* By whoever was paid last. */
static void withdraw_cash(struct maker *m, uint32_t tenge) {
    snprintf(m->tx_id, sizeof m->tx_id, "t%u", m->ids++);
    const struct transaction cash =
        sample_cash(m->tx_id, m->payee, m->second, 100 * (1 + below(m, tenge)));
    add_transaction(m, &cash);
}

static void burst(struct maker *m) {
    const uint32_t dropper = below(m, DROPPERS), credits = 2 + below(m, 4);
    for (uint32_t i = 0; i < credits; i++) {
        m->second += is(m, 20) ? HOUR_S : below(m, 20 * MINUTE_S); /* on the edge of a window */
        struct transaction tx = transfer(m, "dropper", dropper);
        set_back(m, &tx);
        if (i == CROSSING) note_opening(m, &tx);
        after(m, &tx);
    }
    if (is(m, 50)) attempt(m, dropper);
    if (!is(m, 60)) return;
    m->second += below(m, 30 * MINUTE_S);
    withdraw_cash(m, 100000);
}

/* Credits of somebody who gets nothing else; all are sent back when the hour is over, but sometimes
 * for one, and sometimes some of it is spent. */
enum { MISTAKES = 4 };
struct mistake {
    char tx_id[16], payer[16];
    int64_t tiyn;
};

static void send_back(struct maker *m, const struct mistake *mistakes, uint32_t kept) {
    m->second += HOUR_S;
    for (uint32_t i = 0; i < MISTAKES; i++) {
        if (i == kept) continue;
        struct transaction tx = sample_transfer(mistakes[i].tx_id, mistakes[i].payer, m->payee,
                                                m->second, mistakes[i].tiyn);
        tx.tx_status = TX_STATUS_REVERSED;
        add_transaction(m, &tx);
    }
}

static void mistake(struct maker *m) {
    struct mistake mistakes[MISTAKES];
    const uint32_t person = m->ids, kept = is(m, 20) ? below(m, MISTAKES) : MISTAKES;
    for (uint32_t i = 0; i < MISTAKES; i++) {
        m->second += below(m, 10 * MINUTE_S);
        const struct transaction tx = transfer(m, "once", person);
        if (i == CROSSING) note_opening(m, &tx);
        add_transaction(m, &tx);
        memcpy(mistakes[i].tx_id, m->tx_id, sizeof m->tx_id);
        memcpy(mistakes[i].payer, m->payer, sizeof m->payer);
        mistakes[i].tiyn = tx.amount_minor;
    }
    if (is(m, 20)) withdraw_cash(m, 1000);
    send_back(m, mistakes, kept);
}

static void add_raw(struct maker *m, const void *data, size_t size) {
    struct sim_record *record = add(m);
    record->poison = true;
    if (data != NULL) record->value = keep(m, data, size);
}

static void poison(struct maker *m) {
    static const uint8_t cut[] = {0, 0, 0, 0, 1, 2}, unknown[] = {0, 0, 0, 3, 231, 2};
    struct transaction tx = transfer(m, "person", 0);
    switch (below(m, 7)) {
    case 0:
        add_raw(m, NULL, 0);
        return;
    case 1:
        add_raw(m, "{\"json\":1}", 10);
        return;
    case 2:
        add_raw(m, cut, sizeof cut);
        return;
    case 3:
        add_raw(m, unknown, sizeof unknown);
        return;
    case 4:
        tx.payer.account_token = tx.payee.account_token = (struct text){0};
        break;
    case 5:
        tx.amount_minor = tx.amount_kzt_minor = -1;
        break;
    default:
        tx.event_time_s = 1;
        tx.event_time_us = 1000000;
    }
    add_transaction(m, &tx);
    m->feed->records[m->feed->count - 1].poison = true;
}

/* Signals. */

static struct sim_record *add_signal(struct maker *m, struct bytes value) {
    struct sim_record *record = add(m);
    record->kind = INPUT_SIGNALS;
    record->key = keep(m, m->signal_id, strlen(m->signal_id));
    record->draw = (uint32_t)murmur2_partition(record->key, 1 << 20);
    if (value.data != NULL) record->value = keep(m, value.data, value.size);
    return record;
}

static struct signal report(struct maker *m) {
    static const uint8_t kinds[] = {SIGNAL_INCIDENT, SIGNAL_BOT_REPORT, SIGNAL_FRAUD_CALL};
    snprintf(m->payee, sizeof m->payee, "dropper-%u", below(m, DROPPERS));
    struct signal s = sample_signal(m->signal_id, m->payee, m->second);
    s.revision = 1 + (int32_t)below(m, 3);
    s.kind = kinds[below(m, 3)];
    return s;
}

/* One or two of the latest transfers, by who was paid or by who lost the money. */
static void name_transfers(struct maker *m, struct signal *s) {
    const uint32_t known = m->transfers < REPORTABLE ? m->transfers : REPORTABLE;
    const uint32_t count = is(m, 30) ? 2 : 1;
    const bool by_victim = is(m, 30);
    if (known == 0) return;
    s->kind = SIGNAL_INCIDENT;
    s->subject_count = 0;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t i = below(m, known);
        s->related_tx_ids[s->tx_id_count++] = text_of(m->transfer[i].tx_id);
        s->subjects[s->subject_count++] = (struct signal_subject){
            text_of(by_victim ? m->transfer[i].payer : m->transfer[i].payee), SUBJECT_ACCOUNT,
            by_victim ? ROLE_VICTIM : ROLE_DROPPER};
    }
}

/* What was said is taken back, a report of a few by whoever made it. */
static void take_back(struct maker *m, struct signal *s) {
    memcpy(m->withdrawn_id, m->signal_id, sizeof m->signal_id);
    snprintf(m->signal_id, sizeof m->signal_id, "w%u", m->ids++);
    s->signal_id = text_of(m->signal_id);
    s->withdraws_signal_id = text_of(m->withdrawn_id);
    s->kind = SIGNAL_WITHDRAWAL;
    s->subject_count = 0;
}

/* What a recommendation is called that began with one of those, if one did. */
static void name_recommendation(struct maker *m) {
    const uint32_t i = below(m, OPENINGS);
    char named[128];
    uint8_t digest[DIGEST_SIZE];
    const int size = snprintf(named, sizeof named, "saqshy/1%cfreeze%c%s%c%s%c%s%c%lld", 0, 0,
                              m->opening[i].payee, 0, m->opening[i].tx_id, 0, m->opening[i].tx_id,
                              0, (long long)m->opening[i].event_us);
    digest_sha256(named, (size_t)size, digest);
    digest_hex(digest, RECOMMENDATION_ID_SIZE / 2, m->recommendation_id);
}

/* An answer to a recommendation; some by a citizen, who has no say. */
static void make_outcome(struct maker *m, struct signal *s) {
    static const uint8_t sources[] = {SOURCE_BANK, SOURCE_HUB, SOURCE_CITIZEN_BOT,
                                      SOURCE_CITIZEN_BOT};
    name_recommendation(m);
    s->kind = SIGNAL_OUTCOME;
    s->source = sources[below(m, 4)];
    s->subject_count = 0;
    s->outcome_present = true;
    s->recommendation_id = text_of(m->recommendation_id);
    s->outcome_result = (uint8_t)(1 + below(m, OUTCOME_COUNT - 1));
    if (is(m, 30)) s->outcome_result = OUTCOME_FALSE_POSITIVE;
    if (s->source != SOURCE_CITIZEN_BOT) memcpy(m->answer_id, m->signal_id, sizeof m->signal_id);
}

/* The latest answer is, by the hub. */
static void take_answer_back(struct maker *m, struct signal *s) {
    memcpy(m->signal_id, m->answer_id, sizeof m->answer_id);
    take_back(m, s);
    s->source = SOURCE_HUB;
}

/* A signal, now and then one that cannot be used or a tombstone, each of a few ids. */
static void signal(struct maker *m) {
    struct bytes value = {NULL, 0};
    struct error error;
    const bool outcome = is(m, 60);
    snprintf(m->signal_id, sizeof m->signal_id, outcome ? "o%u" : "s%u",
             below(m, outcome ? 400 : 40));
    struct signal s = report(m);
    if (outcome)
        make_outcome(m, &s);
    else if (m->answer_id[0] != '\0' && is(m, 25))
        take_answer_back(m, &s);
    else if (is(m, 15))
        take_back(m, &s);
    else if (is(m, 70))
        name_transfers(m, &s);
    const bool poison = is(m, 10), retired = !poison && is(m, 10);
    if (poison) s.revision = 0;
    const bool encoded = retired || encode_signal(m->encoder, &s, &value, &error);
    assert(encoded);
    add_signal(m, value)->poison = poison;
}

/* Changes of the policy. */

const char *sim_policy(const char *id, double probability, char out[SIM_POLICY_SIZE]) {
    snprintf(out, SIM_POLICY_SIZE,
             "{\"format\":\"saqshy-policy/1\",\"id\":\"%s\",\"actions\":{\"HOLD_AMOUNT\":"
             "{\"probability\":%g,\"per_hour\":1000,\"priority\":\"NORMAL\"}},"
             "\"payer_side\":{\"ASK_PAYER\":{\"payee_action\":\"HOLD_AMOUNT\",\"per_hour\":1000,"
             "\"priority\":\"NORMAL\"}},"
             "\"cool_down_hours\":24,\"allow\":[],\"max_hold_business_days\":5,"
             "\"decide_within_minutes\":60,\"holidays\":[],\"protected_flows\":[]}",
             id, probability);
    return out;
}

/* At each of these probabilities the model asks for three credits an hour. Now and then it cannot
 * be used. */
static void change(struct maker *m) {
    char policy[SIM_POLICY_SIZE];
    struct error error;
    size_t size = 0;
    snprintf(m->tx_id, sizeof m->tx_id, "p%u", below(m, 6));
    sim_policy(m->tx_id, is(m, 15) ? 2 : 0.3 + 0.01 * below(m, 40), policy);
    const struct policy_change c = {.author = "somebody",
                                    .approver = "",
                                    .reason = "",
                                    .policy = policy,
                                    .policy_size = strlen(policy)};
    char *value = policy_change_write(&c, &size, &error);
    assert(value != NULL);
    struct sim_record *record = add(m);
    record->kind = INPUT_POLICY;
    record->key = keep(m, m->tx_id, strlen(m->tx_id));
    record->value = keep(m, value, size);
    free(value);
}

void sim_feed_make(struct sim_feed *feed, struct sim_world *world, uint32_t signals,
                   uint32_t changes) {
    struct error error;
    struct maker m = {.feed = feed,
                      .world = world,
                      .encoder = encoder_open(&error),
                      .arrives_ms = world->now_ms,
                      .pace_ms = sim_between(world, 1, 400)};
    assert(m.encoder != NULL);
    *feed = (struct sim_feed){.room = (size_t)SIM_FEED_MAX * VALUE_MAX};
    feed->bytes = malloc(feed->room);
    assert(feed->bytes != NULL);
    const uint32_t count = 100 + below(&m, SIM_FEED_MAX - 140);
    while (feed->count < count) {
        if (is(&m, 5)) poison(&m);
        if (signals > 0 && is(&m, signals)) signal(&m);
        if (changes > 0 && is(&m, changes)) change(&m);
        if (is(&m, 25))
            burst(&m);
        else if (is(&m, 4))
            mistake(&m);
        else
            everyday(&m);
    }
    encoder_close(m.encoder);
}

void sim_feed_free(struct sim_feed *feed) {
    free(feed->bytes);
}
