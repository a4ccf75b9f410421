/* SPDX-License-Identifier: Apache-2.0 */
/* The whole engine on a real broker, exactly-once, over a pre-filled topic; beside it a consumer
 * that does nothing with the same messages. The two take turns. */
#include "bench/feed_topic.h"
#include "bench/report.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/broker/kafka_port.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PARTITIONS = 4, ROUNDS_MAX = 32, BATCH = 512, QUIET_MS = 20000 };
enum { RECORDS, ACCOUNTS, PER_SECOND, ROUNDS, FLAGS };

static const char *const codecs[] = {"none", "lz4", "zstd"};
enum { CODECS = sizeof codecs / sizeof codecs[0] };

struct bench {
    struct report *report;
    struct options options;
    const char *codec; /* of the topic in hand */
    int64_t records;
    int64_t rounds;
    double engine[ROUNDS_MAX], nothing[ROUNDS_MAX], ratio[ROUNDS_MAX], start[ROUNDS_MAX];
    double engine_cpu[ROUNDS_MAX], thread_cpu[ROUNDS_MAX], nothing_cpu[ROUNDS_MAX];
};

/* Processor time by a clock: of the process, or of one thread. */
static double used_ns(clockid_t clock) {
    struct timespec used;
    clock_gettime(clock, &used);
    return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

/* A consumer that does nothing. */

static rd_kafka_t *idle_consumer(const struct options *options) {
    static const char *const settings[][2] = {
        {"group.id", "bench-nothing"},         {"enable.auto.commit", "false"},
        {"isolation.level", "read_committed"}, {"fetch.message.max.bytes", "1048576"},
        {"queued.min.messages", "100000"},     {"enable.auto.offset.store", "false"}};
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", options->bootstrap_servers, why, sizeof why);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why);
    return rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
}

static void assign_all(rd_kafka_t *consumer, const char *topic, rd_kafka_queue_t **queues) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = 0;
        queues[p] = rd_kafka_queue_get_partition(consumer, topic, p);
        rd_kafka_queue_forward(queues[p], NULL);
    }
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static int64_t drop_some(rd_kafka_queue_t *queue, int timeout_ms) {
    rd_kafka_message_t *messages[BATCH];
    int64_t records = 0;
    const ssize_t got = rd_kafka_consume_batch_queue(queue, timeout_ms, messages, BATCH);
    for (ssize_t i = 0; i < got; i++) {
        records += messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_message_destroy(messages[i]);
    }
    return records;
}

/* Takes everything; from the first records on, so that the connection is there already. */
static bool drop_all(rd_kafka_queue_t **queues, int64_t records, double *per_second) {
    int64_t taken = 0, first = 0, start_ns = 0;
    for (int quiet_ms = 0; taken < records && quiet_ms < QUIET_MS;) {
        int64_t some = 0;
        for (int p = 0; p < PARTITIONS; p++)
            some += drop_some(queues[p], 0);
        if (some == 0) some = drop_some(queues[0], 1);
        quiet_ms = some == 0 ? quiet_ms + 1 : 0;
        taken += some;
        if (first > 0 || taken == 0) continue;
        first = taken;
        start_ns = steady_ns();
    }
    *per_second = (double)(taken - first) * 1e9 / (double)(steady_ns() - start_ns);
    return taken == records;
}

static bool run_nothing(struct bench *b, int64_t round, struct error *error) {
    rd_kafka_queue_t *queues[PARTITIONS];
    rd_kafka_t *consumer = idle_consumer(&b->options);
    if (consumer == NULL) return error_set(error, ERROR_FAILED, "no consumer");
    rd_kafka_poll_set_consumer(consumer);
    const double before_ns = used_ns(CLOCK_PROCESS_CPUTIME_ID);
    assign_all(consumer, b->options.topic_transactions, queues);
    const bool all = drop_all(queues, b->records, &b->nothing[round]);
    b->nothing_cpu[round] = (used_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns) / (double)b->records;
    for (int p = 0; p < PARTITIONS; p++)
        rd_kafka_queue_destroy(queues[p]);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return all || error_set(error, ERROR_UNAVAILABLE, "not all of the %lld records came",
                            (long long)b->records);
}

/* The engine. */

struct watch {
    clockid_t thread; /* processor time of the engine thread */
    int64_t live_ns;
    double process_ns, thread_ns; /* used when it went live */
};

static void *await_live(void *context) {
    struct watch *watch = context;
    while (metrics_get(METRIC_READY) == 0)
        usleep(500);
    watch->live_ns = steady_ns();
    watch->process_ns = used_ns(CLOCK_PROCESS_CPUTIME_ID);
    watch->thread_ns = used_ns(watch->thread);
    return NULL;
}

