/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/nearest.h"
#include "detector/base/printable.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/json_text.h"
#include "detector/commands/model_compare.h"
#include "detector/commands/model_show.h"

#include <string.h>

/* X(id, name, documents) */
#define VERB_TABLE(X) X(CHECK, "check", 1) X(SHOW, "show", 1) X(DIFF, "diff", 2)
enum verb {
#define X(id, name, documents) VERB_##id,
    VERB_TABLE(X)
#undef X
        VERB_COUNT
};

static const struct {
    const char *name;
    size_t documents;
} verbs[VERB_COUNT] = {
#define X(id, name, documents) {name, documents},
    VERB_TABLE(X)
#undef X
};

struct job {
    const struct cli *cli;
    enum verb verb;
    enum language language;
    struct model *model[2];
};

static bool read_verb(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    const char *names[VERB_COUNT], *word = cli->positional_count > 0 ? cli->positional[0] : "";
    for (job->verb = 0; job->verb < VERB_COUNT; job->verb++) {
        names[job->verb] = verbs[job->verb].name;
        if (strcmp(word, names[job->verb]) == 0) break;
    }
    if (job->verb < VERB_COUNT) return true;
    const char *near = nearest(word, names, VERB_COUNT);
    return error_set(error, ERROR_USAGE, "usage: %s%s%s%s", cli->usage,
                     near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
}

static bool read_flags(struct job *job, struct error *error) {
    if (!read_verb(job, error) || !cli_language(job->cli, &job->language, error)) return false;
    const size_t wanted = verbs[job->verb].documents, given = job->cli->positional_count - 1;
    return given == wanted || (job->verb == VERB_SHOW && given == 0) ||
           error_set(error, ERROR_USAGE, "model %s takes %zu document%s; usage: %s",
                     verbs[job->verb].name, wanted, wanted == 1 ? "" : "s", job->cli->usage);
}

static bool load(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    if (cli->positional_count == 1) return (job->model[0] = model_shipped(error)) != NULL;
    for (size_t i = 1; i < cli->positional_count; i++)
        if ((job->model[i - 1] = model_load(cli->positional[i], error)) == NULL) return false;
    return true;
}

static void print_verdict(const char *path, const struct model *model, const struct error *error) {
    json_t *row = json_pack("{s:o, s:b, s:s}", "document", json_text(path), "ok", model != NULL,
                            "code", error_name(error->code));
    if (model == NULL)
        json_object_set_new(row, "text", json_text(error->text));
    else
        json_object_update_new(row, json_pack("{s:s, s:s, s:i}", "id", model_id(model), "sha256",
                                              model_sha256(model), "terms",
                                              (int)model_term_count(model)));
    json_dumpf(row, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(row);
}

static void print_check(const struct job *job) {
    const struct model *model = job->model[0];
    const struct error none = {.code = ERROR_NONE};
    if (job->cli->json)
        print_verdict(job->cli->positional[1], model, &none);
    else if (!job->cli->quiet) {
        printf("ok ");
        printable_put(model_id(model), stdout);
        printf(": %u terms, sha256 %s\n", model_term_count(model), model_sha256(model));
    }
}

/* The exit status. */
static int run_verb(const struct job *job) {
    switch (job->verb) {
    case VERB_CHECK:
        print_check(job);
        return 0;
    case VERB_SHOW:
        (job->cli->json ? model_show_json : model_show)(job->model[0], job->language, stdout);
        return 0;
    default:
        return model_compare(job->model[0], job->model[1], job->language, job->cli->json, stdout);
    }
}

static int refuse(const struct job *job, const struct error *error) {
    if (job->verb == VERB_CHECK && job->cli->json)
        print_verdict(job->cli->positional[1], NULL, error);
    const int status = cli_fail(error);
    if (error->code == ERROR_CONFIG && !job->cli->quiet)
        fprintf(stderr, "saqshy: mend it and run `saqshy model check` again; models/README.md says "
                        "what a document holds\n");
    return status;
}

static int run(const struct cli *cli) {
    struct error error = {.code = ERROR_NONE};
    struct job job = {.cli = cli};
    if (!read_flags(&job, &error)) return cli_fail(&error);
    const int status = load(&job, &error) ? run_verb(&job) : refuse(&job, &error);
    model_free(job.model[0]);
    model_free(job.model[1]);
    return status;
}

int cmd_model(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli_flag flags[] = {{"--lang", "en|ru|kk", "language of the terms (en)", NULL}};
    struct cli cli = {
        .usage = "saqshy model check FILE | show [FILE] | diff OLD NEW  [--lang en|ru|kk] [--json]",
        .purpose =
            "Model documents. check says whether the program takes one. show puts its terms "
            "into words;\nwithout a FILE, those of the shipped model. diff says what becomes "
            "of them in another\none; its exit status is 0 when nothing differs, 1 when "
            "something does.",
        .flags = flags,
        .flag_count = sizeof flags / sizeof flags[0],
        .positional_max = 3};
    const enum cli_outcome outcome = cli_parse(&cli, argc, argv, &error);
    if (outcome != CLI_GO) return outcome == CLI_HELP_SHOWN ? 0 : cli_fail(&error);
    const int status = run(&cli);
    cli_free(&cli);
    return status;
}
