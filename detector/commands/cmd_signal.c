/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/commands/cli.h"
#include "detector/commands/command_port.h"
#include "detector/commands/commands.h"
#include "detector/commands/record_json.h"
#include "detector/commands/signal_verbs.h"
#include "detector/import/csv.h"
#include "schemas/limits.h"
#include "schemas/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PRODUCER_ID "saqshy-signal"
enum { MICROS = 1000000, VALUES_MAX = 128 };

enum verb { VERB_ADD, VERB_LS, VERB_SHOW, VERB_WITHDRAW, VERBS };
static const char *const verb_names[VERBS] = {"add", "ls", "show", "withdraw"};

/* Where the value of a flag stands in the JSON of a signal. */
enum place { PLACE_NONE, PLACE_ROOT, PLACE_TELECOM, PLACE_OUTCOME };

static struct cli_flag flags[] = {
    {"--from", "FILE", "add: signals as JSON: objects, or arrays of them; - is standard input",
     NULL},
    {"--outcomes", "FILE",
     "add: what became of recommendations, as CSV: recommendation_id,result,…", NULL},
    {"--separator", "NAME", "add: of that CSV: comma, semicolon, tab or pipe (comma)", NULL},
    {"--kind", "KIND", "add: INCIDENT, LIST_ENTRY, …; ls: of this kind alone", NULL},
    {"--source", "SOURCE",
     "add: BANK, POLICE, … (of outcomes: BANK); withdraw: HUB in place of the signal's own", NULL},
    {"--subject", "TYPE:TOKEN", "add: TYPE:TOKEN[:ROLE], many times; ls: about this alone", NULL},
    {"--confidence", "HOW", "add: REPORTED, CORROBORATED, CONFIRMED, REJECTED", NULL},
    {"--category", "TEXT", "add: of the hub's own catalogue", NULL},
    {"--colour", "COLOUR", "add: of a LIST_ENTRY, GREY or BLACK", NULL},
    {"--valid-from", "TIME", "add: from when it counts (reported-at)", NULL},
    {"--valid-until", "TIME", "add: until when it counts", NULL},
    {"--valid-for", "DAYS", "add: the same, from when it counts on", NULL},
    {"--reported-at", "TIME", "add: as 2026-01-31T12:00:00Z (now)", NULL},
    {"--occurred-at", "TIME", "add: when it happened", NULL},
    {"--related-tx", "TX_ID", "add: an instruction it is about, many times", NULL},
    {"--amount", "TIYN", "add: amount it is about", NULL},
    {"--operator", "NAME", "add: of SIM_BOX and FRAUD_CALL", NULL},
    {"--slots", "N", "add: SIM slots of the device", NULL},
    {"--called", "TOKEN", "add: phone that was called", NULL},
    {"--recommendation", "ID", "add: of an OUTCOME", NULL},
    {"--result", "RESULT", "add: of an OUTCOME: HELD, CONFIRMED_FRAUD, …", NULL},
    {"--held", "TIYN", "add: of an OUTCOME: amount held", NULL},
    {"--id", "ID", "add: its id (a digest of what is given)", NULL},
    {"--revision", "N", "add: of a signal that is there (1)", NULL},
    {"--live", NULL, "ls: what counts now", NULL},
    {"--full", NULL, "ls, show: tokens as they are", NULL},
    {"--reason", "TEXT", "withdraw: why, as the category of the withdrawal", NULL},
    {"--dry-run", NULL, "add, withdraw: say what would be published, and write nothing", NULL}};

