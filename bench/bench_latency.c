/* SPDX-License-Identifier: Apache-2.0 */
/* How long from a transaction to the recommendation it causes, on a real broker, exactly-once,
 * under an open-loop load: from when the transaction was due at the producer (so a feeder or a
 * broker that stalls makes the figure worse, not the load smaller) until a read_committed consumer
 * has the recommendation. Beside it bare transactions on the same broker, before the load. */
#include "bench/feed_topic.h"
#include "bench/latency_feed.h"
#include "bench/report.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/broker/kafka_port.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PARTITIONS = 4,
    BARE = 100, /* transactions without an engine */
    BARE_EACH_MS = 100,
    START_MS = 300,  /* from live to the first record */
    QUIET_MS = 2000, /* after the load: nothing more comes */
    LIVE_MS = 30000,
    SAMPLES_MAX = 1 << 20,
    BATCH = 256,
};
enum { RATE, SECONDS, WARM_UP, RECOMMENDATIONS, ACCOUNTS, FLAGS };

struct samples {
    double *ms;
    size_t count;
};

struct bench {
    struct report *report;
    struct options options, feed_options;
    struct latency_feed feed;
    char policy_path[64];
    bool topics;     /* they are to be deleted */
    int64_t warm_up; /* records before the first that counts */
    struct samples bare, readable, decided, committed;
    int64_t *decided_ns; /* by record; 0: no recommendation */
    int64_t untraced;    /* recommendations that no planted transaction caused */
    pthread_t engine;
    struct pipeline *pipeline;
    atomic_bool engine_ended;
    bool engine_ok;
    struct error engine_error;
};

static void keep(struct samples *samples, int64_t ns) {
    if (samples->count < SAMPLES_MAX) samples->ms[samples->count++] = (double)ns / 1e6;
}

/* Bare transactions: one message, the offsets, the commit; at a pace that lets each end alone. */

static bool transact(struct port *port, const struct options *options, struct error *error) {
    const struct port_message message = {.topic = options->topic_recommendations,
                                         .value = {(const uint8_t *)"bare", 4}};
    const struct port_position position = {options->topic_transactions, 0, 0};
    return port->ops->begin(port, error) == PORT_OK &&
           port->ops->produce(port, &message, error) == PORT_OK &&
           port->ops->send_offsets(port, &position, 1, error) == PORT_OK &&
           port->ops->commit(port, error) == PORT_OK;
}

static bool run_bare(struct bench *b, struct error *error) {
    struct port *port = kafka_port_open(&b->feed_options, error);
    bool ok = port != NULL && port->ops->fence(port, error);
    ok = ok && transact(port, &b->options, error); /* the first one prepares the coordinator */
    for (int i = 0; ok && i < BARE; i++) {
        usleep(BARE_EACH_MS * 1000);
        const int64_t start_ns = steady_ns();
        ok = transact(port, &b->options, error);
        keep(&b->bare, steady_ns() - start_ns);
    }
    if (port != NULL) port->ops->close(port);
    return ok;
}

/* The engine. */

static void on_recommendation(void *context, const struct recommendation *recommendation) {
    struct bench *b = context;
    long long record = 0;
    char tx_id[24];
    if (recommendation->target_tx_count == 0) return;
    const struct text last = recommendation->target_tx_ids[recommendation->target_tx_count - 1];
    snprintf(tx_id, sizeof tx_id, "%.*s", (int)last.size, last.data);
    if (sscanf(tx_id, "tx-%lld", &record) == 1 && record >= 0 && record < b->feed.records)
        b->decided_ns[record] = steady_ns();
}

static void *run_engine(void *context) {
    struct bench *b = context;
    b->engine_ok = pipeline_run(b->pipeline, &b->engine_error);
    atomic_store(&b->engine_ended, true);
    return NULL;
}