/* Every record is committed: the group's offsets stand at the topic's ends. */
static bool check_no_lag(struct bench *b, struct port *port, struct error *error) {
    int64_t committed = 0;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct port_position position = {b->options.topic_transactions, p, 0};
        if (!port->ops->committed(port, &position, 1, error)) return false;
        committed += position.offset;
    }
    return committed == b->records ||
           error_set(error, ERROR_FAILED, "committed %lld of %lld records", (long long)committed,
                     (long long)b->records);
}

static bool run_pipeline(struct bench *b, struct port *port, int64_t round, struct error *error) {
    const struct pipeline_options options = {
        .options = &b->options, .port = port, .stop_at_end = true};
    struct pipeline *pipeline = pipeline_open(&options, error);
    if (pipeline == NULL) return false;
    struct watch watch = {0};
    pthread_getcpuclockid(pthread_self(), &watch.thread);
    pthread_t watcher;
    const int64_t start_ns = steady_ns();
    if (pthread_create(&watcher, NULL, await_live, &watch) != 0) abort();
    const bool ok = pipeline_run(pipeline, error);
    const int64_t end_ns = steady_ns();
    const double process_ns = used_ns(CLOCK_PROCESS_CPUTIME_ID) - watch.process_ns;
    const double thread_ns = used_ns(watch.thread) - watch.thread_ns;
    if (!ok) metrics_set(METRIC_READY, 1); /* lets the watcher go */
    pthread_join(watcher, NULL);
    pipeline_close(pipeline);
    b->engine[round] = (double)b->records * 1e9 / (double)(end_ns - watch.live_ns);
    b->engine_cpu[round] = process_ns / (double)b->records;
    b->thread_cpu[round] = thread_ns / (double)b->records;
    b->start[round] = (double)(watch.live_ns - start_ns) / 1e9;
    return ok;
}

/* Each round is a shard of its own, so that it starts at the first record with empty state. */
static bool run_engine(struct bench *b, int64_t round, struct error *error) {
    metrics_reset();
    snprintf(b->options.shard_id, sizeof b->options.shard_id, "bench-%s-%lld-%lld", b->codec,
             (long long)time(NULL), (long long)round);
    struct port *port = kafka_port_open(&b->options, error);
    const bool ok =
        port != NULL && run_pipeline(b, port, round, error) && check_no_lag(b, port, error);
    if (port != NULL) port->ops->close(port);
    return ok;
}

/* The frame. */

static bool set_up(struct bench *b, const struct report_flag *flags, struct error *error) {
    struct options *o = &b->options;
    const char *bootstrap = getenv("BOOTSTRAP_SERVERS");
    b->records = flags[RECORDS].value;
    b->rounds = flags[ROUNDS].value;
    if (b->records < 1 || b->rounds < 1 || b->rounds > ROUNDS_MAX || flags[PER_SECOND].value < 1 ||
        flags[ACCOUNTS].value < 100)
        return error_set(error, ERROR_USAGE, "a flag is out of its range; 1 to %d rounds",
                         ROUNDS_MAX);
    snprintf(o->bootstrap_servers, sizeof o->bootstrap_servers, "%s",
             bootstrap == NULL ? "127.0.0.1:29092" : bootstrap);
    snprintf(o->start_from, sizeof o->start_from, "earliest");
    snprintf(o->topic_recommendations, sizeof o->topic_recommendations, "bench-e2e-out");
    snprintf(o->topic_dead_letters, sizeof o->topic_dead_letters, "bench-e2e-dlq");
    snprintf(o->topic_order, sizeof o->topic_order, "bench-e2e-order");
    return topic_create(o, o->topic_recommendations, PARTITIONS, error) &&
           topic_create(o, o->topic_dead_letters, 1, error) &&
           topic_create(o, o->topic_order, 1, error);
}

/* The topic's name says all that its content depends on, so that a later run finds it full. */
static bool fill(struct bench *b, const struct report_flag *flags, struct error *error) {
    struct options *o = &b->options;
    const uint64_t seed = report_seed(b->report);
    snprintf(o->topic_transactions, sizeof o->topic_transactions,
             "bench-e2e-%s-%llu-%lld-%lld-%lld", b->codec, (unsigned long long)seed,
             (long long)b->records, (long long)flags[ACCOUNTS].value,
             (long long)flags[PER_SECOND].value);
    const struct feed_topic feed = {
        .options = o,
        .topic = o->topic_transactions,
        .codec = b->codec,
        .partitions = PARTITIONS,
        .gen = {.seed = seed,
                .start_s = 1735671600, /* 2025-01-01 in UTC+5 */
                .days = (uint32_t)(b->records / (2 * flags[ACCOUNTS].value)) + 1,
                .accounts = (uint32_t)flags[ACCOUNTS].value,
                .daily_per_mille = 2000,
                .dropper_per_mille = 6},
        .records = b->records,
        .per_second = flags[PER_SECOND].value,
    };
    return feed_topic_fill(&feed, error);
}

