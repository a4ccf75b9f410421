/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_feed.h"

#include "detector/base/steady.h"
#include "detector/broker/kafka_feed.h"
#include "detector/service/metrics.h"
#include "schemas/encode.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { LAG_MAX = 4096, PAUSE_US = 1000, LOOK_EVERY = 64 };

struct demo_feed {
    struct demo_feed_options options;
    struct gen *gen;
    struct encoder *encoder;
    struct kafka_feed *feed;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    _Atomic int64_t sent, now_s;
    bool ok;
    struct error error;
};

static bool too_early(const struct demo_feed *f, int64_t transactions, int64_t since_us) {
    const int64_t per_s = f->options.per_s;
    if (atomic_load(&f->sent) - metrics_get(METRIC_RECORDS) > LAG_MAX) return true;
    return per_s > 0 && transactions * 1000000 / per_s > steady_us() - since_us;
}

static bool send_transaction(struct demo_feed *f, const struct transaction *tx) {
    struct bytes value;
    if (!encode_transaction(f->encoder, tx, &value, &f->error)) return false;
    const struct port_message message = {
        .topic = f->options.options->topic_transactions,
        .timestamp_ms = tx->ingest_time_us / 1000,
        .key = transaction_key(tx),
        .value = value,
    };
    return kafka_feed_send(f->feed, &message, &f->error);
}

static bool send_signal(struct demo_feed *f, const struct signal *signal) {
    struct bytes value;
    demo_story_tell(f->options.story, signal);
    if (!encode_signal(f->encoder, signal, &value, &f->error)) return false;
    const struct port_message message = {
        .topic = f->options.options->topic_signals,
        .timestamp_ms = signal->reported_at_us / 1000,
        .key = {(const uint8_t *)signal->signal_id.data, signal->signal_id.size},
        .value = value,
    };
    if (!kafka_feed_send(f->feed, &message, &f->error)) return false;
    atomic_fetch_add(&f->sent, 1);
    return true;
}

static bool send_answers(struct demo_feed *f) {
    struct signal answer;
    if (!f->options.gen.signals) return true;
    while (demo_bank_answer(f->options.bank, gen_now_s(f->gen), &answer))
        if (!send_signal(f, &answer)) return false;
    return true;
}

static bool change_policy(struct demo_feed *f) {
    int64_t records = 0;
    if (!demo_policy_reach(f->options.policy, gen_now_s(f->gen), &records, &f->error)) return false;
    atomic_fetch_add(&f->sent, records);
    return true;
}

/* What was said before the transaction goes before it. */
static bool send(struct demo_feed *f, const struct transaction *tx) {
    struct signal signal;
    while (gen_next_signal(f->gen, &signal))
        if (!send_signal(f, &signal)) return false;
    return send_answers(f) && change_policy(f) && send_transaction(f, tx);
}

static bool send_all(struct demo_feed *f) {
    const int64_t start_us = steady_us();
    int64_t transactions = 0;
    struct transaction tx;
    bool bad;
    while (!atomic_load(&f->stopping) && gen_next(f->gen, &tx, &bad)) {
        if (!send(f, &tx)) return false;
        atomic_fetch_add(&f->sent, 1);
        if (++transactions % LOOK_EVERY != 0) continue;
        atomic_store(&f->now_s, gen_now_s(f->gen));
        while (!atomic_load(&f->stopping) && too_early(f, transactions, start_us))
            usleep(PAUSE_US);
    }
    atomic_store(&f->now_s, gen_now_s(f->gen));
    if (gen_failed(f->gen)) return error_set(&f->error, ERROR_FAILED, "no memory to go on");
    return kafka_feed_flush(f->feed, &f->error);
}

/* What is advised on the last transactions may have been answered within the feed's days, too: with
 * all records taken, all advice is known to those who answer it. */
static bool await_engine(struct demo_feed *f) {
    while (!atomic_load(&f->stopping)) {
        const int64_t sent = atomic_load(&f->sent);
        const bool taken = metrics_get(METRIC_RECORDS) >= sent;
        if (!send_answers(f)) return false;
        if (taken && atomic_load(&f->sent) == sent) return true;
        usleep(PAUSE_US);
    }
    return true;
}

static void *work(void *argument) {
    struct demo_feed *f = argument;
    f->ok = (send_all(f) && await_engine(f)) || atomic_load(&f->stopping);
    f->options.ended(f->options.context);
    return NULL;
}

static void tell_truth(const struct demo_feed *f) {
    for (uint32_t i = 0; i < gen_label_count(f->gen); i++) {
        const struct gen_label label = gen_label(f->gen, i);
        demo_bank_know(f->options.bank, text_of(label.account_token));
    }
}

struct demo_feed *demo_feed_start(const struct demo_feed_options *options, struct error *error) {
    struct demo_feed *f = calloc(1, sizeof *f);
    if (f == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the feed");
        return NULL;
    }
    f->options = *options;
    f->now_s = options->gen.start_s;
    f->gen = gen_open(&options->gen, error);
    if (f->gen == NULL) goto fail;
    tell_truth(f);
    f->encoder = encoder_open(error);
    if (f->encoder == NULL) goto fail;
    f->feed = kafka_feed_open(options->options, error);
    if (f->feed == NULL) goto fail;
    f->started = pthread_create(&f->thread, NULL, work, f) == 0;
    if (f->started) return f;
    error_set(error, ERROR_FAILED, "the feed's thread cannot be started");
fail:
    demo_feed_close(f);
    return NULL;
}

void demo_feed_stop(struct demo_feed *f) {
    atomic_store(&f->stopping, true);
    kafka_feed_stop(f->feed);
}

bool demo_feed_join(struct demo_feed *f, struct error *error) {
    if (f->started) pthread_join(f->thread, NULL);
    f->started = false;
    if (!f->ok) *error = f->error;
    return f->ok;
}

void demo_feed_label(const struct demo_feed *f, struct scoreboard *board) {
    for (uint32_t i = 0; i < gen_label_count(f->gen); i++) {
        const struct gen_label label = gen_label(f->gen, i);
        if (label.first_bad_s != 0)
            scoreboard_add_label(board, text_of(label.account_token), label.first_bad_s);
    }
}

void demo_feed_close(struct demo_feed *f) {
    if (f == NULL) return;
    kafka_feed_close(f->feed);
    encoder_close(f->encoder);
    gen_close(f->gen);
    free(f);
}

int64_t demo_feed_sent(const struct demo_feed *f) {
    return atomic_load(&f->sent);
}

int64_t demo_feed_now_s(const struct demo_feed *f) {
    return atomic_load(&f->now_s);
}
