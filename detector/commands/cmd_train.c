/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/steady.h"
#include "detector/base/whole_file.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/json_text.h"
#include "detector/commands/judging.h"
#include "detector/commands/offline_run.h"
#include "detector/commands/train_rows.h"
#include "detector/commands/unreached.h"
#include "detector/service/stop_signal.h"
#include "models/document.h"
#include "models/model.h"
#include "models/train/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE_DEFAULT = 200000, TERMS_DEFAULT = 512, TERMS_LEAST = 8 };

struct job {
    struct cli *cli;
    struct offline_input input;
    const char *labels_name, *labels_path, *out, *id; /* labels_path: the file that holds them */
    int64_t seed, terms, sample, share_percent, horizon_days;
    struct labels *labels;
    char input_sha256[DIGEST_HEX_SIZE], mapping_sha256[DIGEST_HEX_SIZE]; /* "": no such file */
    char signals_sha256[DIGEST_HEX_SIZE], labels_sha256[DIGEST_HEX_SIZE];
    struct offline_run run;
    struct train_rows *taken;
    struct train_input training;
    struct train_options options;
    struct trained *trained;
    struct whole_file file;
    struct model *model; /* the document as it was read back */
    struct progress *progress;
    const char *stage; /* whose progress it is */
    double started_s;
};

static bool id_is_fine(const char *id, struct error *error) {
    if (id == NULL) return true;
    json_t *text = json_string(id);
    const size_t size = strlen(id);
    const bool fine = text != NULL && size > 0 && size <= DOCUMENT_ID_BYTES_MAX;
    json_decref(text);
    return fine || error_set(error, ERROR_USAGE, "--id takes 1 to %d bytes of UTF-8",
                             DOCUMENT_ID_BYTES_MAX);
}

static bool read_flags(struct job *job, struct error *error) {
    struct cli *cli = job->cli;
    job->labels_name = cli_value(cli, "--labels");
    job->labels_path = job->labels_name;
    if (job->labels_name != NULL && strcmp(job->labels_name, LABELS_OUTCOMES) == 0)
        job->labels_path = cli_value(cli, "--outcomes");
    job->out = cli_value(cli, "--out");
    job->id = cli_value(cli, "--id");
    if (!offline_input_read(cli, &job->input, error)) return false;
    const bool labelled = job->labels_name != NULL || job->input.has_labels;
    if (!labelled && job->input.mapping != NULL)
        return error_set(error, ERROR_USAGE, "--labels FILE is missing: %s maps no label column",
                         job->input.mapping);
    const bool named_alone = job->labels_name != NULL && job->labels_path == NULL;
    if (!labelled || named_alone || job->out == NULL)
        return error_set(error, ERROR_USAGE, "%s FILE is missing; usage: %s",
                         named_alone ? "--outcomes"
                         : labelled  ? "--out"
                                     : "--labels",
                         cli->usage);
    char part[WHOLE_FILE_PATH_MAX];
    if (!whole_file_part(job->out, part, sizeof part))
        return error_set(error, ERROR_IO, "%s: %s", job->out, strerror(ENAMETOOLONG));
    const char *const names[] = {"--input",    "--mapping", "--signals",
                                 "the labels", "--out",     "the unfinished --out"};
    const char *const paths[] = {
        job->input.path,    job->input.mapping,
        job->input.signals, offline_other_than_signals(&job->input, job->labels_path),
        job->out,           part};
    return id_is_fine(job->id, error) &&
           files_distinct(names, paths, sizeof paths / sizeof paths[0], error) &&
           cli_number(cli, "--seed", 0, INT64_MAX, &job->seed, error) &&
           cli_number(cli, "--terms", TERMS_LEAST, TRAIN_TERMS_MAX, &job->terms, error) &&
           cli_number(cli, "--sample", 1000, 100000000, &job->sample, error) &&
           cli_number(cli, "--fit-share", 1, 100, &job->share_percent, error) &&
           cli_number(cli, "--horizon-days", 0, 36500, &job->horizon_days, error);
}