static const struct {
    const char *flag, *field;
    enum place place;
    bool whole; /* number */
    bool of[VERBS];
} fields[] = {
    {"--from", NULL, PLACE_NONE, false, {true}},
    {"--outcomes", NULL, PLACE_NONE, false, {true}},
    {"--separator", NULL, PLACE_NONE, false, {true}},
    {"--kind", "kind", PLACE_ROOT, false, {true, true}},
    {"--source", "source", PLACE_ROOT, false, {true, false, false, true}},
    {"--subject", NULL, PLACE_NONE, false, {true, true}},
    {"--confidence", "confidence", PLACE_ROOT, false, {true}},
    {"--category", "category", PLACE_ROOT, false, {true}},
    {"--colour", "list_colour", PLACE_ROOT, false, {true}},
    {"--valid-from", "valid_from", PLACE_ROOT, false, {true}},
    {"--valid-until", "valid_until", PLACE_ROOT, false, {true}},
    {"--valid-for", NULL, PLACE_NONE, false, {true}},
    {"--reported-at", "reported_at", PLACE_ROOT, false, {true}},
    {"--occurred-at", "occurred_at", PLACE_ROOT, false, {true}},
    {"--related-tx", NULL, PLACE_NONE, false, {true}},
    {"--amount", "amount_kzt_minor", PLACE_ROOT, true, {true}},
    {"--operator", "operator", PLACE_TELECOM, false, {true}},
    {"--slots", "slots", PLACE_TELECOM, true, {true}},
    {"--called", "called_phone_token", PLACE_TELECOM, false, {true}},
    {"--recommendation", "recommendation_id", PLACE_OUTCOME, false, {true}},
    {"--result", "result", PLACE_OUTCOME, false, {true}},
    {"--held", "held_amount_kzt_minor", PLACE_OUTCOME, true, {true}},
    {"--id", "signal_id", PLACE_ROOT, false, {true}},
    {"--revision", "revision", PLACE_ROOT, true, {true}},
    {"--live", NULL, PLACE_NONE, false, {false, true}},
    {"--full", NULL, PLACE_NONE, false, {false, true, true}},
    {"--reason", NULL, PLACE_NONE, false, {false, false, false, true}},
    {"--dry-run", NULL, PLACE_NONE, false, {true, false, false, true}},
};
enum { FLAG_COUNT = sizeof flags / sizeof flags[0] };
_Static_assert(sizeof fields / sizeof fields[0] == FLAG_COUNT, "a row for every flag");

static const char *subjects[VALUES_MAX], *transactions[VALUES_MAX];
static struct cli_list lists[] = {{"--subject", subjects, VALUES_MAX, 0},
                                  {"--related-tx", transactions, VALUES_MAX, 0}};

struct job {
    struct cli cli;
    enum verb verb;
    struct signal_query query;
    struct signal_drafts drafts;
};

static bool read_verb(struct job *job, struct error *error) {
    const struct cli *cli = &job->cli;
    const char *word = cli->positional_count > 0 ? cli->positional[0] : "";
    for (job->verb = VERB_ADD; job->verb < VERBS; job->verb++)
        if (strcmp(word, verb_names[job->verb]) == 0) break;
    const bool named = job->verb == VERB_SHOW || job->verb == VERB_WITHDRAW;
    if (job->verb < VERBS && cli->positional_count == (named ? 2 : 1)) return true;
    return error_set(error, ERROR_USAGE, "usage: %s", cli->usage);
}

/* A flag of another verb would be ignored, and its user misled. */
static bool refuse_strangers(const struct job *job, struct error *error) {
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (cli_value(&job->cli, fields[i].flag) != NULL && !fields[i].of[job->verb])
            return error_set(error, ERROR_USAGE, "%s is not for signal %s", fields[i].flag,
                             verb_names[job->verb]);
    return true;
}

/* Flags to the JSON of a signal. */

static json_t *object_at(json_t *root, enum place place) {
    const char *name = place == PLACE_TELECOM ? "telecom" : "outcome";
    if (place == PLACE_ROOT) return root;
    if (json_object_get(root, name) == NULL) json_object_set_new(root, name, json_object());
    return json_object_get(root, name);
}

static bool put_flag(const struct cli *cli, size_t i, json_t *root, struct error *error) {
    const char *value = cli_value(cli, fields[i].flag);
    int64_t number = 0;
    if (fields[i].place == PLACE_NONE || value == NULL) return true;
    if (fields[i].whole && !cli_number(cli, fields[i].flag, 0, INT64_MAX, &number, error))
        return false;
    json_t *json = fields[i].whole ? json_integer(number) : json_string(value);
    if (json == NULL) return error_set(error, ERROR_USAGE, "%s is no UTF-8", fields[i].flag);
    json_object_set_new(object_at(root, fields[i].place), fields[i].field, json);
    return true;
}

