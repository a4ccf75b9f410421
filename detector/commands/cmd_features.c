/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/whole_file.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/offline_run.h"
#include "detector/commands/vector_file.h"
#include "detector/service/metrics.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct job {
    struct cli *cli;
    const char *out;
    struct offline_input input;
    struct vector_file *file;
    struct offline_run run;
};

static bool read_flags(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    char part[PATH_MAX];
    job->out = cli_value(cli, "--out");
    if (!offline_input_read(cli, &job->input, error)) return false;
    if (job->out == NULL)
        return error_set(error, ERROR_USAGE, "--out FILE is missing; usage: %s", cli->usage);
    if (!whole_file_part(job->out, part, sizeof part))
        return error_set(error, ERROR_IO, "%s: %s", job->out, strerror(ENAMETOOLONG));
    const char *const names[] = {"--input", "--mapping", "--signals", "--out",
                                 "the unfinished --out"};
    const char *const paths[] = {job->input.path, job->input.mapping, job->input.signals, job->out,
                                 part};
    return files_distinct(names, paths, sizeof paths / sizeof paths[0], error);
}

/* What was written when a signal came is a whole file of fewer rows. */
static bool run_engine(struct job *job, struct error *error) {
    const struct replay_engine_options engine = {.settings = &job->cli->options,
                                                 .on_batch = vector_file_append,
                                                 .batch_context = job->file,
                                                 .quiet = job->cli->quiet};
    return offline_run_open(&job->run, &job->input, &engine, error) &&
           offline_run_go(&job->run, error) && vector_file_finish(job->file, error);
}

static void print_json(const struct job *job) {
    FILE *to = strcmp(job->out, "-") == 0 ? stderr : stdout;
    const int64_t rows = vector_file_rows(job->file);
    fprintf(to,
            "{\"interrupted\":%s,\"records\":%lld,\"rows\":%lld,\"seconds\":%.3f,"
            "\"rows_per_s\":%.0f,\"verdicts\":{",
            stop_signal_seen() != 0 ? "true" : "false",
            (long long)replay_engine_taken(job->run.engine), (long long)rows, job->run.seconds,
            (double)rows / job->run.seconds);
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        fprintf(to, "%s\"%s\":%llu", v == 0 ? "" : ",", verdict_name(v),
                (unsigned long long)metrics_get_verdict(v));
    fprintf(to, "}}\n");
}

static void print_summary(const struct job *job) {
    const int64_t rows = vector_file_rows(job->file);
    fprintf(stderr, "%s%lld vectors of %lld records in %.1f s (%.0f/s)",
            stop_signal_seen() != 0 ? "interrupted; written so far: " : "", (long long)rows,
            (long long)replay_engine_taken(job->run.engine), job->run.seconds,
            (double)rows / job->run.seconds);
    for (enum verdict v = VERDICT_ACCEPTED + 1; v < VERDICT_COUNT; v++)
        if (metrics_get_verdict(v) > 0)
            fprintf(stderr, "; %llu %s", (unsigned long long)metrics_get_verdict(v),
                    verdict_name(v));
    fprintf(stderr, "\nnext: saqshy docs features\n");
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    if (!read_flags(job, error)) return false;
    job->file = vector_file_create(job->out, error);
    if (job->file == NULL || !run_engine(job, error)) return false;
    if (job->cli->json) print_json(job);
    if (!job->cli->quiet) print_summary(job);
    return true;
}

static void close_job(void *context) {
    struct job *job = context;
    offline_run_close(&job->run);
    vector_file_close(job->file);
}

int cmd_features(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_INPUT_FLAGS, {"--out", "FILE", "F.csv or F.npy to write; -: CSV to stdout", NULL}};
    struct cli cli = {
        .usage = "saqshy features --input FILE --out F.csv|F.npy [flags] [-X key=value]…",
        .purpose = "Writes the feature vectors that the engine computes, a row for each scored "
                   "side.",
        .flags = flags,
        .flag_count = sizeof flags / sizeof flags[0],
        .wants_options = true,
        .warns_only = true};
    struct job job = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_job, &job);
}