static bool hash_files(struct job *job, struct error *error) {
    return files_sha256(job->input.path, job->input_sha256, error) &&
           files_sha256(job->input.mapping, job->mapping_sha256, error) &&
           files_sha256(job->input.signals, job->signals_sha256, error) &&
           files_sha256(job->labels_path, job->labels_sha256, error);
}

/* Rows. */

static bool take_batch(void *context, const struct batch *batch, struct error *error) {
    const struct job *job = context;
    return train_rows_take(job->taken, batch, replay_engine_bytes(job->run.engine), error);
}

static void take_advice(void *context, const struct recommendation *recommendation) {
    const struct job *job = context;
    labels_note_advice(job->labels, recommendation);
}

/* The feed is read once; the engine and what it holds are gone when training begins. */
static bool take_rows(struct job *job, struct error *error) {
    if (!offline_labels_open(job->cli, &job->input, &job->labels, error)) return false;
    job->taken = train_rows_open(job->labels, job->input.memory_max);
    if (job->taken == NULL) return error_set(error, ERROR_FAILED, "no memory for rows");
    const struct replay_engine_options engine = {.settings = &job->cli->options,
                                                 .on_recommendation = take_advice,
                                                 .context = job,
                                                 .on_batch = take_batch,
                                                 .batch_context = job,
                                                 .quiet = job->cli->quiet};
    const bool good = offline_run_open(&job->run, &job->input, &engine, error) &&
                      offline_run_go(&job->run, error);
    offline_run_close(&job->run);
    if (stop_signal_seen() != 0) return error_set(error, ERROR_INTERRUPTED, "stopped");
    return good;
}

/* The period to fit: the first share of the rows, by time. */
static bool place_period(struct job *job, struct error *error) {
    struct train_input *in = &job->training;
    in->rows = train_rows_rows(job->taken);
    if (in->rows->count == 0)
        return error_set(error, ERROR_BAD_DATA, "%s: not one record was scored", job->input.path);
    in->first_bad_s = train_rows_first_bad(job->taken, &in->accounts);
    in->horizon_s = job->horizon_days * SECONDS_24H;
    in->from_s = train_rows_earliest(job->taken);
    in->until_s = train_rows_latest(job->taken) + 1;
    return job->share_percent == 100 ||
           train_rows_at_share(job->taken, (double)job->share_percent / 100, &in->until_s) ||
           error_set(error, ERROR_FAILED, "no memory to train");
}

/* Training. */

/* A bar on a terminal; elsewhere a line where a stage begins. */
static void show_progress(void *context, const char *stage, int64_t done, int64_t total) {
    struct job *job = context;
    if (job->stage != stage) {
        progress_end(job->progress);
        job->progress = progress_new(stage, total);
        job->stage = stage;
        if (!isatty(STDERR_FILENO))
            fprintf(stderr, "%s (%.0f s)\n", stage, steady_s() - job->started_s);
    }
    progress_set(job->progress, done, done);
}

static bool was_stopped(void *unused) {
    (void)unused;
    return stop_signal_seen() != 0;
}

static bool fit(struct job *job, struct error *error) {
    job->options = (struct train_options){.seed = (uint64_t)job->seed,
                                          .terms_max = (uint32_t)job->terms,
                                          .sample = (uint32_t)job->sample,
                                          .monotone = cli_value(job->cli, "--free-signs") == NULL,
                                          .progress = {show_progress, was_stopped, job}};
    if (job->cli->quiet) job->options.progress.tell = NULL;
    job->trained = malloc(sizeof *job->trained);
    if (job->trained == NULL) return error_set(error, ERROR_FAILED, "no memory to train");
    const bool good = train(&job->training, &job->options, job->trained, error);
    progress_end(job->progress);
    return good;
}

static const char *or_null(const char *text) {
    return text[0] == '\0' ? NULL : text;
}

