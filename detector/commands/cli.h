/* SPDX-License-Identifier: Apache-2.0 */
/* Command line of one command: its own flags, and those all commands share: --config FILE, -X
 * key=value,
 * --json, --quiet, --help. Data goes to stdout, everything else to stderr. */
#pragma once

#include "detector/service/options.h"
#include "models/language.h"

struct cli_flag {
    const char *name;     /* "--seed" */
    const char *argument; /* "N" in the help, NULL for a switch */
    const char *help;
    const char *value; /* out: NULL when not given; "" for a switch that was */
};

/* All values of a flag that may be given many times. */
struct cli_list {
    const char *flag;
    const char **values;
    size_t room, count; /* count: out */
};

struct cli {
    const char *usage;   /* "saqshy gen --out FILE [flags]" */
    const char *purpose; /* one sentence */
    struct cli_flag *flags;
    size_t flag_count;
    struct cli_list *lists;
    size_t list_count;
    size_t positional_max; /* words that are no flags */
    bool wants_options;    /* the command reads the options table (--config, -X, environment) */
    bool warns_only;       /* its engine logs no level info, which log.level has by itself */
    /* out: */
    struct options options;
    const char *config;      /* the file of --config, or NULL */
    const char **positional; /* into argv */
    size_t positional_count;
    bool json, quiet;
};

enum cli_outcome { CLI_GO, CLI_HELP_SHOWN, CLI_FAILED };

/* Unknown flags are ERROR_USAGE with the nearest match. After CLI_GO the caller calls cli_free. */
enum cli_outcome cli_parse(struct cli *cli, int argc, char **argv, struct error *error);
void cli_free(struct cli *cli);

/* The flag's value or NULL; by name, asserts that it exists. */
const char *cli_value(const struct cli *cli, const char *name);
/* Parses a whole number with bounds, or a number with a unit suffix k, M, G; ERROR_USAGE naming the
 * flag. */
bool cli_number(const struct cli *cli, const char *name, int64_t low, int64_t high, int64_t *value,
                struct error *error);

/* --lang, which the command has to have; English where it is not given. */
bool cli_language(const struct cli *cli, enum language *language, struct error *error);

/* A command from its words to its exit status: parses, then `run` and, whatever came of it, `close`
 * (NULL: nothing to close), each with `job`. A signal that was seen and did not make it fail ends
 * it with the status of ERROR_INTERRUPTED. */
int cli_run(struct cli *cli, int argc, char **argv, bool (*run)(void *job, struct error *error),
            void (*close)(void *job), void *job);

/* Prints `saqshy: CODE: text` to stderr and returns the exit status. */
int cli_fail(const struct error *error);

/* Progress on a terminal's stderr, nothing elsewhere: rate and time left, at most 10 times a
 * second. `total` 0: not known, so no time left. */
struct progress;
struct progress *progress_new(const char *what, int64_t total);
void progress_set(struct progress *progress, int64_t done, int64_t units);
void progress_end(struct progress *progress);
