/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/gen_seen.h"

#include "tests/support.h"

#include <stdlib.h>

struct feed feed;

static bool is_open(const struct party *party, const struct transaction *tx) {
    return party->account_token.size == 0 ||
           party->account_opened_on_day <= gen_local_day(tx->event_time_s);
}

static struct seen look(const struct transaction *tx, bool bad) {
    return (struct seen){.event_us = tx->event_time_us,
                         .event_s = tx->event_time_s,
                         .ingest_s = tx->ingest_time_s,
                         .amount = tx->amount_minor,
                         .payer_balance = tx->payer.balance_after_minor,
                         .payee_balance = tx->payee.balance_after_minor,
                         .event_id = gen_sample_hash(tx->event_id),
                         .tx_id = gen_sample_hash(tx->tx_id),
                         .device = gen_sample_hash(tx->device_token),
                         .ip = gen_sample_hash(tx->ip_token),
                         .terminal = gen_sample_hash(tx->terminal_id),
                         .payer_phone = gen_sample_hash(tx->payer.phone_token),
                         .payer = gen_sample_number(feed.numbers, tx->payer.account_token),
                         .payee = gen_sample_number(feed.numbers, tx->payee.account_token),
                         .type = tx->event_type,
                         .status = tx->tx_status,
                         .reason =
                             tx->status_reason.size == 0 ? 0 : (uint8_t)tx->status_reason.data[0],
                         .call = tx->active_call,
                         .remote = tx->remote_access,
                         .mismatch = tx->payer.phone_owner_mismatch,
                         .bad = bad,
                         .repeated = !account_set_add(feed.ids, tx->event_id, 0),
                         .credential = tx->payer.credential_changed_at_present,
                         .opened = is_open(&tx->payer, tx) && is_open(&tx->payee, tx)};
}

static int by_posting(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    return (x->event_us > y->event_us) - (x->event_us < y->event_us);
}

int generate(void **state) {
    (void)state;
    const struct gen_options options = gen_sample_options(7, ACCOUNTS, DAYS);
    feed.gen = gen_sample_open(&options);
    feed.numbers = gen_sample_numbers(feed.gen);
    feed.ids = account_set_new();
    feed.room = 400000;
    feed.seen = calloc(feed.room, sizeof *feed.seen);
    struct transaction tx;
    bool bad;
    while (gen_next(feed.gen, &tx, &bad)) {
        assert_true(feed.count < feed.room);
        const struct seen seen = look(&tx, bad);
        if (!seen.repeated) feed.seen[feed.count++] = seen;
    }
    qsort(feed.seen, feed.count, sizeof *feed.seen, by_posting);
    return gen_failed(feed.gen);
}

int dispose(void **state) {
    (void)state;
    gen_close(feed.gen);
    account_set_free(feed.numbers);
    account_set_free(feed.ids);
    free(feed.seen);
    return 0;
}

const struct person *person(uint32_t number) {
    return &feed.gen->people[number];
}

bool honest(uint32_t number) {
    return number != NOBODY && person(number)->typology == GEN_HONEST;
}

bool is(uint32_t number, enum gen_typology typology) {
    return number != NOBODY && person(number)->typology == typology;
}

bool plays(uint32_t number, enum role role) {
    return number != NOBODY && person(number)->role == role;
}

bool settled(const struct seen *seen, enum event_type type) {
    return seen->status == TX_STATUS_SETTLED && seen->type == type;
}
