/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/broker/recording.h"
#include "detector/commands/account_set.h"
#include "detector/commands/backtest_outputs.h"
#include "detector/commands/backtest_report.h"
#include "detector/commands/backtest_run.h"
#include "detector/commands/backtest_sqlite.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/judging.h"
#include "detector/service/stop_signal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLAGS_READ = 11 }; /* files, at most, besides shadows */

struct backtest {
    struct cli *cli;
    const char *out, *old_model;
    struct offline_input input;
    struct read_files files;
    int64_t from_s; /* INT64_MIN: from the first event */
    struct labels *labels;
    struct backtest_groups *groups; /* NULL: without --groups */
    struct backtest_gates gates;
    struct backtest_outputs outputs;
    struct backtest_run run, old_run; /* old_run: of --compare */
    struct backtest_figures *figures, *old_figures;
    struct backtest_comparison comparison;
    struct backtest_shadows shadows;
    struct fit_overlap overlap;
    bool sqlite;
    int missed; /* gates */
};

/* Flags. */

static bool read_paths(struct backtest *b, struct error *error) {
    const struct cli *cli = b->cli;
    b->out = cli_value(cli, "--out");
    b->old_model = cli_value(cli, "--compare");
    b->sqlite = cli_value(cli, "--no-sqlite") == NULL;
    return offline_input_read(cli, &b->input, error) &&
           (b->out != NULL ||
            error_set(error, ERROR_USAGE, "--out DIR is missing; usage: %s", cli->usage));
}

/* What can be wrong is found before hours of work go into it. */

static bool open_runs(struct backtest *b, struct error *error) {
    const struct options *settings = &b->cli->options;
    const char *policy = cli_value(b->cli, "--policy");
    b->run.with_shadows = true;
    return backtest_run_open(&b->run, settings, cli_value(b->cli, "--model"), policy, error) &&
           (b->old_model == NULL ||
            backtest_run_open(&b->old_run, settings, b->old_model, policy, error));
}

static bool note_files(struct backtest *b, struct error *error) {
    return read_files_note_run(&b->files, b->cli, &b->input, error) &&
           read_files_note(&b->files, "groups", cli_value(b->cli, "--groups"), error);
}

static bool load_inputs(struct backtest *b, struct error *error) {
    const char *gates = cli_value(b->cli, "--gate"), *groups = cli_value(b->cli, "--groups");
    if (!note_files(b, error) || !offline_labels_open(b->cli, &b->input, &b->labels, error))
        return false;
    if (groups != NULL && b->labels == NULL)
        return error_set(error, ERROR_USAGE, "--groups says whom wrong freezes hit: add --labels");
    if (groups != NULL && (b->groups = backtest_groups_open(groups, error)) == NULL) return false;
    return gates == NULL ||
           backtest_gates_load(&b->gates, gates, b->labels != NULL, b->old_model != NULL, error);
}

static bool open_outputs(struct backtest *b, struct error *error) {
    const struct options *settings = &b->cli->options;
    const char *read[FLAGS_READ + SCORE_SHADOWS_MAX] = {
        b->input.path,
        b->input.mapping,
        b->input.signals,
        cli_value(b->cli, "--labels"),
        cli_value(b->cli, "--outcomes"),
        cli_value(b->cli, "--gate"),
        cli_value(b->cli, "--groups"),
        backtest_run_path(cli_value(b->cli, "--model"), settings->model_path),
        backtest_run_path(cli_value(b->cli, "--policy"), settings->policy_path),
        b->old_model,
        b->cli->config};
    for (uint32_t i = 0; i < shadows_count(b->run.shadows); i++)
        read[FLAGS_READ + i] = shadows_path(b->run.shadows, i);
    const struct backtest_outputs_options options = {.directory = b->out,
                                                     .force = cli_value(b->cli, "--force") != NULL,
                                                     .compares = b->old_model != NULL,
                                                     .sqlite = b->sqlite,
                                                     .read = read,
                                                     .read_count = sizeof read / sizeof read[0]};
    if (!backtest_outputs_open(&b->outputs, &options, error)) return false;
    b->run.scores_file = backtest_outputs_stream(&b->outputs, BACKTEST_SCORES, error);
    return b->run.scores_file != NULL;
}

/* The runs. */

static bool save_recommendations(struct backtest *b, struct error *error) {
    const char *const topics[] = {b->run.settings.topic_recommendations};
    return recording_save(backtest_outputs_part(&b->outputs, BACKTEST_RECOMMENDATIONS),
                          replay_engine_memory(b->run.offline.engine), topics, 1, error);
}

static bool run_old(struct backtest *b, struct error *error) {
    struct offline_input again = b->input;
    again.labels = NULL;
    again.read_before = true;
    if (b->old_model == NULL) return true;
    if (stop_signal_seen() == 0 &&
        !backtest_run_go(&b->old_run, &again, b->cli->quiet, NULL, error))
        return false;
    return stop_signal_seen() == 0 ||
           error_set(error, ERROR_INTERRUPTED,
                     "a comparison needs both runs to their end; nothing is kept");
}

