/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/whole_file.h"
#include "detector/commands/backtest_run.h"
#include "detector/commands/commands.h"
#include "detector/commands/trace_report.h"
#include "detector/import/decimal.h"
#include "detector/import/moment.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <string.h>

enum {
    HOPS = 10,
    HOPS_MAX = 1000,
    HOURS = 72,
    HOURS_MAX = 87600,
    TENGE_TIYN = 100,
    FLOOR_KZT = 1000
};

struct job {
    struct cli *cli;
    struct offline_input input;
    const char *html; /* NULL: no page */
    bool csv, window_given;
    enum language language;
    struct trail_limits limits;
    struct trace_subject subject;
    struct backtest_run run; /* documents and engine; its pass is not used */
    struct trace_pass *pass;
    struct trace_report report;
    struct whole_file page;
};

/* Flags. */

static bool read_limits(struct job *job, struct error *error) {
    int64_t hops = HOPS, hours = HOURS;
    const char *floor = cli_value(job->cli, "--floor");
    job->limits.floor_tiyn = FLOOR_KZT * TENGE_TIYN;
    if (!cli_number(job->cli, "--hops", 0, HOPS_MAX, &hops, error) ||
        !cli_number(job->cli, "--hours", 0, HOURS_MAX, &hours, error))
        return false;
    job->limits.hops_max = (uint32_t)hops;
    job->limits.seconds_max = hours * TRACE_HOUR_S;
    if (floor == NULL) return true;
    const char *why =
        decimal_why(decimal_scale(floor, '.', TENGE_TIYN, false, &job->limits.floor_tiyn));
    if (why != NULL) return error_set(error, ERROR_USAGE, "--floor %s %s", floor, why);
    return job->limits.floor_tiyn >= 0 ||
           error_set(error, ERROR_USAGE, "--floor %s is below 0", floor);
}

static bool read_time(struct job *job, const char *flag, int64_t *second, struct error *error) {
    const char *text = cli_value(job->cli, flag);
    const char *why = text == NULL ? NULL : moment_read(text, second);
    return why == NULL || error_set(error, ERROR_USAGE, "%s %s: %s", flag, text, why);
}

static bool read_window(struct job *job, struct error *error) {
    struct trace_subject *s = &job->subject;
    job->window_given =
        cli_value(job->cli, "--from") != NULL || cli_value(job->cli, "--to") != NULL;
    s->to_s = INT64_MAX;
    return read_time(job, "--from", &s->from_s, error) && read_time(job, "--to", &s->to_s, error);
}

static bool read_as(struct job *job, struct error *error) {
    static const char *const names[TRACED_KINDS] = {"tx", "account", "incident"};
    const char *as = cli_value(job->cli, "--as");
    job->subject.kind_given = as != NULL;
    if (as == NULL) return true;
    for (enum trace_kind kind = 0; kind < TRACED_KINDS; kind++) {
        job->subject.kind = kind;
        if (strcmp(as, names[kind]) == 0) return true;
    }
    return error_set(error, ERROR_USAGE, "--as takes tx, account or incident, not %s", as);
}

static bool read_subject(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    const char *incident = cli_value(cli, "--incident");
    if ((cli->positional_count == 1) == (incident != NULL))
        return error_set(error, ERROR_USAGE,
                         "one of TX, ACCOUNT, INCIDENT and --incident FILE is wanted; usage: %s",
                         cli->usage);
    if (!read_as(job, error) || !read_window(job, error)) return false;
    if (incident != NULL) return trace_incident_read(incident, &job->subject, error);
    job->subject.name = cli->positional[0];
    return true;
}

static bool is_stdout(const struct job *job) {
    return job->html != NULL && strcmp(job->html, "-") == 0;
}

static bool check_paths(const struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    char part[WHOLE_FILE_PATH_MAX];
    if (!whole_file_part(job->html, part, sizeof part))
        return error_set(error, ERROR_IO, "%s: %s", job->html, strerror(ENAMETOOLONG));
    const char *const names[] = {"--input",    "--mapping",  "--signals",
                                 "the model",  "the policy", "--config",
                                 "--incident", "--html",     "the unfinished --html"};
    const char *const paths[] = {
        job->input.path,
        job->input.mapping,
        job->input.signals,
        backtest_run_path(cli_value(cli, "--model"), cli->options.model_path),
        backtest_run_path(cli_value(cli, "--policy"), cli->options.policy_path),
        cli->config,
        cli_value(cli, "--incident"),
        job->html,
        part};
    return files_distinct(names, paths, sizeof paths / sizeof paths[0], error);
}

static bool open_page(struct job *job, struct error *error) {
    job->html = cli_value(job->cli, "--html");
    job->csv = cli_value(job->cli, "--csv") != NULL;
    if (job->cli->json + job->csv + is_stdout(job) > 1)
        return error_set(error, ERROR_USAGE,
                         "of --json, --csv and --html - only one can go to stdout");
    return job->html == NULL || is_stdout(job) ||
           (check_paths(job, error) && whole_file_open(&job->page, job->html, error));
}

static bool read_flags(struct job *job, struct error *error) {
    return offline_input_read(job->cli, &job->input, error) &&
           cli_language(job->cli, &job->language, error) && read_limits(job, error) &&
           read_subject(job, error) && open_page(job, error);
}

/* The run. */

/* Bytes of the records and of what is kept of them. */
static size_t used(const struct job *job) {
    return (size_t)replay_engine_bytes(job->run.offline.engine) + trace_pass_bytes(job->pass);
}

static bool take_batch(void *context, const struct batch *batch, struct error *error) {
    struct job *job = context;
    trace_pass_take_batch(job->pass, batch);
    return used(job) <= (size_t)job->input.memory_max ||
           error_set(error, ERROR_FAILED,
                     "the records, and what is kept of the first %llu, need more than --memory "
                     "%lld; raise it",
                     (unsigned long long)job->pass->records, (long long)job->input.memory_max);
}

