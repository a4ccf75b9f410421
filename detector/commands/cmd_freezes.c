/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/freezes.h"
#include "detector/commands/record_json.h"
#include "detector/import/moment.h"

#include <string.h>
#include <time.h>

#define READER_ID "saqshy-freezes"
enum { MICROS = 1000000 };

struct job {
    struct cli *cli;
    struct freezes_query query;
    bool shows;
};

/* Flags. */

static bool read_verb(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    const char *word = cli->positional_count > 0 ? cli->positional[0] : "";
    job->shows = strcmp(word, "show") == 0;
    if ((job->shows || strcmp(word, "ls") == 0) && cli->positional_count == (job->shows ? 2 : 1))
        return true;
    return error_set(error, ERROR_USAGE, "usage: %s", cli->usage);
}

/* A flag of the other verb would be ignored, and its user misled. */
static bool refuse_strangers(const struct job *job, struct error *error) {
    static const char *const of_list[] = {"--all", "--bank", "--action", "--limit", "--csv"};
    static const char *const of_show[] = {"--lang"};
    const char *const *strangers = job->shows ? of_list : of_show;
    const size_t count = job->shows ? sizeof of_list / sizeof of_list[0] : 1;
    for (size_t i = 0; i < count; i++)
        if (cli_value(job->cli, strangers[i]) != NULL)
            return error_set(error, ERROR_USAGE, "%s is not for freezes %s", strangers[i],
                             job->shows ? "show" : "ls");
    return true;
}

/* As it stood at a time, it does not know what came later. */
static bool read_time(struct job *job, struct error *error) {
    const char *text = cli_value(job->cli, "--at");
    int64_t second = time(NULL);
    const char *why = text == NULL ? NULL : moment_read(text, &second);
    if (why != NULL) return error_set(error, ERROR_USAGE, "--at %s: %s", text, why);
    job->query.now_us = second * MICROS;
    job->query.until_us = text == NULL ? INT64_MAX : job->query.now_us;
    return true;
}

static bool read_action(struct job *job, struct error *error) {
    const char *text = cli_value(job->cli, "--action");
    uint8_t action = ACTION_UNKNOWN;
    if (text == NULL) return true;
    if (!record_json_symbol(text, freeze_action_symbols, ACTION_COUNT, &action, error)) {
        error->code = ERROR_USAGE;
        return error_prefix(error, "--action");
    }
    job->query.action = (enum action)action;
    return true;
}

static bool read_flags(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    if (!read_verb(job, error) || !refuse_strangers(job, error)) return false;
    job->query = (struct freezes_query){.options = &cli->options,
                                        .input = cli_value(cli, "--input"),
                                        .signals = cli_value(cli, "--signals"),
                                        .bank = cli_value(cli, "--bank"),
                                        .id = job->shows ? cli->positional[1] : NULL,
                                        .all = cli_value(cli, "--all") != NULL,
                                        .full = cli_value(cli, "--full") != NULL,
                                        .csv = cli_value(cli, "--csv") != NULL,
                                        .json = cli->json,
                                        .quiet = cli->quiet};
    if (job->query.csv && job->query.json)
        return error_set(error, ERROR_USAGE, "of --json and --csv only one can be given");
    if (job->query.input == NULL && cli->options.bootstrap_servers[0] == '\0')
        return error_set(error, ERROR_USAGE,
                         "say what to read: --input FILE, a recording, or bootstrap.servers");
    return read_time(job, error) && read_action(job, error) &&
           cli_language(cli, &job->query.language, error) &&
           cli_number(cli, "--limit", 1, INT32_MAX, &job->query.limit, error);
}

/* Running. */

static bool read_port(struct job *job, struct port **port, struct error *error) {
    struct options *options = &job->cli->options;
    if (job->query.input != NULL) return true;
    snprintf(options->shard_id, sizeof options->shard_id, READER_ID);
    *port = kafka_port_open_command(options, error);
    return *port != NULL;
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    struct port *port = NULL;
    if (!read_flags(job, error) || !read_port(job, &port, error)) return false;
    const bool ok = (job->shows ? freezes_show : freezes_list)(&job->query, port, stdout, error);
    if (port != NULL) port->ops->close(port);
    return ok;
}

int cmd_freezes(int argc, char **argv) {
    struct cli_flag flags[] = {
        {"--input", "FILE", "recording of the recommendations (the topic of a broker)", NULL},
        {"--signals", "FILE",
         "signals, for outcomes: container file, recording or JSON (the topic)", NULL},
        {"--at", "TIME", "as it stood then (now)", NULL},
        {"--all", NULL, "ls: those that are closed, too", NULL},
        {"--bank", "BIC", "ls: of this bank alone", NULL},
        {"--action", "ACTION", "ls: HOLD_AMOUNT, … alone", NULL},
        {"--limit", "N", "ls: rows, the most urgent first (all)", NULL},
        {"--csv", NULL, "ls: a row each, for a spreadsheet", NULL},
        {"--lang", "L", "show: en, ru or kk (en)", NULL},
        {"--full", NULL, "account tokens whole", NULL}};
    struct cli cli = {.usage = "saqshy freezes ls [flags] | show ID [flags] [-X key=value]…",
                      .purpose = "Published recommendations: what is open, by priority, and the "
                                 "whole story of one.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .positional_max = 2,
                      .wants_options = true,
                      .warns_only = true};
    struct job job = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, NULL, &job);
}