static bool put_lists(json_t *root, struct error *error) {
    json_t *list = json_array();
    json_object_set_new(root, "subjects", list);
    for (size_t i = 0; i < lists[0].count; i++) {
        json_t *subject = signal_subject_json(subjects[i], error);
        if (subject == NULL) return false;
        json_array_append_new(list, subject);
    }
    list = json_array();
    json_object_set_new(root, "related_tx_ids", list);
    for (size_t i = 0; i < lists[1].count; i++)
        if (json_array_append_new(list, json_string(transactions[i])) != 0)
            return error_set(error, ERROR_USAGE, "--related-tx is no UTF-8");
    return true;
}

/* What every signal has and nothing else says. */
static bool check_given(const struct cli *cli, const char *flag, const char *const *symbols,
                        size_t count, struct error *error) {
    char all[SYMBOLS_TEXT_SIZE];
    return cli_value(cli, flag) != NULL ||
           error_set(error, ERROR_USAGE, "%s is missing: it takes %s", flag,
                     record_json_symbols(symbols, count, all));
}

static bool draft_flags(struct job *job, struct error *error) {
    int64_t days = 0;
    if (!check_given(&job->cli, "--kind", signal_kind_symbols, SIGNAL_KIND_COUNT, error) ||
        !check_given(&job->cli, "--source", signal_source_symbols, SOURCE_COUNT, error))
        return false;
    json_t *root = json_object();
    bool ok = cli_number(&job->cli, "--valid-for", 1, SIGNAL_TERM_MAX_S / 86400, &days, error);
    for (size_t i = 0; ok && i < FLAG_COUNT; i++)
        ok = put_flag(&job->cli, i, root, error);
    ok = ok && put_lists(root, error);
    if (ok && days > 0 && cli_value(&job->cli, "--valid-until") != NULL)
        ok = error_set(error, ERROR_USAGE, "--valid-until and --valid-for exclude each other");
    if (!ok) {
        json_decref(root);
        return false;
    }
    if (signal_drafts_add(&job->drafts, root, days * 86400, error)) return true;
    error->code = ERROR_USAGE;
    return false;
}

/* A file says it all; but for `allowed`, NULL at its end. */
static bool refuse_beside(const struct job *job, const char *file, const char *const *allowed,
                          struct error *error) {
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const char *flag = fields[i].flag;
        bool fine = !fields[i].of[VERB_ADD] || cli_value(&job->cli, flag) == NULL ||
                    strcmp(flag, file) == 0 || strcmp(flag, "--dry-run") == 0;
        for (size_t k = 0; !fine && allowed[k] != NULL; k++)
            fine = strcmp(flag, allowed[k]) == 0;
        if (!fine) return error_set(error, ERROR_USAGE, "%s and %s exclude each other", file, flag);
    }
    return true;
}

static bool draft_file(struct job *job, const char *path, struct error *error) {
    static const char *const allowed[] = {NULL};
    const bool standard = strcmp(path, "-") == 0;
    if (!refuse_beside(job, "--from", allowed, error)) return false;
    FILE *file = standard ? stdin : files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    const bool ok = signal_drafts_read(&job->drafts, file, error);
    if (!standard) fclose(file);
    return ok;
}

static bool read_separator(const struct job *job, char *separator, struct error *error) {
    const char *name = cli_value(&job->cli, "--separator");
    *separator = ',';
    for (size_t i = 0; name != NULL && i < CSV_SEPARATORS; i++)
        if (strcmp(name, csv_separators[i].name) == 0) {
            *separator = csv_separators[i].mark;
            return true;
        }
    return name == NULL ||
           error_set(error, ERROR_USAGE, "--separator takes comma, semicolon, tab or pipe, not %s",
                     name);
}

static bool draft_outcomes(struct job *job, const char *path, struct error *error) {
    static const char *const allowed[] = {"--separator", "--source", NULL};
    const char *source = cli_value(&job->cli, "--source");
    char separator;
    size_t passed = 0;
    if (!refuse_beside(job, "--outcomes", allowed, error) ||
        !read_separator(job, &separator, error) ||
        !signal_drafts_read_outcomes(&job->drafts, path, separator,
                                     source == NULL ? "BANK" : source, &passed, error))
        return false;
    if (passed > 0 && !job->cli.quiet)
        fprintf(stderr, "%zu rows without a result are passed over\n", passed);
    return true;
}

