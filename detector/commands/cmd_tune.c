/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/whole_file.h"
#include "detector/commands/backtest_run.h"
#include "detector/commands/commands.h"
#include "detector/commands/judging.h"
#include "detector/commands/tune_findings.h"
#include "detector/commands/tune_page.h"
#include "detector/service/metrics.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tune {
    struct cli *cli;
    const char *out;
    struct offline_input input;
    struct read_files files;
    int64_t from_s;
    struct labels *labels;
    struct backtest_run run;
    struct tune_bests bests;
    struct tune_sides sides;
    struct tune_findings findings;
    struct whole_file file;
    char *json;
};

static bool read_flags(struct tune *t, struct error *error) {
    const struct cli *cli = t->cli;
    char part[WHOLE_FILE_PATH_MAX];
    t->out = cli_value(cli, "--out");
    if (!offline_input_read(cli, &t->input, error)) return false;
    if (t->out == NULL)
        return error_set(error, ERROR_USAGE, "--out FILE is missing; usage: %s", cli->usage);
    if (strcmp(t->out, "-") == 0)
        return error_set(error, ERROR_USAGE, "--out takes a file: the page is not for stdout");
    if (!whole_file_part(t->out, part, sizeof part))
        return error_set(error, ERROR_IO, "%s: %s", t->out, strerror(ENAMETOOLONG));
    const char *const names[] = {"--input",    "--mapping",           "--signals",  "--labels",
                                 "--outcomes", "the model",           "the policy", "--config",
                                 "--out",      "the unfinished --out"};
    const char *const paths[] = {
        t->input.path,
        t->input.mapping,
        t->input.signals,
        cli_value(cli, "--labels"),
        offline_other_than_signals(&t->input, cli_value(cli, "--outcomes")),
        backtest_run_path(cli_value(cli, "--model"), cli->options.model_path),
        backtest_run_path(cli_value(cli, "--policy"), cli->options.policy_path),
        cli->config,
        t->out,
        part};
    return files_distinct(names, paths, sizeof paths / sizeof paths[0], error);
}

static bool open_tune(struct tune *t, struct error *error) {
    const struct cli *cli = t->cli;
    if (!backtest_run_open(&t->run, &cli->options, cli_value(cli, "--model"),
                           cli_value(cli, "--policy"), error) ||
        !judging_from(cli, t->run.model, &t->from_s, error) ||
        !tune_bests_open(&t->bests, t->run.model, t->from_s, error) ||
        !read_files_note_run(&t->files, cli, &t->input, error) ||
        !offline_labels_open(cli, &t->input, &t->labels, error))
        return false;
    t->sides.policy = t->run.policy;
    return whole_file_open(&t->file, t->out, error);
}

static void take_batch(void *context, const struct batch *batch) {
    struct tune *t = context;
    tune_bests_take(&t->bests, t->run.pass, batch);
    tune_sides_take(&t->sides, t->run.pass, batch);
}

/* From here on a signal kills, so that one that was seen has cut the run. */
static bool check_whole(const struct tune *t, struct error *error) {
    stop_signal_release();
    return stop_signal_seen() == 0 || access(t->out, F_OK) != 0 ||
           error_set(error, ERROR_INTERRUPTED,
                     "%s stays as it was; name another file for a part of a run", t->out);
}

static bool score(struct tune *t, struct error *error) {
    t->run.on_batch = take_batch;
    t->run.context = t;
    if (!backtest_run_go(&t->run, &t->input, t->cli->quiet, t->labels, error)) return false;
    backtest_run_forget(&t->run);
    return check_whole(t, error) && judging_check(t->cli, t->run.pass, t->labels, t->from_s, error);
}

static void find(struct tune *t) {
    t->findings = (struct tune_findings){.input = t->input.path,
                                         .files = &t->files,
                                         .model = t->run.model,
                                         .policy = t->run.policy,
                                         .pass = t->run.pass,
                                         .bests = &t->bests,
                                         .sides = &t->sides,
                                         .interrupted = stop_signal_seen() != 0};
    tune_find(&t->findings, t->labels, t->from_s);
    t->json = tune_json(&t->findings);
}

static bool write_page(struct tune *t, struct error *error) {
    FILE *file = whole_file_stream(&t->file, error);
    if (file == NULL) return false;
    tune_page_write(file, t->json);
    if (t->cli->json) puts(t->json);
    return whole_file_finish(&t->file, error);
}

static void print_summary(const struct tune *t) {
    const struct tune_findings *f = &t->findings;
    const int64_t dropped = metrics_get(METRIC_ACCOUNTS_DROPPED);
    fprintf(stderr, "%s%zu thresholds over %zu sides of %zu accounts%s\n",
            f->interrupted ? "interrupted; so far: " : "", f->edges.count, f->pass->side_count,
            f->pass->account_count,
            f->figures->labelled ? "" : "; no labels: who is bad cannot be said; --labels FILE");
    if (dropped > 0)
        fprintf(
            stderr,
            "warning: %lld accounts were dropped for want of memory, and who is dropped depends "
            "on the threshold; raise memory.limit.mib\n",
            (long long)dropped);
    judging_warn_of_late();
    fprintf(stderr, "next: open %s in a browser\n", t->out);
}

static bool run(void *job, struct error *error) {
    struct tune *t = job;
    if (!read_flags(t, error) || !open_tune(t, error) || !score(t, error)) return false;
    find(t);
    fit_overlap_warn(&t->findings.overlap);
    if (!write_page(t, error)) return false;
    if (!t->cli->quiet) print_summary(t);
    return true;
}

static void close_tune(void *job) {
    struct tune *t = job;
    free(t->json);
    tune_findings_free(&t->findings);
    tune_sides_close(&t->sides);
    tune_bests_close(&t->bests);
    backtest_run_close(&t->run);
    labels_close(t->labels);
    read_files_free(&t->files);
    whole_file_close(&t->file);
}

int cmd_tune(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_INPUT_FLAGS,
        {"--out", "FILE", "the page, one HTML file that needs no network", NULL},
        {"--labels", "FILE",
         "CSV of bad accounts and since when, or of labelled events (the input's); or outcomes",
         NULL},
        {"--outcomes", "FILE", "of --labels outcomes: container file, recording or JSON", NULL},
        {"--model", "FILE", "in place of model.path", NULL},
        {"--policy", "FILE", "in place of policy.path: today's thresholds", NULL},
        {"--from", "TIME", "begin judging there (where the model's own data ends)", NULL}};
    struct cli cli = {
        .usage = "saqshy tune --input FILE --out FILE [flags] [-X key=value]…",
        .purpose = "Makes a page on which a threshold is chosen: what each would have come to.",
        .flags = flags,
        .flag_count = sizeof flags / sizeof flags[0],
        .wants_options = true,
        .warns_only = true};
    struct tune t = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_tune, &t);
}
