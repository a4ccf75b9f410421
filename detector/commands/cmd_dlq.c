/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/nearest.h"
#include "detector/commands/cli.h"
#include "detector/commands/command_port.h"
#include "detector/commands/commands.h"
#include "detector/commands/dlq.h"
#include "detector/commands/dlq_letter.h"
#include "detector/verdict.h"

#include <jansson.h>
#include <string.h>

#define REDRIVE_ID "saqshy-redrive"
enum { SHOWN_STANDARD = 10, BYTES_STANDARD = 256, BYTES_MAX = 1 << 20 };

enum verb { VERB_LS, VERB_SHOW, VERB_REDRIVE };

struct job {
    struct cli *cli;
    enum verb verb;
    struct dlq_query query;
};

/* Flags. */

static bool check_reason(const char *reason, struct error *error) {
    const char *names[VERDICT_COUNT];
    size_t count = 0;
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        if (verdict_is_dead_letter(v)) names[count++] = verdict_name(v);
    for (size_t i = 0; reason != NULL && i < count; i++)
        if (strcmp(reason, names[i]) == 0) reason = NULL;
    if (reason == NULL) return true;
    const char *near = nearest(reason, names, count);
    return error_set(error, ERROR_USAGE, "--reason %s is none%s%s%s; docs/CONTRACTS.md has them",
                     reason, near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
}

static bool read_verb(const struct cli *cli, enum verb *verb, struct error *error) {
    static const char *const names[] = {"ls", "show", "redrive"};
    const char *word = cli->positional_count > 0 ? cli->positional[0] : "";
    for (*verb = VERB_LS; *verb <= VERB_REDRIVE; (*verb)++)
        if (strcmp(word, names[*verb]) == 0) break;
    if (*verb <= VERB_REDRIVE && cli->positional_count <= (*verb == VERB_SHOW ? 2 : 1)) return true;
    return error_set(error, ERROR_USAGE, "usage: %s", cli->usage);
}

/* A flag of another verb would be ignored, and its user misled. */
static bool refuse_strangers(const struct cli *cli, enum verb verb, struct error *error) {
    static const struct {
        const char *flag;
        bool of[3];
    } flags[] = {{"--reason", {false, true, true}},
                 {"--limit", {false, true, true}},
                 {"--bytes", {false, true, false}},
                 {"--dry-run", {false, false, true}}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (cli_value(cli, flags[i].flag) != NULL && !flags[i].of[verb])
            return error_set(error, ERROR_USAGE, "%s is not for dlq %s", flags[i].flag,
                             cli->positional[0]);
    return true;
}

static bool read_position(const struct cli *cli, struct dlq_query *query, struct error *error) {
    if (cli->positional_count < 2)
        return query->reason != NULL ||
               error_set(error, ERROR_USAGE,
                         "say which: dlq show PARTITION/OFFSET of the source, "
                         "as dlq ls prints them, or --reason REASON");
    if (query->reason != NULL)
        return error_set(error, ERROR_USAGE, "a position and --reason exclude each other");
    return dlq_position_parse(cli->positional[1], &query->partition, &query->offset) ||
           error_set(error, ERROR_USAGE, "%s is no position; PARTITION/OFFSET of the source, 3/41",
                     cli->positional[1]);
}

static bool read_flags(const struct cli *cli, enum verb *verb, struct dlq_query *query,
                       struct error *error) {
    if (!read_verb(cli, verb, error) || !refuse_strangers(cli, *verb, error)) return false;
    *query = (struct dlq_query){.options = &cli->options,
                                .reason = cli_value(cli, "--reason"),
                                .limit = *verb == VERB_SHOW ? SHOWN_STANDARD : INT64_MAX,
                                .partition = -1,
                                .bytes_max = BYTES_STANDARD,
                                .json = cli->json,
                                .quiet = cli->quiet,
                                .dry_run = cli_value(cli, "--dry-run") != NULL};
    return cli_number(cli, "--limit", 1, INT64_MAX, &query->limit, error) &&
           cli_number(cli, "--bytes", 0, BYTES_MAX, &query->bytes_max, error) &&
           check_reason(query->reason, error) &&
           (*verb != VERB_SHOW || read_position(cli, query, error));
}

/* Verbs. */

static bool show(struct port *port, const struct dlq_query *query, struct error *error) {
    int64_t shown = 0;
    if (!dlq_show(port, query, stdout, &shown, error)) return false;
    if (shown == 0 && query->partition >= 0)
        return error_set(error, ERROR_FAILED,
                         "no dead letter comes from %d/%lld; see saqshy dlq ls",
                         (int)query->partition, (long long)query->offset);
    if (shown == 0 && !query->quiet && !query->json)
        fprintf(stderr, "no dead letter has the reason %s\n", query->reason);
    if (shown == query->limit && query->partition < 0 && !query->quiet && !query->json)
        fprintf(stderr, "%lld shown; --limit N shows more\n", (long long)shown);
    return true;
}

/* "left" is there when something was. */
static void print_redriven_json(const struct dlq_query *query, const struct dlq_redriven *result) {
    json_t *left = result->refused == 0 ? NULL : json_object();
    for (enum dlq_refusal r = 0; r < DLQ_REFUSALS; r++)
        if (result->refused_for[r] > 0)
            json_object_set_new(left, dlq_refusal_name(r), json_integer(result->refused_for[r]));
    json_t *row = json_pack("{sI sI sI sb so*}", "redriven", (json_int_t)result->redriven, "before",
                            (json_int_t)result->before, "refused", (json_int_t)result->refused,
                            "dry_run", (int)query->dry_run, "left", left);
    json_dumpf(row, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(row);
}

static void print_redriven(const struct dlq_query *query, const struct dlq_redriven *result,
                           bool whole) {
    if (query->json) print_redriven_json(query, result);
    if (query->quiet || query->json) return;
    fprintf(stderr, "%s%lld sent back, %lld had been before, %lld refused\n",
            query->dry_run ? "dry run, nothing was written: "
            : whole        ? ""
                           : "so far: ",
            (long long)result->redriven, (long long)result->before, (long long)result->refused);
    for (enum dlq_refusal r = 0; r < DLQ_REFUSALS; r++)
        if (result->refused_for[r] > 0)
            fprintf(stderr, "left: %lld %s: %s\n", (long long)result->refused_for[r],
                    dlq_refusal_name(r), dlq_refusal_text(r));
    if (query->dry_run && result->redriven > 0)
        fprintf(stderr, "next: the same without --dry-run\n");
}

static bool redrive(struct port *port, const struct dlq_query *query, struct error *error) {
    struct dlq_redriven result;
    const bool ok = dlq_redrive(port, query, &result, stderr, error);
    if (ok || result.redriven > 0) print_redriven(query, &result, ok);
    if (!ok || result.refused == 0) return ok;
    const bool denied =
        result.redriven == 0 && result.refused_for[DLQ_REFUSAL_DENIED] == result.refused;
    return error_set(error, denied ? ERROR_DENIED : ERROR_BAD_DATA,
                     "%lld of the letters cannot go back; they stay in %s, without a marker",
                     (long long)result.refused, query->options->topic_dead_letters);
}

static bool run_verb(enum verb verb, struct port *port, const struct dlq_query *query,
                     struct error *error) {
    switch (verb) {
    case VERB_LS:
        return dlq_list(port, query, stdout, error);
    case VERB_SHOW:
        return show(port, query, error);
    case VERB_REDRIVE:
        return redrive(port, query, error);
    }
    return false;
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    struct options *options = &job->cli->options;
    if (!read_flags(job->cli, &job->verb, &job->query, error)) return false;
    if (job->verb == VERB_REDRIVE && strcmp(options->delivery, "exactly-once") != 0)
        return error_set(error, ERROR_CONFIG,
                         "redrive needs transactions: delivery=%s would send letters back twice",
                         options->delivery);
    struct port *port = command_port_open(options, REDRIVE_ID, error);
    if (port == NULL) return false;
    const bool ok = run_verb(job->verb, port, &job->query, error);
    port->ops->close(port);
    return ok;
}

int cmd_dlq(int argc, char **argv) {
    struct cli_flag flags[] = {
        {"--reason", "REASON", "show, redrive: letters that died for it", NULL},
        {"--limit", "N", "show, redrive: letters at most (10; all)", NULL},
        {"--bytes", "N", "show: of a value (256)", NULL},
        {"--dry-run", NULL, "redrive: say what would be sent back, and write nothing", NULL}};
    struct cli cli = {.usage = "saqshy dlq ls | show PARTITION/OFFSET | show --reason REASON | "
                               "redrive [flags] [-X key=value]…",
                      .purpose = "Dead letters: which there are and why, one in full, and back to "
                                 "where they came from once the cause is mended.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .positional_max = 2,
                      .wants_options = true,
                      .warns_only = true};
    struct job job = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, NULL, &job);
}