/* The records of the first are let go before the second begins. */
static bool run_both(struct backtest *b, struct error *error) {
    if (!backtest_run_go(&b->run, &b->input, b->cli->quiet, b->labels, error) ||
        !save_recommendations(b, error))
        return false;
    backtest_run_forget(&b->run);
    return run_old(b, error);
}

/* From here on a signal kills, so that one that was seen has cut the run. */
static bool check_whole(const struct backtest *b, struct error *error) {
    stop_signal_release();
    return stop_signal_seen() == 0 || !backtest_outputs_replace(&b->outputs) ||
           error_set(error, ERROR_INTERRUPTED,
                     "the results that %s holds stay; name another directory for a part of a run",
                     b->out);
}

static void warn_of_labels(const struct backtest_figures *f) {
    if (!f->labelled || f->bad_accounts > 0) return;
    fprintf(stderr,
            "warning: by the labels no scored account turns bad in the judged period (%lld did "
            "before it): its ranking cannot be judged, and each of its %lld wrong freezes may be "
            "right; judge a period that labels reach, by --from or newer labels\n",
            (long long)f->left_out_accounts, (long long)f->advised.wrong_freezes);
}

static struct backtest_figures *figures_of(const struct backtest *b,
                                           const struct backtest_run *run) {
    return backtest_figures_new(run->pass, b->labels, b->from_s, run->policy, run->model);
}

static bool compare(struct backtest *b, struct error *error) {
    if (b->old_model == NULL) return true;
    FILE *file = backtest_outputs_stream(&b->outputs, BACKTEST_COMPARE, error);
    if (file == NULL) return false;
    b->old_figures = figures_of(b, &b->old_run);
    b->comparison =
        backtest_compare(file, b->run.pass, b->old_run.pass, b->labels, b->figures, b->old_figures);
    b->comparison.model_id = model_id(b->old_run.model);
    b->comparison.model_sha256 = model_sha256(b->old_run.model);
    return true;
}

static void warn_of_overlap(struct backtest *b) {
    b->overlap.begins_s = b->figures->begins_s;
    fit_overlap_take(&b->overlap, b->run.model);
    if (b->old_model != NULL) fit_overlap_take(&b->overlap, b->old_run.model);
    for (uint32_t i = 0; i < shadows_count(b->run.shadows); i++)
        fit_overlap_take(&b->overlap, shadows_model(b->run.shadows, i));
    fit_overlap_warn(&b->overlap);
}

static void judge_groups(struct backtest *b) {
    if (b->groups == NULL) return;
    backtest_groups_judge(b->groups, b->run.pass, b->labels, b->figures->period);
    judging_warn_of_strangers(b->groups->known, account_set_count(b->groups->accounts), "grouped");
}

static bool judge(struct backtest *b, struct error *error) {
    if (!judging_check(b->cli, b->run.pass, b->labels, b->from_s, error)) return false;
    b->figures = figures_of(b, &b->run);
    warn_of_labels(b->figures);
    warn_of_overlap(b);
    judge_groups(b);
    if (!compare(b, error)) return false;
    b->shadows = backtest_shadows_judge(&b->run, b->labels, b->from_s);
    b->missed =
        backtest_gates_judge(&b->gates, b->figures, b->old_model == NULL ? NULL : &b->comparison);
    return true;
}

/* What is handed over. */

static struct backtest_report report_of(const struct backtest *b) {
    return (struct backtest_report){.input = b->input.path,
                                    .files = &b->files,
                                    .model = b->run.model,
                                    .policy = b->run.policy,
                                    .figures = b->figures,
                                    .comparison = b->old_model == NULL ? NULL : &b->comparison,
                                    .shadows = &b->shadows,
                                    .groups = b->groups,
                                    .gates = &b->gates,
                                    .overlap = &b->overlap,
                                    .interrupted = stop_signal_seen() != 0};
}

static bool write_sqlite(struct backtest *b, const struct backtest_report *report,
                         struct error *error) {
    char *text = NULL;
    size_t size = 0;
    if (!b->sqlite) return true;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return error_set(error, ERROR_FAILED, "no memory for the report");
    backtest_write_json(stream, report, true);
    fclose(stream);
    const struct backtest_sqlite_content content = {
        b->run.pass, b->labels, b->figures->period, b->run.model, b->run.shadows, text};
    const bool ok =
        backtest_sqlite_write(backtest_outputs_part(&b->outputs, BACKTEST_SQLITE), &content, error);
    free(text);
    return ok;
}

