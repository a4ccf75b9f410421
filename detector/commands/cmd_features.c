/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/base/whole_file.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/replay_engine.h"
#include "detector/commands/vector_file.h"
#include "detector/service/metrics.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { MEMORY_DEFAULT_G = 4 };

struct job {
    struct cli *cli;
    const char *input, *out;
    int64_t partitions, memory_max;
    struct replay_source *source;
    struct vector_file *file;
    struct replay_engine *engine;
    double seconds;
};

static bool read_flags(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    char part[PATH_MAX];
    job->input = cli_value(cli, "--input");
    job->out = cli_value(cli, "--out");
    if (job->input == NULL || job->out == NULL)
        return error_set(error, ERROR_USAGE, "%s FILE is missing; usage: %s",
                         job->input == NULL ? "--input" : "--out", cli->usage);
    if (!whole_file_part(job->out, part, sizeof part))
        return error_set(error, ERROR_IO, "%s: %s", job->out, strerror(ENAMETOOLONG));
    const char *const names[] = {"--input", "--out", "the unfinished --out"};
    const char *const paths[] = {job->input, job->out, part};
    return files_distinct(names, paths, sizeof paths / sizeof paths[0], error) &&
           cli_number(cli, "--partitions", 1, 1024, &job->partitions, error) &&
           cli_number(cli, "--memory", 1000000, INT64_MAX, &job->memory_max, error);
}

static void interrupt(void *engine) {
    replay_engine_stop(engine);
}

static bool open_engine(struct job *job, struct error *error) {
    struct options *options = &job->cli->options;
    if (options->start_from[0] == '\0')
        snprintf(options->start_from, sizeof options->start_from, "earliest");
    const struct replay_engine_options engine = {.settings = options,
                                                 .source = job->source,
                                                 .on_batch = vector_file_append,
                                                 .batch_context = job->file,
                                                 .partitions = (int32_t)job->partitions,
                                                 .memory_max = job->memory_max,
                                                 .quiet = job->cli->quiet};
    job->engine = replay_engine_open(&engine, error);
    return job->engine != NULL;
}

/* What was written when a signal came is a whole file of fewer rows. */
static bool run_engine(struct job *job, struct error *error) {
    stop_signal_start(interrupt, job->engine);
    const double started_s = steady_s();
    const bool ok = replay_engine_run(job->engine, error) && vector_file_finish(job->file, error);
    job->seconds = steady_s() - started_s;
    return ok;
}

static void print_json(const struct job *job) {
    FILE *to = strcmp(job->out, "-") == 0 ? stderr : stdout;
    const int64_t rows = vector_file_rows(job->file);
    fprintf(to,
            "{\"interrupted\":%s,\"records\":%lld,\"rows\":%lld,\"seconds\":%.3f,"
            "\"rows_per_s\":%.0f,\"verdicts\":{",
            stop_signal_seen() != 0 ? "true" : "false", (long long)replay_engine_taken(job->engine),
            (long long)rows, job->seconds, (double)rows / job->seconds);
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        fprintf(to, "%s\"%s\":%llu", v == 0 ? "" : ",", verdict_name(v),
                (unsigned long long)metrics_get_verdict(v));
    fprintf(to, "}}\n");
}

static void print_summary(const struct job *job) {
    const int64_t rows = vector_file_rows(job->file);
    fprintf(stderr, "%s%lld vectors of %lld records in %.1f s (%.0f/s)",
            stop_signal_seen() != 0 ? "interrupted; written so far: " : "", (long long)rows,
            (long long)replay_engine_taken(job->engine), job->seconds, (double)rows / job->seconds);
    for (enum verdict v = VERDICT_ACCEPTED + 1; v < VERDICT_COUNT; v++)
        if (metrics_get_verdict(v) > 0)
            fprintf(stderr, "; %llu %s", (unsigned long long)metrics_get_verdict(v),
                    verdict_name(v));
    fprintf(stderr, "\nnext: saqshy docs features\n");
}

static bool run(struct job *job, struct error *error) {
    if (!read_flags(job, error)) return false;
    job->file = vector_file_create(job->out, error);
    if (job->file == NULL) return false;
    job->source = replay_source_open(job->input, &job->cli->options, error);
    if (job->source == NULL || !open_engine(job, error) || !run_engine(job, error)) return false;
    if (job->cli->json) print_json(job);
    if (!job->cli->quiet) print_summary(job);
    return true;
}

static void close_job(struct job *job) {
    stop_signal_end();
    replay_engine_close(job->engine);
    replay_source_close(job->source);
    vector_file_close(job->file);
}

int cmd_features(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli_flag flags[] = {
        {"--input", "FILE", "container file of transactions, or a recording", NULL},
        {"--out", "FILE", "F.csv or F.npy to write; -: CSV to stdout", NULL},
        {"--partitions", "N", "of a file that names none (1)", NULL},
        {"--memory", "BYTES", "records are held in memory, at most (4G)", NULL}};
    struct cli cli = {
        .usage = "saqshy features --input FILE --out F.csv|F.npy [flags] [-X key=value]…",
        .purpose = "Writes the feature vectors that the engine computes, a row for each scored "
                   "side.",
        .flags = flags,
        .flag_count = sizeof flags / sizeof flags[0],
        .wants_options = true};
    const enum cli_outcome outcome = cli_parse(&cli, argc, argv, &error);
    if (outcome != CLI_GO) return outcome == CLI_HELP_SHOWN ? 0 : cli_fail(&error);
    if (strcmp(cli.options.log_level, "info") == 0) log_set_level(LOG_LEVEL_WARN);
    struct job job = {
        .cli = &cli, .partitions = 1, .memory_max = INT64_C(1000000000) * MEMORY_DEFAULT_G};
    const bool ok = run(&job, &error);
    close_job(&job);
    cli_free(&cli);
    if (!ok) return cli_fail(&error);
    return stop_signal_seen() != 0 ? error_exit_status(ERROR_INTERRUPTED) : 0;
}