/* All is checked before anything is published. */
static bool complete(struct job *job, struct error *error) {
    struct encoder *encoder = encoder_open(error);
    bool ok = encoder != NULL;
    for (size_t i = 0; ok && i < job->drafts.count; i++)
        ok = signal_draft_complete(&job->drafts.items[i], job->query.now_s * MICROS, encoder,
                                   error) ||
             (job->drafts.items[i].line > 0
                  ? error_prefix(error, "%s:%lld", cli_value(&job->cli, "--outcomes"),
                                 (long long)job->drafts.items[i].line)
                  : error_prefix(error, "signal %zu", i + 1));
    encoder_close(encoder);
    return ok;
}

static bool draft(struct job *job, struct error *error) {
    const char *path = cli_value(&job->cli, "--from");
    const char *outcomes = cli_value(&job->cli, "--outcomes");
    if (outcomes == NULL && cli_value(&job->cli, "--separator") != NULL)
        return error_set(error, ERROR_USAGE, "--separator is of a CSV; say --outcomes FILE");
    return (path != NULL       ? draft_file(job, path, error)
            : outcomes != NULL ? draft_outcomes(job, outcomes, error)
                               : draft_flags(job, error)) &&
           complete(job, error);
}

/* Running. */

static bool run_verb(struct job *job, struct port *port, struct error *error) {
    switch (job->verb) {
    case VERB_ADD:
        return signal_publish(port, &job->query, &job->drafts, stdout, error);
    case VERB_LS:
        return signal_list(port, &job->query, stdout, error);
    case VERB_SHOW:
        return signal_show(port, &job->query, stdout, error);
    case VERB_WITHDRAW:
        return signal_withdraw(port, &job->query, stdout, error);
    case VERBS:
        break;
    }
    return false;
}

/* It becomes the category of the withdrawal, and obeys what is due of one. */
static bool check_reason(const char *reason, struct error *error) {
    if (reason == NULL || reason[strspn(reason, " \t\r\n\v\f")] == '\0')
        return error_set(error, ERROR_USAGE, "say why: --reason TEXT");
    if (!utf8_valid(reason, strlen(reason)))
        return error_set(error, ERROR_USAGE, "--reason is no UTF-8");
    return strlen(reason) <= SHORT_TEXT_BYTES_MAX ||
           error_set(error, ERROR_USAGE, "--reason: longer than %d bytes", SHORT_TEXT_BYTES_MAX);
}

static bool read_query(struct job *job, struct error *error) {
    const struct cli *cli = &job->cli;
    job->query = (struct signal_query){.options = &cli->options,
                                       .kind = cli_value(cli, "--kind"),
                                       .subject = cli_value(cli, "--subject"),
                                       .id = cli->positional_count > 1 ? cli->positional[1] : NULL,
                                       .reason = cli_value(cli, "--reason"),
                                       .source = cli_value(cli, "--source"),
                                       .now_s = time(NULL),
                                       .live = cli_value(cli, "--live") != NULL,
                                       .full = cli_value(cli, "--full") != NULL,
                                       .json = cli->json,
                                       .quiet = cli->quiet,
                                       .dry_run = cli_value(cli, "--dry-run") != NULL};
    if (job->verb == VERB_WITHDRAW) return check_reason(job->query.reason, error);
    return job->verb != VERB_ADD || draft(job, error);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    struct options *options = &job->cli.options;
    if (!read_verb(job, error) || !refuse_strangers(job, error) || !read_query(job, error))
        return false;
    if (options->topic_signals[0] == '\0')
        return error_set(error, ERROR_CONFIG, "topic.signals is empty; name the topic");
    struct port *port = command_port_open(options, PRODUCER_ID, error);
    if (port == NULL) return false;
    const bool ok = run_verb(job, port, error);
    port->ops->close(port);
    return ok;
}

static void close_job(void *context) {
    struct job *job = context;
    signal_drafts_free(&job->drafts);
}

int cmd_signal(int argc, char **argv) {
    struct job job = {
        .cli = {.usage = "saqshy signal add [flags] | ls [flags] | show ID | withdraw ID --reason "
                         "TEXT [-X key=value]…",
                .purpose = "Signals: what is known outside the stream. Publish them, look at them, "
                           "withdraw them (docs/SIGNALS.md).",
                .flags = flags,
                .flag_count = FLAG_COUNT,
                .lists = lists,
                .list_count = sizeof lists / sizeof lists[0],
                .positional_max = 2,
                .wants_options = true,
                .warns_only = true}};
    return cli_run(&job.cli, argc, argv, run, close_job, &job);
}