static bool start_engine(struct bench *b, struct port *port, struct error *error) {
    const struct pipeline_options options = {
        .options = &b->options, .port = port, .on_recommendation = on_recommendation, .context = b};
    b->pipeline = pipeline_open(&options, error);
    if (b->pipeline == NULL) return false;
    if (pthread_create(&b->engine, NULL, run_engine, b) != 0) abort();
    for (int ms = 0; metrics_get(METRIC_READY) == 0 && ms < LIVE_MS; ms++) {
        if (atomic_load(&b->engine_ended)) break;
        usleep(1000);
    }
    return metrics_get(METRIC_READY) != 0 ||
           error_set(error, ERROR_UNAVAILABLE, "the engine is not live after %d s", LIVE_MS / 1000);
}

static bool stop_engine(struct bench *b, bool ok, struct error *error) {
    if (b->pipeline == NULL) return ok;
    pipeline_stop(b->pipeline);
    pthread_join(b->engine, NULL);
    pipeline_close(b->pipeline);
    if (b->engine_ok) return ok;
    *error = b->engine_error;
    return false;
}

/* The reader. */

static void take(struct bench *b, struct port *port, const struct port_record *record,
                 int64_t now_ns) {
    struct port_header header;
    int64_t cause = -1;
    for (size_t i = 0; cause < 0 && port->ops->header(port, record, i, &header); i++)
        if (strcmp(header.name, "traceparent") == 0) cause = latency_feed_record(header.value);
    if (cause < 0 || cause >= b->feed.records) {
        b->untraced += record->value.size > 4; /* not the bare transactions' */
        return;
    }
    if (cause < b->warm_up) return;
    const int64_t due_ns = latency_feed_due_ns(&b->feed, cause);
    keep(&b->readable, now_ns - due_ns);
    if (b->decided_ns[cause] == 0) return;
    keep(&b->decided, b->decided_ns[cause] - due_ns);
    keep(&b->committed, now_ns - b->decided_ns[cause]);
}

static bool read_some(struct bench *b, struct port *port, int64_t *taken_ns, struct error *error) {
    for (size_t p = 0; p < PARTITIONS; p++) {
        struct port_record records[BATCH];
        size_t count = 0;
        if (!port->ops->poll(port, p, records, BATCH, &count, error)) return false;
        const int64_t now_ns = steady_ns();
        for (size_t i = 0; i < count; i++)
            take(b, port, &records[i], now_ns);
        port->ops->release(port, records, count);
        if (count > 0) *taken_ns = now_ns;
    }
    return true;
}

static bool assign_reader(struct bench *b, struct port *port, struct error *error) {
    struct port_position positions[PARTITIONS];
    for (int32_t p = 0; p < PARTITIONS; p++)
        positions[p] = (struct port_position){b->options.topic_recommendations, p, 0};
    return port->ops->assign(port, positions, PARTITIONS, error);
}

/* Until the load is over and nothing has come for QUIET_MS since. */
static bool read_all(struct bench *b, struct port *port, struct error *error) {
    int64_t last_ns = steady_ns();
    while (!atomic_load(&b->engine_ended)) {
        if (!read_some(b, port, &last_ns, error)) return false;
        if (!atomic_load(&b->feed.ended)) {
            last_ns = steady_ns();
        } else if (steady_ns() - last_ns > (int64_t)QUIET_MS * 1000000) {
            return true;
        }
        port->ops->wait(port, BARE_EACH_MS);
    }
    return error_set(error, ERROR_FAILED, "the engine ended before the load");
}

static bool run_load(struct bench *b, struct port *reader, struct port *port, struct error *error) {
    bool ok = assign_reader(b, reader, error) && start_engine(b, port, error);
    const bool fed = ok && latency_feed_start(&b->feed, START_MS);
    ok = fed && read_all(b, reader, error);
    if (fed && !latency_feed_join(&b->feed, error)) ok = false;
    return stop_engine(b, ok, error);
}

static bool run(struct bench *b, struct error *error) {
    if (!run_bare(b, error)) return false;
    struct port *reader = kafka_port_open(&b->feed_options, error);
    struct port *port = reader == NULL ? NULL : kafka_port_open(&b->options, error);
    const bool ok = port != NULL && run_load(b, reader, port, error);
    if (port != NULL) port->ops->close(port);
    if (reader != NULL) reader->ops->close(reader);
    return ok;
}

