/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/whole_file.h"
#include "detector/commands/backtest_run.h"
#include "detector/commands/commands.h"
#include "detector/commands/explain_report.h"
#include "detector/import/moment.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <string.h>

struct job {
    struct cli *cli;
    struct offline_input input;
    const char *account, *html; /* html NULL: no page */
    int64_t at_s;
    enum language language;
    struct backtest_run run; /* documents and engine; its pass is not used */
    struct explain_pass *pass;
    struct explain_report report;
    struct whole_file page;
};

/* Flags. */

static bool read_time(struct job *job, struct error *error) {
    const char *at = cli_value(job->cli, "--at");
    job->at_s = INT64_MAX;
    const char *why = at == NULL ? NULL : moment_read(at, &job->at_s);
    return why == NULL || error_set(error, ERROR_USAGE, "--at %s: %s", at, why);
}

static bool is_stdout(const struct job *job) {
    return job->html != NULL && strcmp(job->html, "-") == 0;
}

static bool check_paths(const struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    char part[WHOLE_FILE_PATH_MAX];
    if (!whole_file_part(job->html, part, sizeof part))
        return error_set(error, ERROR_IO, "%s: %s", job->html, strerror(ENAMETOOLONG));
    const char *const names[] = {"--input",    "--mapping", "--signals", "the model",
                                 "the policy", "--config",  "--html",    "the unfinished --html"};
    const char *const paths[] = {
        job->input.path,
        job->input.mapping,
        job->input.signals,
        backtest_run_path(cli_value(cli, "--model"), cli->options.model_path),
        backtest_run_path(cli_value(cli, "--policy"), cli->options.policy_path),
        cli->config,
        job->html,
        part};
    return files_distinct(names, paths, sizeof paths / sizeof paths[0], error);
}

static bool open_page(struct job *job, struct error *error) {
    if (is_stdout(job) && job->cli->json)
        return error_set(error, ERROR_USAGE, "--json and --html - both go to stdout");
    return job->html == NULL || is_stdout(job) ||
           (check_paths(job, error) && whole_file_open(&job->page, job->html, error));
}

static bool read_flags(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    if (cli->positional_count != 1)
        return error_set(error, ERROR_USAGE, "ACCOUNT is missing; usage: %s", cli->usage);
    job->account = cli->positional[0];
    job->html = cli_value(cli, "--html");
    return offline_input_read(cli, &job->input, error) &&
           cli_language(cli, &job->language, error) && read_time(job, error) &&
           open_page(job, error);
}

/* The run. */

static bool run_engine(struct job *job, struct error *error) {
    struct backtest_run *run = &job->run;
    job->pass = explain_pass_new(text_of(job->account), job->at_s);
    if (!backtest_run_open(run, &job->cli->options, cli_value(job->cli, "--model"),
                           cli_value(job->cli, "--policy"), error))
        return false;
    const struct replay_engine_options engine = {.settings = &run->settings,
                                                 .on_recommendation = explain_pass_take_advice,
                                                 .context = job->pass,
                                                 .on_decided = explain_pass_take_batch,
                                                 .decided_context = job->pass,
                                                 .order_ignored = true,
                                                 .quiet = job->cli->quiet};
    if (!offline_run_open(&run->offline, &job->input, &engine, error) ||
        !offline_run_go(&run->offline, error))
        return false;
    spread_close(job->pass->spread);
    return stop_signal_seen() == 0 ||
           error_set(error, ERROR_INTERRUPTED,
                     "nothing is explained from a part of the events; run it again to their end");
}

static bool check_found(const struct job *job, struct error *error) {
    const struct explain_pass *p = job->pass;
    char time[INSTANT_TEXT_SIZE];
    if (p->chosen != SIZE_MAX) return true;
    if (p->entry_count > 0)
        return error_set(error, ERROR_BAD_DATA,
                         "the first scored entry of %s is of %s UTC, after --at; give a later time",
                         job->account, instant_text(p->entries[0].time_s, time));
    return error_set(error, ERROR_BAD_DATA,
                     "%s is not among the %zu accounts of the %llu entries that %s has scored; ids "
                     "are compared letter by letter, and `saqshy features` lists them",
                     job->account, account_set_count(p->accounts), (unsigned long long)p->sides,
                     job->input.path);
}

/* What is handed over. */

static bool write_page(struct job *job, struct error *error) {
    if (job->html == NULL) return true;
    FILE *file = is_stdout(job) ? stdout : whole_file_stream(&job->page, error);
    if (file == NULL) return false;
    explain_write_html(file, &job->report, job->language);
    return is_stdout(job) || whole_file_finish(&job->page, error);
}

static bool explain(struct job *job, struct error *error) {
    job->report = (struct explain_report){.input = job->input.path,
                                          .model = job->run.model,
                                          .policy = job->run.policy,
                                          .pass = job->pass};
    if (!explain_report_open(&job->report, job->run.settings.kernel_tier, error) ||
        !write_page(job, error))
        return false;
    if (job->cli->json)
        explain_write_json(stdout, &job->report);
    else if (job->html == NULL)
        explain_write_text(stdout, &job->report, job->language);
    return true;
}

static void print_next(const struct job *job) {
    char time[INSTANT_TEXT_SIZE];
    fprintf(stderr,
            "%zu entries of the account among %llu of %zu accounts; explained is that of %s UTC\n",
            job->pass->entry_count, (unsigned long long)job->pass->sides,
            account_set_count(job->pass->accounts),
            instant_text(job->pass->entries[job->pass->chosen].time_s, time));
    if (job->html == NULL)
        fprintf(stderr, "next: --at TIME for another entry, --html FILE for a page to attach\n");
    else if (!is_stdout(job))
        fprintf(stderr, "next: open %s\n", job->html);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    if (!read_flags(job, error) || !run_engine(job, error) || !check_found(job, error) ||
        !explain(job, error))
        return false;
    if (!job->cli->quiet) print_next(job);
    return true;
}

static void close_job(void *context) {
    struct job *job = context;
    whole_file_close(&job->page);
    explain_report_close(&job->report);
    backtest_run_close(&job->run);
    explain_pass_free(job->pass);
}

int cmd_explain(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_INPUT_FLAGS,
        {"--at", "TIME", "the last entry at or before (that of the highest score)", NULL},
        {"--model", "FILE", "in place of model.path", NULL},
        {"--policy", "FILE", "in place of policy.path", NULL},
        {"--lang", "L", "en, ru or kk (en)", NULL},
        {"--html", "FILE", "a page to keep, instead of text; -: to stdout", NULL}};
    struct cli cli = {.usage = "saqshy explain ACCOUNT --input FILE [flags] [-X key=value]…",
                      .purpose =
                          "Says why an account was flagged, or was not, from recorded events.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .positional_max = 1,
                      .wants_options = true,
                      .warns_only = true};
    struct job job = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_job, &job);
}