/* What is written is what the engine accepts; until then an older model stays under the name. */
static bool write_model(struct job *job, struct error *error) {
    char id[64];
    snprintf(id, sizeof id, "trained-%.8s-%lld", job->input_sha256, (long long)job->seed);
    const struct train_story story = {.id = job->id != NULL ? job->id : id,
                                      .input_sha256 = job->input_sha256,
                                      .mapping_sha256 = or_null(job->mapping_sha256),
                                      .signals_sha256 = or_null(job->signals_sha256),
                                      .labels_sha256 = or_null(job->labels_sha256),
                                      .fit_from_s = job->training.from_s,
                                      .fit_until_s = job->training.until_s,
                                      .horizon_s = job->training.horizon_s,
                                      .options = &job->options};
    char *text = train_write(job->trained, &story);
    if (text == NULL) return error_set(error, ERROR_FAILED, "no memory for the document");
    const size_t size = strlen(text);
    job->model = model_parse(text, size, job->out, error);
    FILE *file = job->model == NULL ? NULL : whole_file_stream(&job->file, error);
    if (file != NULL && fwrite(text, 1, size, file) != size)
        error_set(error, ERROR_IO, "%s cannot be written", job->out);
    free(text);
    return file != NULL && error->code == ERROR_NONE && whole_file_finish(&job->file, error);
}

/* Whether the policy that people begin with is reached by it. */
static bool judge_reach(const struct job *job, struct error *error) {
    struct policy *policy = policy_load_offline("", job->model, error);
    if (policy == NULL) return false;
    unreached_warn(policy, job->model);
    policy_free(policy);
    return true;
}

/* The summary. */

static double precision(const struct trained *t) {
    double sum = 0;
    for (int n = 0; n < TRAIN_FOLDS; n++)
        sum += t->trial[t->chosen].precision[n];
    return sum / TRAIN_FOLDS;
}

static void print_text(const char *text) {
    json_t *json = json_text(text);
    json_dumpf(json, stdout, JSON_ENCODE_ANY);
    json_decref(json);
}

static void print_outcomes_json(const struct job *job) {
    struct outcome_label_counts counts;
    if (labels_outcomes(job->labels, &counts))
        printf("\"outcomes\":{\"fraud\":%zu,\"good\":%zu,\"unplaced\":%zu},", counts.fraud,
               counts.good, counts.unplaced);
}

static void print_json(const struct job *job) {
    const struct trained *t = job->trained;
    fputs("{\"out\":", stdout);
    print_text(job->out);
    putchar(',');
    print_outcomes_json(job);
    printf("\"sha256\":\"%s\",\"terms\":%u,\"l2\":%g,\"rows\":%zu,\"bad_rows\":%zu,"
           "\"bad_accounts\":%zu,\"validation_account_average_precision\":%.6f,\"terms_merged\":%u,"
           "\"log_loss_sample_proposed\":%.9f,\"log_loss_sample_merged\":%.9f,"
           "\"log_loss\":%.9f,\"log_loss_rounded\":%.9f,\"converged\":%s,\"seconds\":%.1f}\n",
           model_sha256(job->model), t->count, t->trial[t->chosen].l2, t->rows, t->bad_rows,
           t->bad_accounts, precision(t), t->alike, t->loss_proposed, t->loss_merged, t->fit.loss,
           t->loss_rounded, t->fit.converged ? "true" : "false", steady_s() - job->started_s);
}

static void print_next(const struct job *job) {
    const bool whole = job->share_percent == 100;
    const bool by_outcomes = job->labels_path != job->labels_name;
    fprintf(stderr, "next: saqshy backtest --input %s", whole ? "NEWER_EVENTS" : job->input.path);
    if (job->input.mapping != NULL) fprintf(stderr, " --mapping %s", job->input.mapping);
    if (by_outcomes)
        fprintf(stderr, " --labels %s --outcomes %s", job->labels_name, job->labels_path);
    else if (job->labels_path != NULL)
        fprintf(stderr, " --labels %s", whole ? "NEWER_LABELS" : job->labels_path);
    fprintf(stderr, " --model %s --out DIR\n", job->out);
}