/* The frame. */

/* The shipped thresholds without its hourly caps, which a load like this one fills at once. */
static bool write_policy(struct bench *b, struct error *error) {
    snprintf(b->policy_path, sizeof b->policy_path, "/tmp/saqshy-bench-XXXXXX");
    const int descriptor = mkstemp(b->policy_path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL) return error_set(error, ERROR_IO, "no file can be written to /tmp");
    fputs("{\"format\":\"saqshy-policy/1\",\"id\":\"bench\",\"actions\":{"
          "\"REVIEW_ONLY\":{\"probability\":0.5,\"per_hour\":1000000,\"priority\":\"NORMAL\"},"
          "\"HOLD_AMOUNT\":{\"probability\":0.8,\"per_hour\":1000000,\"priority\":\"HIGH\"}},"
          "\"cool_down_hours\":24,\"allow\":[],\"max_hold_business_days\":5,"
          "\"decide_within_minutes\":60,\"holidays\":[],\"protected_flows\":[]}",
          file);
    return fclose(file) == 0 || error_set(error, ERROR_IO, "%s cannot be written", b->policy_path);
}

static bool set_options(struct bench *b, struct error *error) {
    struct options *o = &b->options;
    const char *bootstrap = getenv("BOOTSTRAP_SERVERS");
    const long long run = (long long)time(NULL);
    snprintf(o->bootstrap_servers, sizeof o->bootstrap_servers, "%s",
             bootstrap == NULL ? "127.0.0.1:29092" : bootstrap);
    snprintf(o->start_from, sizeof o->start_from, "earliest");
    snprintf(o->shard_id, sizeof o->shard_id, "bench-latency-%lld", run);
    snprintf(o->topic_transactions, sizeof o->topic_transactions, "bench-latency-in-%lld", run);
    snprintf(o->topic_recommendations, sizeof o->topic_recommendations, "bench-latency-out-%lld",
             run);
    snprintf(o->topic_dead_letters, sizeof o->topic_dead_letters, "bench-latency-dlq-%lld", run);
    snprintf(o->topic_order, sizeof o->topic_order, "bench-latency-order-%lld", run);
    snprintf(o->policy_path, sizeof o->policy_path, "%s", b->policy_path);
    b->feed_options = *o;
    snprintf(b->feed_options.shard_id, sizeof b->feed_options.shard_id, "bench-bare-%lld", run);
    return options_set(&b->feed_options, "kafka.producer.linger.ms", "1", "bench", error);
}

static bool create_topics(struct bench *b, struct error *error) {
    const struct options *o = &b->options;
    b->topics = topic_create(o, o->topic_transactions, PARTITIONS, error);
    return b->topics && topic_create(o, o->topic_recommendations, PARTITIONS, error) &&
           topic_create(o, o->topic_dead_letters, 1, error) &&
           topic_create(o, o->topic_order, 1, error);
}

