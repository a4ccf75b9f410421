/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/latency_feed.h"

#include "detector/base/murmur2.h"
#include "detector/base/steady.h"
#include "detector/broker/kafka_feed.h"
#include "schemas/encode.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KZT = 100,               /* tiyn */
    STOLEN = 900000 * KZT,   /* what a dropper receives; nearly all of it is taken out */
    HONEST_MAX = 5000 * KZT, /* of one transfer */
    TRACE_SIZE = 55,         /* 00-TRACE-SPAN-01 */
    NAP_NS = 200000,         /* the feeder sleeps no longer at once */
    CASH_AFTER_DIVISOR = 20, /* cash follows the transfer by a twentieth of a second */
};

/* What one transaction is made of; the texts of `tx` point here. */
struct making {
    struct transaction tx;
    char id[32], payer[32], payee[32], trace[TRACE_SIZE + 1];
};

int64_t latency_feed_due_ns(const struct latency_feed *feed, int64_t i) {
    return feed->start_ns + (int64_t)((double)i * 1e9 / (double)feed->rate);
}

int64_t latency_feed_record(struct bytes traceparent) {
    char digits[17];
    if (traceparent.size != TRACE_SIZE) return -1;
    memcpy(digits, traceparent.data + 3 + 16, 16);
    digits[16] = '\0';
    return (int64_t)strtoull(digits, NULL, 16);
}

static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void make(struct making *m, int64_t i, int64_t second, int64_t amount_tiyn) {
    snprintf(m->id, sizeof m->id, "tx-%lld", (long long)i);
    m->tx = (struct transaction){
        .event_id = text_of(m->id),
        .tx_id = text_of(m->id),
        .currency = text_of("KZT"),
        .reporter_bic = text_of("BENCHKZK"),
        .token_key_id = text_of("bench"),
        .event_time_s = second,
        .event_time_us = second * 1000000,
        .ingest_time_s = second,
        .ingest_time_us = second * 1000000,
        .ingest_time_present = true,
        .amount_minor = amount_tiyn,
        .event_type = EVENT_TYPE_P2P_TRANSFER,
        .rail = RAIL_INSTANT_INTERBANK,
        .channel = CHANNEL_MOBILE_APP,
        .tx_status = TX_STATUS_SETTLED,
        .active_call = TRISTATE_NULL,
        .remote_access = TRISTATE_NULL,
        .payer = {.phone_owner_mismatch = TRISTATE_NULL},
        .payee = {.phone_owner_mismatch = TRISTATE_NULL},
    };
}

static void make_honest(struct making *m, const struct latency_feed *feed, int64_t i,
                        int64_t second) {
    const uint64_t random = mixed(feed->seed + (uint64_t)i);
    make(m, i, second, (int64_t)(1 + random % HONEST_MAX));
    snprintf(m->payer, sizeof m->payer, "person-%u",
             (uint32_t)(mixed(random + 1) % feed->accounts));
    snprintf(m->payee, sizeof m->payee, "person-%u",
             (uint32_t)(mixed(random + 2) % feed->accounts));
    m->tx.payer.account_token = text_of(m->payer);
    m->tx.payee.account_token = text_of(m->payee);
}

/* The transfer to dropper `number`, or, later, the cash. */
static void make_dropper(struct making *m, int64_t i, int64_t second, int64_t number, bool cash) {
    make(m, i, second, cash ? STOLEN - 10000 * KZT : STOLEN);
    snprintf(m->trace, sizeof m->trace, "00-%016llx%016llx-%016llx-01", 1ULL, (unsigned long long)i,
             1ULL + (unsigned long long)i);
    snprintf(m->payer, sizeof m->payer, "victim-%lld", (long long)number);
    snprintf(m->payee, sizeof m->payee, "dropper-%lld", (long long)number);
    m->tx.payer.account_token = text_of(cash ? m->payee : m->payer);
    if (!cash) m->tx.payee.account_token = text_of(m->payee);
    if (!cash) return;
    m->tx.event_type = EVENT_TYPE_CASH_WITHDRAWAL;
    m->tx.rail = RAIL_ATM;
    m->tx.channel = CHANNEL_ATM;
}

/* Every `each` records a dropper is paid, and a twentieth of a second later emptied. */
static bool is_dropper(const struct latency_feed *feed, int64_t i, int64_t *number, bool *cash) {
    const int64_t each = feed->rate / feed->droppers, later = feed->rate / CASH_AFTER_DIVISOR;
    *cash = i >= later && (i - later) % each == 0;
    *number = *cash ? (i - later) / each : i / each;
    return *cash || i % each == 0;
}

static bool send(const struct latency_feed *feed, struct kafka_feed *out, struct encoder *encoder,
                 int64_t i, int64_t due_ms, struct error *error) {
    static struct making m;
    int64_t number = 0;
    bool cash = false;
    const bool dropper = is_dropper(feed, i, &number, &cash);
    if (dropper)
        make_dropper(&m, i, due_ms / 1000, number, cash);
    else
        make_honest(&m, feed, i, due_ms / 1000);
    const struct port_header trace = {"traceparent", {(const uint8_t *)m.trace, TRACE_SIZE}};
    struct port_message message = {.topic = feed->options->topic_transactions,
                                   .timestamp_ms = due_ms,
                                   .key = transaction_key(&m.tx),
                                   .headers = &trace,
                                   .header_count = dropper};
    message.partition = murmur2_partition(message.key, feed->partitions);
    return encode_transaction(encoder, &m.tx, &message.value, error) &&
           kafka_feed_send(out, &message, error);
}

static void sleep_until(int64_t due_ns) {
    for (int64_t now_ns; (now_ns = steady_ns()) < due_ns;) {
        const int64_t left_ns = due_ns - now_ns;
        const struct timespec nap = {0, left_ns < NAP_NS ? left_ns : NAP_NS};
        nanosleep(&nap, NULL);
    }
}

static bool send_all(struct latency_feed *feed, struct kafka_feed *out, struct encoder *encoder) {
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    const int64_t wall_ns = (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec - steady_ns();
    for (int64_t i = 0; i < feed->records; i++) {
        const int64_t due_ns = latency_feed_due_ns(feed, i);
        const int64_t late_ns = steady_ns() - due_ns;
        if (late_ns < 0)
            sleep_until(due_ns);
        else if (late_ns > feed->late_ns)
            feed->late_ns = late_ns;
        if (!send(feed, out, encoder, i, (wall_ns + due_ns) / 1000000, &feed->error)) return false;
    }
    return kafka_feed_flush(out, &feed->error);
}

static void *work(void *context) {
    struct latency_feed *feed = context;
    struct encoder *encoder = encoder_open(&feed->error);
    struct kafka_feed *out = encoder == NULL ? NULL : kafka_feed_open(feed->options, &feed->error);
    feed->failed = out == NULL || !send_all(feed, out, encoder);
    feed->end_ns = steady_ns();
    kafka_feed_close(out);
    encoder_close(encoder);
    atomic_store(&feed->ended, true);
    return NULL;
}

bool latency_feed_start(struct latency_feed *feed, int delay_ms) {
    feed->start_ns = steady_ns() + (int64_t)delay_ms * 1000000;
    return pthread_create(&feed->thread, NULL, work, feed) == 0;
}

bool latency_feed_join(struct latency_feed *feed, struct error *error) {
    pthread_join(feed->thread, NULL);
    if (feed->failed) *error = feed->error;
    return !feed->failed;
}
