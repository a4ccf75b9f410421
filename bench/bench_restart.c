/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots of a large table: what one costs the engine while it goes on (the gaps between batches,
 * with and without), what it takes on the disk, and how long a start takes that begins with it. */
#include "bench/report.h"
#include "bench/stream_port.h"

#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "detector/snapshots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAG_ACCOUNTS, FLAG_RECORDS, FLAG_EVENTS, FLAG_ROUNDS, FLAG_MEASURED, FLAG_SIGNALS, FLAGS };
/* MORE: records of a start after the first. */
enum { GAPS_MAX = 1 << 22, MORE = 100000, SECOND_US = 1000000 };

struct bench {
    struct report *report;
    struct options options;
    struct stream_port *stream;
    struct disk *disk;
    char directory[64];
    double *gaps[2]; /* microseconds from a batch to the next; 1: while a snapshot is taken */
    size_t gap_counts[2];
    int64_t batch_us, start_us, first_us; /* last batch; the run; its first batch */
    int64_t records, measured_records;
    bool measured;
    double resident[2]; /* before the snapshot, while it is taken */
};

static void must(bool ok, const struct error *error) {
    if (ok) return;
    (void)fprintf(stderr, "%s: %s\n", error_name(error->code), error->text);
    exit(1);
}

/* A snapshot begins at the first commit a second after the start. */
static void note_gap(struct bench *b, int64_t now_us) {
    const int64_t since_us = now_us - b->first_us;
    const bool before = since_us < SECOND_US;
    if (!before && (since_us < SECOND_US * 11 / 10 || metrics_get(METRIC_SNAPSHOTS) > 0)) return;
    size_t *count = &b->gap_counts[before ? 0 : 1];
    if (*count % 1000 == 0) b->resident[before ? 0 : 1] = report_resident_bytes();
    if (*count < GAPS_MAX) b->gaps[before ? 0 : 1][(*count)++] = (double)(now_us - b->batch_us);
}

static bool on_batch(void *context, const struct batch *batch, struct error *error) {
    struct bench *b = context;
    const int64_t now_us = steady_us();
    (void)batch;
    (void)error;
    if (b->first_us == 0)
        b->first_us = now_us;
    else if (b->measured)
        note_gap(b, now_us);
    b->batch_us = steady_us();
    return true;
}

static void run(struct bench *b) {
    struct error error = {.code = ERROR_NONE};
    const struct pipeline_options options = {.options = &b->options,
                                             .port = stream_port_port(b->stream),
                                             .snapshots = b->disk,
                                             .stop_at_end = true,
                                             .on_batch = on_batch,
                                             .batch_context = b};
    metrics_reset();
    b->batch_us = b->first_us = 0;
    struct pipeline *pipeline = pipeline_open(&options, &error);
    must(pipeline != NULL, &error);
    b->start_us = steady_us();
    must(pipeline_run(pipeline, &error), &error);
    pipeline_close(pipeline);
}

static double file_bytes(const struct bench *b) {
    static struct snapshot_list list;
    struct error error;
    char path[2048];
    struct stat status;
    must(snapshots_list(b->disk, NULL, &list, &error) && list.count > 0, &error);
    snprintf(path, sizeof path, "%s/%s", b->directory, list.names[0].text);
    return stat(path, &status) == 0 ? (double)status.st_size : 0;
}

static void remove_snapshots(const struct bench *b) {
    static struct snapshot_list list;
    struct error error;
    must(snapshots_list(b->disk, NULL, &list, &error), &error);
    for (size_t i = 0; i < list.count; i++)
        b->disk->ops->remove(b->disk, list.names[i].text, &error);
}

static void row(struct bench *b, const char *name, int with) {
    char tail[64];
    if (b->gap_counts[with] == 0) return;
    report_row(b->report, name, "us", b->gaps[with], b->gap_counts[with]);
    snprintf(tail, sizeof tail, "%s, p99.9", name);
    report_value(b->report, tail, "us", b->gaps[with][b->gap_counts[with] * 999 / 1000]);
    snprintf(tail, sizeof tail, "%s, max", name);
    report_value(b->report, tail, "us", b->gaps[with][b->gap_counts[with] - 1]);
}