static bool run_engine(struct job *job, struct error *error) {
    struct backtest_run *run = &job->run;
    job->pass = trace_pass_new(job->cli->options.topic_transactions);
    if (!backtest_run_open(run, &job->cli->options, cli_value(job->cli, "--model"),
                           cli_value(job->cli, "--policy"), error))
        return false;
    const struct replay_engine_options engine = {.settings = &run->settings,
                                                 .on_recommendation = trace_pass_take_advice,
                                                 .on_payer_side = trace_pass_take_advice,
                                                 .context = job->pass,
                                                 .on_batch = take_batch,
                                                 .batch_context = job,
                                                 .order_ignored = true,
                                                 .quiet = job->cli->quiet};
    if (!offline_run_open(&run->offline, &job->input, &engine, error) ||
        !offline_run_go(&run->offline, error))
        return false;
    return stop_signal_seen() == 0 ||
           error_set(error, ERROR_INTERRUPTED,
                     "nothing is traced from a part of the events; run it again to their end");
}

static bool choose_sources(struct job *job, struct error *error) {
    struct trace_subject *s = &job->subject;
    if (s->owned == NULL && !trace_subject_find(job->pass, s, error)) return false;
    if (s->kind != TRACED_ACCOUNT && job->window_given)
        return error_set(error, ERROR_USAGE,
                         "--from and --to choose an account's credits, and %s is none; leave them",
                         s->name);
    if (s->kind == TRACED_ACCOUNT) {
        if (cli_value(job->cli, "--from") == NULL)
            trace_subject_window(job->pass, s, job->limits.seconds_max);
        if (s->to_s > job->pass->last_s) s->to_s = job->pass->last_s;
    }
    return trace_subject_mark(job->pass, s, error);
}

static bool follow(struct job *job, struct error *error) {
    const size_t room = (size_t)job->input.memory_max;
    job->limits.bytes_max = room > used(job) ? room - used(job) : 0;
    job->report = (struct trace_report){.pass = job->pass,
                                        .subject = &job->subject,
                                        .model = job->run.model,
                                        .policy = job->run.policy,
                                        .topic = job->run.settings.topic_transactions,
                                        .limits = job->limits,
                                        .full = cli_value(job->cli, "--full") != NULL};
    return trace_report_open(&job->report, error) ||
           error_prefix(error, "--memory %lld", (long long)job->input.memory_max);
}

/* What is handed over. */

static bool write_page(struct job *job, struct error *error) {
    if (job->html == NULL) return true;
    FILE *file = is_stdout(job) ? stdout : whole_file_stream(&job->page, error);
    if (file == NULL) return false;
    trace_write_html(file, &job->report, job->language);
    return is_stdout(job) || whole_file_finish(&job->page, error);
}

static bool hand_over(struct job *job, struct error *error) {
    if (!write_page(job, error)) return false;
    if (job->cli->json)
        trace_write_json(stdout, &job->report);
    else if (job->csv)
        trace_write_csv(stdout, &job->report);
    else if (job->html == NULL)
        trace_write_text(stdout, &job->report, job->language);
    return true;
}

static void print_next(const struct job *job) {
    const struct trace_report *r = &job->report;
    fprintf(
        stderr,
        "%zu rows over %zu accounts, from %zu senders, of %llu records; %.1f MB for the trail\n",
        r->row_count, r->holder_numbers.count, r->sender_numbers.count,
        (unsigned long long)job->pass->records,
        ((double)trail_bytes(r->trail) + (double)trace_pass_bytes(job->pass)) / 1e6);
    if (job->html == NULL)
        fprintf(stderr, "next: --html FILE for a page to attach, --full for whole tokens\n");
    else if (!is_stdout(job))
        fprintf(stderr, "next: open %s\n", job->html);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    if (!read_flags(job, error) || !run_engine(job, error) || !choose_sources(job, error) ||
        !follow(job, error) || !hand_over(job, error))
        return false;
    if (!job->cli->quiet) print_next(job);
    return true;
}

static void close_job(void *context) {
    struct job *job = context;
    whole_file_close(&job->page);
    trace_report_close(&job->report);
    trace_pass_free(job->pass);
    backtest_run_close(&job->run);
    trace_subject_free(&job->subject);
}

int cmd_trace(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_INPUT_FLAGS,
        {"--as", "WHAT", "tx, account or incident, where a name is more than one", NULL},
        {"--incident", "FILE", "a FraudSignal as JSON, in place of a name", NULL},
        {"--from", "TIME", "of an account's credits, after (--hours before its last event)", NULL},
        {"--to", "TIME", "of an account's credits, the last (its last event)", NULL},
        {"--hops", "N", "transfers on from the first account (10)", NULL},
        {"--hours", "N", "that money is followed after it was sent (72)", NULL},
        {"--floor", "KZT", "a transfer with less of it is not followed (1000)", NULL},
        {"--full", NULL, "account tokens whole", NULL},
        {"--model", "FILE", "in place of model.path", NULL},
        {"--policy", "FILE", "in place of policy.path", NULL},
        {"--lang", "L", "en, ru or kk (en)", NULL},
        {"--csv", NULL, "the transfers alone, a row each", NULL},
        {"--html", "FILE", "a page for a claim file, instead of text; -: to stdout", NULL}};
    struct cli cli = {.usage =
                          "saqshy trace TX|ACCOUNT|INCIDENT --input FILE [flags] [-X key=value]…",
                      .purpose = "Follows money from account to account in recorded events.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .positional_max = 1,
                      .wants_options = true,
                      .warns_only = true};
    struct job job = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_job, &job);
}