static bool write_reports(struct backtest *b, struct error *error) {
    const struct backtest_report report = report_of(b);
    FILE *json = backtest_outputs_stream(&b->outputs, BACKTEST_JSON, error);
    FILE *markdown =
        json == NULL ? NULL : backtest_outputs_stream(&b->outputs, BACKTEST_MARKDOWN, error);
    if (markdown == NULL) return false;
    backtest_write_json(json, &report, false);
    backtest_write_markdown(markdown, &report);
    if (!write_sqlite(b, &report, error) || !backtest_outputs_finish(&b->outputs, error))
        return false;
    if (b->cli->json) backtest_write_json(stdout, &report, true);
    return true;
}

static void print_gates(const struct backtest *b) {
    for (int i = 0; i < BACKTEST_GATE_COUNT; i++) {
        const struct backtest_gate *gate = &b->gates.gates[i];
        if (!gate->wanted) continue;
        fprintf(stderr, "gate %s %.6g: %s, it is ", gate->name, gate->bound,
                gate->met ? "met" : "NOT MET");
        if (isfinite(gate->figure))
            fprintf(stderr, "%.6g\n", gate->figure);
        else
            fputs("-\n", stderr);
    }
}

static void print_summary(const struct backtest *b) {
    const struct backtest_figures *f = b->figures;
    fprintf(stderr,
            "%s%zu sides of %zu accounts in %.1f s; %lld recommendations for %lld accounts, %.1f a "
            "day\n",
            stop_signal_seen() != 0 ? "interrupted; so far: " : "", b->run.pass->side_count,
            b->run.pass->account_count, b->run.offline.seconds + b->old_run.offline.seconds,
            (long long)f->advised.recommendations, (long long)f->advised.accounts,
            backtest_a_day(f));
    if (f->labelled && f->bad_accounts > 0)
        fprintf(stderr,
                "average precision of accounts %.4f (%.4f to %.4f), of sides %.4f; found %lld of "
                "%lld bad accounts, %lld wrong freezes\n",
                f->account_ap, f->account_ap_band.low, f->account_ap_band.high, f->side_ap,
                (long long)f->advised.found, (long long)f->bad_accounts,
                (long long)f->advised.wrong_freezes);
    else if (!f->labelled)
        fprintf(stderr, "no labels: how good the ranking is cannot be said; --labels FILE\n");
    judging_warn_of_late();
    fprintf(stderr, "next: read %s/report.md\n", b->out);
}

/* Life. */

static bool run(void *job, struct error *error) {
    struct backtest *b = job;
    if (!read_paths(b, error) || !open_runs(b, error) || !load_inputs(b, error) ||
        !judging_from(b->cli, b->run.model, &b->from_s, error) || !open_outputs(b, error) ||
        !run_both(b, error) || !check_whole(b, error) || !judge(b, error) ||
        !write_reports(b, error))
        return false;
    if (!b->cli->quiet) print_summary(b);
    print_gates(b);
    return b->missed == 0 || stop_signal_seen() != 0 ||
           error_set(error, ERROR_GATE, "%d gate%s not met; %s/report.md has the figures",
                     b->missed, b->missed == 1 ? " is" : "s are", b->out);
}

static void close_backtest(void *job) {
    struct backtest *b = job;
    backtest_outputs_close(&b->outputs);
    backtest_figures_free(b->figures);
    backtest_figures_free(b->old_figures);
    backtest_run_close(&b->run);
    backtest_run_close(&b->old_run);
    backtest_groups_close(b->groups);
    labels_close(b->labels);
    read_files_free(&b->files);
}

int cmd_backtest(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_INPUT_FLAGS,
        {"--out", "DIR", "directory of the results; made where there is none", NULL},
        {"--labels", "FILE",
         "CSV of bad accounts and since when, or of labelled events (the input's); or outcomes",
         NULL},
        {"--outcomes", "FILE", "of --labels outcomes: container file, recording or JSON", NULL},
        {"--model", "FILE", "in place of model.path", NULL},
        {"--policy", "FILE", "in place of policy.path", NULL},
        {"--from", "TIME", "begin judging there (where the model's own data ends)", NULL},
        {"--compare", "MODEL", "an old model, to see whom the new one gains and loses", NULL},
        {"--groups", "FILE", "CSV account_id,group, to see which of them are hit", NULL},
        {"--gate", "FILE", "JSON of bounds; ends with 3 when one is not met", NULL},
        {"--no-sqlite", NULL, "without scores.sqlite, which takes longer than the run", NULL},
        {"--force", NULL, "replace the results in a directory that is not empty", NULL}};
    struct cli cli = {
        .usage = "saqshy backtest --input FILE --out DIR [flags] [-X key=value]…",
        .purpose = "Runs the production stages over recorded events and judges model and policy.",
        .flags = flags,
        .flag_count = sizeof flags / sizeof flags[0],
        .wants_options = true,
        .warns_only = true};
    struct backtest b = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_backtest, &b);
}