/* The first run fills the table; its stop takes the snapshot. */
static void fill(struct bench *b) {
    b->options.snapshot_interval_s = 86400;
    stream_port_extend(b->stream, b->records);
    run(b);
    report_value(b->report, "snapshot at the stop", "s", (double)(steady_us() - b->batch_us) / 1e6);
    report_value(b->report, "accounts", "count", (double)metrics_get(METRIC_ACCOUNTS));
    report_value(b->report, "account table", "bytes", (double)metrics_get(METRIC_ACCOUNT_BYTES));
    report_value(b->report, "signals", "count", (double)metrics_get(METRIC_SIGNALS));
    report_value(b->report, "signal table", "bytes", (double)metrics_get(METRIC_SIGNAL_BYTES));
    report_value(b->report, "snapshot", "bytes", file_bytes(b));
    if (metrics_get(METRIC_SIGNALS) > 0) return;
    report_value(b->report, "snapshot, of an account", "bytes",
                 file_bytes(b) / (double)metrics_get(METRIC_ACCOUNTS));
}

static void restart(struct bench *b, size_t rounds) {
    double *live = calloc(rounds, sizeof *live);
    if (live == NULL) exit(1);
    for (size_t i = 0; i < rounds; i++) {
        b->measured = i == 0;
        b->records += b->measured ? b->measured_records : MORE;
        b->options.snapshot_interval_s = b->measured ? 1 : 86400;
        stream_port_extend(b->stream, b->records);
        run(b);
        if (b->measured)
            report_value(b->report, "longest piece of a snapshot", "us",
                         (double)metrics_get(METRIC_SNAPSHOT_PAUSE));
        live[i] = (double)(b->first_us - b->start_us) / 1e6;
    }
    report_row(b->report, "start until the first new record", "s", live, rounds);
    free(live);
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_ACCOUNTS] = {"--accounts", "accounts that pay each other", 10000000},
        [FLAG_RECORDS] = {"--records", "transactions before the snapshot", 30000000},
        [FLAG_EVENTS] = {"--events", "ledger entries an account has a week, on average", 5},
        [FLAG_ROUNDS] = {"--rounds", "starts", 3},
        /* enough for a snapshot that begins a second after the first */
        [FLAG_MEASURED] = {"--measured", "records of the start whose batches are timed", 12000000},
        [FLAG_SIGNALS] = {"--signals", "live signals, of accounts that pay nobody", 0},
    };
    struct bench b = {.report = report_open("Snapshots of a large table, and a start with one",
                                            argc, argv, flags, FLAGS)};
    const char *temporary = getenv("TMPDIR");
    struct error error = {.code = ERROR_NONE};
    snprintf(b.directory, sizeof b.directory, "%s/bench-restart-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    log_set_level(LOG_LEVEL_WARN);
    options_init(&b.options);
    snprintf(b.options.start_from, sizeof b.options.start_from, "earliest");
    b.options.memory_limit_mib = 16384;
    if (flags[FLAG_SIGNALS].value > b.options.signals_max)
        b.options.signals_max = flags[FLAG_SIGNALS].value;
    b.stream = stream_port_open(
        &(struct stream_port_options){.topic = b.options.topic_transactions,
                                      .accounts = (uint32_t)flags[FLAG_ACCOUNTS].value,
                                      .events = (double)flags[FLAG_EVENTS].value,
                                      .seed = report_seed(b.report),
                                      .signal_topic = b.options.topic_signals,
                                      .signals = flags[FLAG_SIGNALS].value});
    for (int i = 0; i < 2; i++)
        must((b.gaps[i] = malloc(GAPS_MAX * sizeof(double))) != NULL, &error);
    if (mkdtemp(b.directory) == NULL) return 1;
    b.disk = disk_posix_open(b.directory, &error);
    must(b.disk != NULL, &error);
    b.records = flags[FLAG_RECORDS].value;
    b.measured_records = flags[FLAG_MEASURED].value;
    fill(&b);
    restart(&b, (size_t)flags[FLAG_ROUNDS].value);
    row(&b, "batch to batch", 0);
    row(&b, "batch to batch while one is taken", 1);
    report_value(b.report, "resident set before", "bytes", b.resident[0]);
    report_value(b.report, "resident set while one is taken", "bytes", b.resident[1]);
    remove_snapshots(&b);
    rmdir(b.directory);
    struct port *port = stream_port_port(b.stream);
    port->ops->close(port);
    b.disk->ops->dispose(b.disk);
    options_free(&b.options);
    free(b.gaps[0]);
    free(b.gaps[1]);
    return report_close(b.report);
}