static void print_row(struct bench *b, const char *name, const char *unit, double *samples) {
    char label[64];
    snprintf(label, sizeof label, "%s: %s", b->codec, name);
    report_row(b->report, label, unit, samples, (size_t)b->rounds);
}

/* Ratios are of pairs of turns; the first column has the least of them. */
static void print_codec(struct bench *b) {
    for (int64_t i = 0; i < b->rounds; i++)
        b->ratio[i] = b->engine[i] / b->nothing[i];
    print_row(b, "engine", "records/s", b->engine);
    print_row(b, "nothing", "records/s", b->nothing);
    print_row(b, "engine / nothing", "ratio", b->ratio);
    print_row(b, "engine, processor", "ns/record", b->engine_cpu);
    print_row(b, "engine thread, processor", "ns/record", b->thread_cpu);
    print_row(b, "nothing, processor", "ns/record", b->nothing_cpu);
    print_row(b, "start until live", "s", b->start);
}

static void print_work(struct bench *b) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    report_value(b->report, "records", "records", (double)metrics_get(METRIC_RECORDS));
    report_value(b->report, "accepted", "records", (double)metrics_get_verdict(VERDICT_ACCEPTED));
    report_value(b->report, "sides", "sides", (double)metrics_get(METRIC_SIDES));
    report_value(b->report, "recommendations", "records",
                 (double)metrics_get(METRIC_RECOMMENDATIONS));
    report_value(b->report, "accounts", "accounts", (double)metrics_get(METRIC_ACCOUNTS));
    report_value(b->report, "commits", "commits", (double)metrics_get(METRIC_COMMITS));
    report_value(b->report, "lag at the end", "records", (double)metrics_get(METRIC_LAG));
    report_value(b->report, "largest resident set", "MiB", (double)usage.ru_maxrss / 1024);
}

static bool run_codec(struct bench *b, const struct report_flag *flags, struct error *error) {
    if (!fill(b, flags, error)) return false;
    for (int64_t i = 0; i < b->rounds; i++)
        if (!run_nothing(b, i, error) || !run_engine(b, i, error)) return false;
    print_codec(b);
    return true;
}

static bool run(struct bench *b, const char *only, const struct report_flag *flags,
                struct error *error) {
    bool known = false;
    if (!set_up(b, flags, error)) return false;
    for (int i = 0; i < CODECS; i++) {
        b->codec = codecs[i];
        if (only != NULL && strcmp(only, codecs[i]) != 0) continue;
        known = true;
        if (!run_codec(b, flags, error)) return false;
    }
    if (!known) return error_set(error, ERROR_USAGE, "--compression is none, lz4 or zstd");
    print_work(b);
    return true;
}

/* The one flag that takes a word; it is taken out of the arguments. */
static const char *take_compression(int *argc, char **argv) {
    for (int i = 1; i + 1 < *argc; i++) {
        if (strcmp(argv[i], "--compression") != 0) continue;
        const char *word = argv[i + 1];
        for (*argc -= 2; i < *argc; i++)
            argv[i] = argv[i + 2];
        return word;
    }
    return NULL;
}

int main(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct report_flag flags[FLAGS] = {
        [RECORDS] = {"--records", "transactions in the topic", 3000000},
        [ACCOUNTS] = {"--accounts", "people in the feed", 100000},
        [PER_SECOND] = {"--per-second", "rate that the record timestamps stand for", 5000},
        [ROUNDS] = {"--rounds", "turns for each compression", 3},
    };
    static struct bench bench;
    const char *only = take_compression(&argc, argv);
    options_init(&bench.options);
    bench.report =
        report_open("The whole engine on a real Kafka, exactly-once, beside a consumer that does "
                    "nothing (BOOTSTRAP_SERVERS, 127.0.0.1:29092); topics without compression, "
                    "lz4, zstd, or one of them: --compression none|lz4|zstd.",
                    argc, argv, flags, FLAGS);
    log_set_level(LOG_LEVEL_WARN);
    const bool ok = run(&bench, only, flags, &error);
    if (!ok)
        fprintf(stderr, "bench_e2e: %s: %s%s\n", error_name(error.code), error.text,
                error.code == ERROR_UNAVAILABLE
                    ? "\nIs a broker there? `./dev kafka start` starts one on 127.0.0.1:29092."
                    : "");
    options_free(&bench.options);
    const int status = report_close(bench.report);
    return ok ? status : error_exit_status(error.code);
}