static bool set_up(struct bench *b, const struct report_flag *flags, struct error *error) {
    for (int i = 0; i < FLAGS; i++)
        if (flags[i].value < 1)
            return error_set(error, ERROR_USAGE, "%s must be at least 1", flags[i].name);
    if (flags[RECOMMENDATIONS].value > flags[RATE].value / 2)
        return error_set(error, ERROR_USAGE, "--recommendations is at most half of --rate");
    b->warm_up = flags[RATE].value * flags[WARM_UP].value;
    b->feed = (struct latency_feed){
        .options = &b->feed_options,
        .partitions = PARTITIONS,
        .rate = flags[RATE].value,
        .records = flags[RATE].value * (flags[SECONDS].value + flags[WARM_UP].value),
        .droppers = flags[RECOMMENDATIONS].value,
        .accounts = (uint32_t)flags[ACCOUNTS].value,
        .seed = report_seed(b->report),
    };
    b->decided_ns = calloc((size_t)b->feed.records, sizeof *b->decided_ns);
    struct samples *all[] = {&b->bare, &b->readable, &b->decided, &b->committed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if ((all[i]->ms = calloc(SAMPLES_MAX, sizeof(double))) == NULL) abort();
    return b->decided_ns != NULL && write_policy(b, error) && set_options(b, error) &&
           create_topics(b, error);
}

/* Gigabytes on somebody's broker are not what a benchmark leaves behind. */
static void clean_up(struct bench *b) {
    struct error ignored;
    const struct options *o = &b->options;
    const char *const topics[] = {o->topic_transactions, o->topic_recommendations,
                                  o->topic_dead_letters, o->topic_order};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (b->topics) topic_delete(o, topics[i], &ignored);
    if (b->policy_path[0] != '\0') unlink(b->policy_path);
    struct samples *all[] = {&b->bare, &b->readable, &b->decided, &b->committed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->ms);
    free(b->decided_ns);
    options_free(&b->feed_options);
}

/* Rank of the quantile among samples that report_row has sorted. */
static double quantile(const struct samples *samples, double share) {
    const size_t rank = (size_t)(share * (double)samples->count);
    return samples->ms[rank < samples->count ? rank : samples->count - 1];
}

static void print_quantiles(struct bench *b, const char *name, struct samples *samples) {
    char label[64];
    if (samples->count == 0) return;
    report_row(b->report, name, "ms", samples->ms, samples->count);
    snprintf(label, sizeof label, "%s, p99.9", name);
    report_value(b->report, label, "ms", quantile(samples, 0.999));
    snprintf(label, sizeof label, "%s, max", name);
    report_value(b->report, label, "ms", samples->ms[samples->count - 1]);
}

static void print(struct bench *b, int64_t seconds) {
    const struct latency_feed *feed = &b->feed;
    const double took_s = (double)(feed->end_ns - feed->start_ns) / 1e9;
    print_quantiles(b, "event -> readable", &b->readable);
    print_quantiles(b, "event -> decided", &b->decided);
    print_quantiles(b, "decided -> readable", &b->committed);
    print_quantiles(b, "bare transaction, no load", &b->bare);
    report_value(b->report, "transactions", "records/s", (double)feed->records / took_s);
    report_value(b->report, "feeder late at most", "ms", (double)feed->late_ns / 1e6);
    report_value(b->report, "recommendations", "records/s",
                 (double)b->readable.count / (double)seconds);
    report_value(b->report, "recommendations timed", "records", (double)b->readable.count);
    report_value(b->report, "recommendations of others", "records", (double)b->untraced);
    report_value(b->report, "records", "records", (double)metrics_get(METRIC_RECORDS));
    report_value(b->report, "accepted", "records", (double)metrics_get_verdict(VERDICT_ACCEPTED));
    report_value(b->report, "commits", "commits", (double)metrics_get(METRIC_COMMITS));
}

int main(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct report_flag flags[FLAGS] = {
        [RATE] = {"--rate", "transactions a second, open loop", 50000},
        [SECONDS] = {"--seconds", "how long, after the warm-up", 120},
        [WARM_UP] = {"--warm-up", "seconds at the same rate that are not counted", 10},
        [RECOMMENDATIONS] = {"--recommendations", "droppers emptied a second", 10},
        [ACCOUNTS] = {"--accounts", "people who pay each other", 200000},
    };
    static struct bench bench;
    options_init(&bench.options);
    bench.report = report_open("From a transaction to the recommendation that a read_committed "
                               "consumer has, on a real Kafka (BOOTSTRAP_SERVERS, "
                               "127.0.0.1:29092); from the moment it was due, whoever was late.",
                               argc, argv, flags, FLAGS);
    log_set_level(LOG_LEVEL_WARN);
    const bool ok = set_up(&bench, flags, &error) && run(&bench, &error);
    if (ok)
        print(&bench, flags[SECONDS].value);
    else
        fprintf(stderr, "bench_latency: %s: %s\n", error_name(error.code), error.text);
    clean_up(&bench);
    options_free(&bench.options);
    const int status = report_close(bench.report);
    return ok ? status : error_exit_status(error.code);
}
