/* SPDX-License-Identifier: Apache-2.0 */
/* A backtest as the command runs it, from a file to scores.csv and figures, in processor time of
 * the whole process, all threads: what one core does. An entry is one scored side. Beside it what
 * the production stages alone take over the same file, and what reading it takes. */
#include "bench/report.h"
#include "bench/wide_model.h"

#include "detector/base/log.h"
#include "detector/broker/recording.h"
#include "detector/commands/backtest_figures.h"
#include "detector/commands/backtest_run.h"
#include "detector/generator/gen.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/ocf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { FLAG_ACCOUNTS, FLAG_DAYS, FLAG_DAILY, FLAG_ROUNDS, FLAG_TERMS, FLAGS };
enum { WIDE_TERMS = 512, START_S = 1767207600, PATH_SIZE = 128, ROUNDS_MAX = 100 };
#define MEMORY_MAX INT64_C(64000000000)

/* What is run. */
enum way { WAY_FILE, WAY_RECORDING, WAY_WIDE, WAY_STAGES, WAY_READING, WAY_JUDGING, WAYS };

struct bench {
    struct report *report;
    struct options settings;
    char directory[PATH_SIZE / 2];
    char file[PATH_SIZE], recording[PATH_SIZE], labels[PATH_SIZE], models[2][PATH_SIZE];
    double seconds[WAYS][ROUNDS_MAX];
    double entries, accounts, recommendations, file_bytes;
};

static void must(bool ok, const struct error *error) {
    if (ok) return;
    (void)fprintf(stderr, "%s: %s\n", error_name(error->code), error->text);
    exit(1);
}

static double processor_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Input. */

static void write_labels(const struct gen *gen, const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL) exit(1);
    fputs("account_id,first_bad_time\n", file);
    for (uint32_t i = 0; i < gen_label_count(gen); i++) {
        const struct gen_label label = gen_label(gen, i);
        if (label.first_bad_s != 0)
            fprintf(file, "%s,%lld\n", label.account_token, (long long)label.first_bad_s);
    }
    fclose(file);
}

static void write_feed(struct bench *b, const struct gen_options *options) {
    struct error error = {.code = ERROR_NONE};
    struct transaction tx;
    bool bad;
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    struct gen *gen = gen_open(options, &error);
    struct encoder *encoder = encoder_open(&error);
    struct ocf_writer *writer = ocf_create(b->file, schema, size, &error);
    must(gen != NULL && encoder != NULL && writer != NULL, &error);
    while (gen_next(gen, &tx, &bad)) {
        struct bytes framed;
        must(encode_transaction(encoder, &tx, &framed, &error), &error);
        must(ocf_append(writer, (struct bytes){framed.data + FRAME_SIZE, framed.size - FRAME_SIZE},
                        &error),
             &error);
    }
    must(ocf_finish(writer, &error), &error);
    write_labels(gen, b->labels);
    encoder_close(encoder);
    gen_close(gen);
}

static struct replay_source *open_source(struct bench *b, const char *path) {
    struct error error = {.code = ERROR_NONE};
    struct replay_source *source = replay_source_open(path, &b->settings, &error);
    must(source != NULL, &error);
    return source;
}

/* The same records as a consumer of Kafka would have kept them. */
static void write_recording(struct bench *b) {
    struct error error = {.code = ERROR_NONE};
    const char *const topics[] = {b->settings.topic_transactions};
    struct replay_source *source = open_source(b, b->file);
    struct memory_port *memory = memory_port_open();
    struct port_message message;
    int64_t offset;
    memory_port_create_topic(memory, topics[0], 1);
    while (replay_source_next(source, &message, &offset, &error) == REPLAY_RECORD) {
        message.partition = 0;
        memory_port_append(memory, &message, -1);
    }
    must(recording_save(b->recording, memory, topics, 1, &error), &error);
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
    replay_source_close(source);
}

static void write_model(struct bench *b, int index, uint32_t terms) {
    struct error error = {.code = ERROR_NONE};
    size_t size = 0;
    struct model *model = wide_model(terms, report_seed(b->report), &error);
    must(model != NULL, &error);
    const char *json = model_json(model, &size);
    FILE *file = fopen(b->models[index], "w");
    if (file == NULL || fwrite(json, 1, size, file) != size || fclose(file) != 0) exit(1);
    model_free(model);
}

static void name_files(struct bench *b) {
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(b->directory, sizeof b->directory, "%s/bench-backtest-XXXXXX",
                   temporary == NULL ? "/tmp" : temporary);
    if (mkdtemp(b->directory) == NULL) exit(1);
    (void)snprintf(b->file, PATH_SIZE, "%s/feed.avro", b->directory);
    (void)snprintf(b->recording, PATH_SIZE, "%s/recording.avro", b->directory);
    (void)snprintf(b->labels, PATH_SIZE, "%s/labels.csv", b->directory);
    for (int i = 0; i < 2; i++)
        (void)snprintf(b->models[i], PATH_SIZE, "%s/model-%d.json", b->directory, i);
}

static void remove_files(const struct bench *b) {
    const char *const paths[] = {b->file, b->recording, b->labels, b->models[0], b->models[1]};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        unlink(paths[i]);
    rmdir(b->directory);
}

/* Runs. */

static void count(struct bench *b, const struct backtest_pass *pass,
                  const struct backtest_figures *figures) {
    b->entries = (double)pass->side_count;
    b->accounts = (double)pass->account_count;
    b->recommendations = (double)figures->advised.recommendations;
}