static void print_outcomes(const struct job *job) {
    struct outcome_label_counts counts;
    if (!labels_outcomes(job->labels, &counts)) return;
    fprintf(stderr,
            "outcomes: fraud confirmed of %zu recommendations, %zu known to be good; only what was "
            "recommended gets one (docs/MODEL_WORKFLOW.md)\n",
            counts.fraud, counts.good);
    if (counts.unplaced > 0)
        fprintf(
            stderr,
            "warning: %zu of the confirmed are of no account here: their signals name none with "
            "occurred_at, and model.path and policy.path do not give their recommendations\n",
            counts.unplaced);
}

static void print_summary(const struct job *job) {
    const struct trained *t = job->trained;
    fprintf(stderr, "%u terms from %zu rows, %zu of them of %zu bad accounts; %.0f s\n", t->count,
            t->rows, t->bad_rows, t->bad_accounts, steady_s() - job->started_s);
    fprintf(stderr, "validation: account average precision %.3f", precision(t));
    for (int n = 0; n < TRAIN_FOLDS; n++)
        fprintf(stderr, "%s %.3f (95 %%: %.3f to %.3f)", n == 0 ? ";" : ",",
                t->trial[t->chosen].precision[n], t->band[n].low, t->band[n].high);
    fprintf(stderr, "\nlog loss: %.6f; %u terms that others stand for cost %.1e, rounding %.1e\n",
            t->loss_rounded, t->alike, t->loss_merged - t->loss_proposed,
            t->loss_rounded - t->fit.loss);
    judging_warn_of_late();
    print_next(job);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    if (!read_flags(job, error) || !whole_file_open(&job->file, job->out, error) ||
        !hash_files(job, error) || !take_rows(job, error) || !place_period(job, error) ||
        !fit(job, error) || !write_model(job, error) || !judge_reach(job, error))
        return false;
    judging_warn_of_contradictions(job->labels);
    if (job->cli->json) print_json(job);
    if (!job->cli->quiet) {
        print_outcomes(job);
        print_summary(job);
    }
    return true;
}

static void close_job(void *context) {
    struct job *job = context;
    offline_run_close(&job->run);
    train_rows_close(job->taken);
    labels_close(job->labels);
    free(job->trained);
    model_free(job->model);
    whole_file_close(&job->file);
}

int cmd_train(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_FILE_FLAGS,
        {"--labels", "FILE", "CSV: account_id,first_bad_time or event_id,label; or outcomes", NULL},
        {"--outcomes", "FILE", "of --labels outcomes: container file, recording or JSON", NULL},
        {"--out", "FILE", "the model to write", NULL},
        {"--fit-share", "PERCENT", "of the rows, the first by time, to fit on (100)", NULL},
        {"--horizon-days", "N", "leaves out rows so long after an account turned bad (0: none)",
         NULL},
        {"--terms", "N", "at most (512)", NULL},
        {"--free-signs", NULL, "a rising risk may lower the score", NULL},
        {"--sample", "ROWS", "to propose and validate with, by account (200000)", NULL},
        {"--seed", "N", "(1)", NULL},
        {"--id", "NAME", "of the model; otherwise made from the input", NULL},
        {"--memory", "BYTES", "for records and rows together, at most (4G)", NULL}};
    struct cli cli = {.usage = "saqshy train --input FILE --labels FILE --out MODEL.json [flags]",
                      .purpose = "Fits a model on recorded events and labels.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .wants_options = true,
                      .warns_only = true};
    struct job job = {.cli = &cli,
                      .seed = 1,
                      .terms = TERMS_DEFAULT,
                      .sample = SAMPLE_DEFAULT,
                      .share_percent = 100,
                      .file = {.descriptor = -1},
                      .started_s = steady_s()};
    return cli_run(&cli, argc, argv, run, close_job, &job);
}
