/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/cli.h"
#include "detector/commands/command_port.h"
#include "detector/commands/commands.h"
#include "detector/commands/policy_verbs.h"

#include <string.h>

#define PRODUCER_ID "saqshy-policy"

enum verb { VERB_PUBLISH, VERB_SHOW, VERB_HISTORY, VERB_DIFF, VERBS };
static const struct {
    const char *name;
    size_t least, most; /* words behind it */
} verbs[VERBS] = {{"publish", 1, 2}, {"show", 0, 1}, {"history", 0, 0}, {"diff", 1, 2}};

static struct cli_flag flags[] = {
    {"--author", "NAME", "publish: who made it; obligatory", NULL},
    {"--approver", "NAME", "publish: who approved it", NULL},
    {"--reason", "TEXT", "publish: why", NULL},
    {"--dry-run", NULL, "publish: check it against the topic, and write nothing", NULL},
    {"--lang", "en|ru|kk", "diff: language of the terms of models (en)", NULL}};
enum { FLAG_COUNT = sizeof flags / sizeof flags[0], PUBLISH_FLAGS = 4 };

struct job {
    struct cli cli;
    enum verb verb;
    struct policy_query query;
    bool differ;
};

static bool read_verb(struct job *job, struct error *error) {
    const struct cli *cli = &job->cli;
    const size_t words = cli->positional_count;
    for (job->verb = 0; words > 0 && job->verb < VERBS; job->verb++)
        if (strcmp(cli->positional[0], verbs[job->verb].name) == 0) break;
    if (words > 0 && job->verb < VERBS && words - 1 >= verbs[job->verb].least &&
        words - 1 <= verbs[job->verb].most)
        return true;
    return error_set(error, ERROR_USAGE, "usage: %s", cli->usage);
}

static bool refuse_strangers(const struct job *job, struct error *error) {
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const enum verb of = i < PUBLISH_FLAGS ? VERB_PUBLISH : VERB_DIFF;
        if (of != job->verb && cli_value(&job->cli, flags[i].name) != NULL)
            return error_set(error, ERROR_USAGE, "%s is not for policy %s", flags[i].name,
                             verbs[job->verb].name);
    }
    return true;
}

static bool read_query(struct job *job, struct error *error) {
    const struct cli *cli = &job->cli;
    job->query = (struct policy_query){.options = &cli->options,
                                       .author = cli_value(cli, "--author"),
                                       .approver = cli_value(cli, "--approver"),
                                       .reason = cli_value(cli, "--reason"),
                                       .json = cli->json,
                                       .quiet = cli->quiet,
                                       .dry_run = cli_value(cli, "--dry-run") != NULL};
    for (size_t i = 1; i < cli->positional_count; i++)
        job->query.names[i - 1] = cli->positional[i];
    if (job->verb == VERB_PUBLISH && job->query.author == NULL)
        return error_set(error, ERROR_USAGE, "say who made it: --author NAME");
    return cli_language(cli, &job->query.language, error);
}

static bool run_verb(struct job *job, struct port *port, struct error *error) {
    switch (job->verb) {
    case VERB_PUBLISH:
        return policy_publish(port, &job->query, stdout, error);
    case VERB_SHOW:
        return policy_show(port, &job->query, stdout, error);
    case VERB_HISTORY:
        return policy_history(port, &job->query, stdout, error);
    case VERB_DIFF:
        return policy_diff(port, &job->query, stdout, &job->differ, error);
    case VERBS:
        break;
    }
    return false;
}

/* Files alone are compared without a broker. */
static bool needs_broker(const struct job *job) {
    const char *const *names = job->query.names;
    return job->verb != VERB_DIFF || names[1] == NULL || !policy_is_file(names[0]) ||
           !policy_is_file(names[1]);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    struct options *options = &job->cli.options;
    if (!read_verb(job, error) || !refuse_strangers(job, error) || !read_query(job, error))
        return false;
    if (!needs_broker(job)) return run_verb(job, NULL, error);
    if (options->topic_policy[0] == '\0')
        return error_set(error, ERROR_CONFIG, "topic.policy is empty; name the topic");
    struct port *port = command_port_open(options, PRODUCER_ID, error);
    if (port == NULL) return false;
    const bool ok = run_verb(job, port, error);
    port->ops->close(port);
    return ok;
}

int cmd_policy(int argc, char **argv) {
    struct job job = {
        .cli = {.usage = "saqshy policy publish FILE [FILE] --author NAME [flags] | show [ID] | "
                         "history | diff [OLD] NEW [-X key=value]…",
                .purpose =
                    "Policy and model, live: publish them to the policy topic, see what is in "
                    "force\nand what the engines answered (docs/POLICY.md). A policy and a model "
                    "that are published\ntogether come into force together. diff compares files or "
                    "published documents, one alone\nwith what is in force; its exit status is 0 "
                    "when nothing differs, 1 when something does.",
                .flags = flags,
                .flag_count = FLAG_COUNT,
                .positional_max = 3,
                .wants_options = true,
                .warns_only = true}};
    const int status = cli_run(&job.cli, argc, argv, run, NULL, &job);
    return status == 0 && job.differ ? 1 : status;
}