/* As the command: records, stages, scores, figures. The judging's share goes to `judging`. */
static double backtest(struct bench *b, const char *input, const char *model, double *judging) {
    struct error error = {.code = ERROR_NONE};
    struct backtest_run run = {.scores_file = tmpfile()};
    const struct offline_input from = {.path = input, .partitions = 1, .memory_max = MEMORY_MAX};
    const double began_s = processor_s();
    struct labels *labels = labels_open(b->labels, &error);
    must(labels != NULL && run.scores_file != NULL, &error);
    must(backtest_run_open(&run, &b->settings, model, NULL, &error), &error);
    must(backtest_run_go(&run, &from, true, labels, &error), &error);
    const double judged_s = processor_s();
    struct backtest_figures *figures =
        backtest_figures_new(run.pass, labels, INT64_MIN, run.policy, run.model);
    const double ended_s = processor_s();
    if (judging != NULL) *judging = ended_s - judged_s;
    count(b, run.pass, figures);
    backtest_figures_free(figures);
    backtest_run_close(&run);
    labels_close(labels);
    fclose(run.scores_file);
    return ended_s - began_s;
}

/* Nobody looks at the scores. */
static double stages(struct bench *b) {
    struct error error = {.code = ERROR_NONE};
    struct offline_run run = {0};
    struct options settings = b->settings;
    (void)snprintf(settings.model_path, sizeof settings.model_path, "%s", b->models[0]);
    const struct replay_engine_options wanted = {.settings = &settings, .quiet = true};
    const struct offline_input from = {.path = b->file, .partitions = 1, .memory_max = MEMORY_MAX};
    const double began_s = processor_s();
    must(offline_run_open(&run, &from, &wanted, &error), &error);
    must(offline_run_go(&run, &error), &error);
    const double seconds = processor_s() - began_s;
    offline_run_close(&run);
    return seconds;
}

static double reading(struct bench *b) {
    struct error error = {.code = ERROR_NONE};
    struct port_message message;
    int64_t offset;
    const double began_s = processor_s();
    struct replay_source *source = open_source(b, b->file);
    while (replay_source_next(source, &message, &offset, &error) == REPLAY_RECORD)
        b->file_bytes += message.value.size;
    replay_source_close(source);
    return processor_s() - began_s;
}

static void measure(struct bench *b, size_t round) {
    b->file_bytes = 0;
    b->seconds[WAY_READING][round] = reading(b);
    b->seconds[WAY_STAGES][round] = stages(b) - b->seconds[WAY_READING][round];
    b->seconds[WAY_FILE][round] =
        backtest(b, b->file, b->models[0], &b->seconds[WAY_JUDGING][round]);
    b->seconds[WAY_RECORDING][round] = backtest(b, b->recording, b->models[0], NULL);
    b->seconds[WAY_WIDE][round] = backtest(b, b->file, b->models[1], NULL);
}

static void print(struct bench *b, size_t rounds) {
    static const char *const names[WAYS] = {"backtest of a file",
                                            "backtest of a recording",
                                            "backtest of a file, 512 terms",
                                            "of it: the stages and their port",
                                            "of it: reading",
                                            "of it: judging"};
    for (int way = 0; way < WAYS; way++) {
        double rates[ROUNDS_MAX];
        for (size_t i = 0; i < rounds; i++) {
            rates[i] = b->entries / b->seconds[way][i];
            b->seconds[way][i] *= 1e9 / b->entries;
        }
        report_row(b->report, names[way], "ns", b->seconds[way], rounds);
        if (way <= WAY_WIDE) report_row(b->report, names[way], "entries/s", rates, rounds);
    }
    report_value(b->report, "entries", "count", b->entries);
    report_value(b->report, "accounts", "count", b->accounts);
    report_value(b->report, "recommendations", "count", b->recommendations);
    report_value(b->report, "Avro, of an entry", "bytes", b->file_bytes / b->entries);
    report_value(b->report, "resident set", "bytes", report_resident_bytes());
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_ACCOUNTS] = {"--accounts", "people in the feed", 20000},
        [FLAG_DAYS] = {"--days", "of the feed", 28},
        [FLAG_DAILY] = {"--daily", "operations a person a day, thousandths: two entries each", 850},
        [FLAG_ROUNDS] = {"--rounds", "samples, at most 100", 5},
        [FLAG_TERMS] = {"--terms", "of the model", 64},
    };
    static struct bench b;
    b.report =
        report_open("A backtest, from a file to scores and figures", argc, argv, flags, FLAGS);
    const size_t rounds = (size_t)flags[FLAG_ROUNDS].value;
    if (rounds < 1 || rounds > ROUNDS_MAX) return 2;
    log_set_level(LOG_LEVEL_WARN);
    options_init(&b.settings);
    name_files(&b);
    write_feed(&b, &(struct gen_options){.seed = report_seed(b.report),
                                         .start_s = START_S,
                                         .days = (uint32_t)flags[FLAG_DAYS].value,
                                         .accounts = (uint32_t)flags[FLAG_ACCOUNTS].value,
                                         .daily_per_mille = (uint32_t)flags[FLAG_DAILY].value,
                                         .dropper_per_mille = 6});
    write_recording(&b);
    write_model(&b, 0, (uint32_t)flags[FLAG_TERMS].value);
    write_model(&b, 1, WIDE_TERMS);
    for (size_t i = 0; i < rounds; i++)
        measure(&b, i);
    print(&b, rounds);
    remove_files(&b);
    options_free(&b.settings);
    return report_close(b.report);
}
