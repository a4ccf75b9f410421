/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/cli.h"

#include "detector/base/log.h"
#include "detector/base/nearest.h"
#include "detector/base/printable.h"
#include "detector/service/stop_signal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FLAGS_MAX = 64, PAIRS_MAX = 256 };

extern char **environ;

/* What was seen before the options can be read in their order of precedence. */
struct seen {
    const char *pairs[PAIRS_MAX];
    size_t pair_count;
    bool help;
};

static void print_help(const struct cli *cli) {
    printf("%s\n\nUsage: %s\n\n", cli->purpose, cli->usage);
    for (size_t i = 0; i < cli->flag_count; i++) {
        const struct cli_flag *flag = &cli->flags[i];
        char left[64];
        snprintf(left, sizeof left, "%s %s", flag->name,
                 flag->argument != NULL ? flag->argument : "");
        printf("  %-26s %s\n", left, flag->help);
    }
    printf("  %-26s %s\n  %-26s %s\n  %-26s %s\n", "--json", "machine-readable output", "--quiet",
           "no progress, no summary", "--help", "this text");
    if (cli->wants_options)
        printf("  %-26s %s\n  %-26s %s\n", "--config FILE", "key=value file", "-X key=value",
               "one option; `saqshy docs configuration` lists them");
    if (cli->wants_options && cli->flag_count == 0) options_print_help(stdout);
}

static struct cli_flag *find_flag(const struct cli *cli, const char *name, size_t size) {
    for (size_t i = 0; i < cli->flag_count; i++)
        if (strlen(cli->flags[i].name) == size && memcmp(cli->flags[i].name, name, size) == 0)
            return &cli->flags[i];
    return NULL;
}

static bool fail_flag(const struct cli *cli, const char *given, struct error *error) {
    const char *names[FLAGS_MAX] = {"--json", "--quiet", "--help", "--config", "-X"};
    size_t count = 5;
    for (size_t i = 0; i < cli->flag_count && count < FLAGS_MAX; i++)
        names[count++] = cli->flags[i].name;
    const char *near = nearest(given, names, count);
    return error_set(error, ERROR_USAGE, "%s is not a flag of this command%s%s%s; usage: %s", given,
                     near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "", cli->usage);
}

/* The value of a flag: after '=' or the next argument. */
static const char *take_value(const char *equals, int *i, int argc, char **argv) {
    if (equals != NULL) return equals + 1;
    return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool take_common(struct cli *cli, struct seen *seen, int *i, int argc, char **argv,
                        bool *taken, struct error *error) {
    const char *argument = argv[*i];
    *taken = true;
    if (strcmp(argument, "--json") == 0)
        cli->json = true;
    else if (strcmp(argument, "--quiet") == 0)
        cli->quiet = true;
    else if (strcmp(argument, "--help") == 0)
        seen->help = true;
    else if (cli->wants_options && strncmp(argument, "-X", 2) == 0) {
        const char *pair = argument[2] != '\0' ? argument + 2 : take_value(NULL, i, argc, argv);
        if (pair == NULL || strchr(pair, '=') == NULL || seen->pair_count == PAIRS_MAX)
            return error_set(error, ERROR_USAGE, "-X takes key=value");
        seen->pairs[seen->pair_count++] = pair;
    } else if (cli->wants_options && strcmp(argument, "--config") == 0) {
        cli->config = take_value(NULL, i, argc, argv);
        if (cli->config == NULL) return error_set(error, ERROR_USAGE, "--config takes a file");
    } else
        *taken = false;
    return true;
}

static bool take_also(const struct cli *cli, const struct cli_flag *flag, struct error *error) {
    for (size_t i = 0; i < cli->list_count; i++) {
        struct cli_list *list = &cli->lists[i];
        if (strcmp(list->flag, flag->name) != 0) continue;
        if (list->count == list->room)
            return error_set(error, ERROR_USAGE, "%s is given more than %zu times", flag->name,
                             list->room);
        list->values[list->count++] = flag->value;
    }
    return true;
}

static bool take_argument(struct cli *cli, struct seen *seen, int *i, int argc, char **argv,
                          struct error *error) {
    bool taken = false;
    if (!take_common(cli, seen, i, argc, argv, &taken, error)) return false;
    if (taken) return true;
    const char *argument = argv[*i];
    if (argument[0] != '-' || argument[1] == '\0') {
        if (cli->positional_count == cli->positional_max)
            return error_set(error, ERROR_USAGE, "%s is one word too many; usage: %s", argument,
                             cli->usage);
        cli->positional[cli->positional_count++] = argument;
        return true;
    }
    const char *equals = strchr(argument, '=');
    const size_t size = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
    struct cli_flag *flag = find_flag(cli, argument, size);
    if (flag == NULL) return fail_flag(cli, argument, error);
    flag->value = flag->argument == NULL ? "" : take_value(equals, i, argc, argv);
    if (flag->value == NULL)
        return error_set(error, ERROR_USAGE, "%s takes %s", flag->name, flag->argument);
    return take_also(cli, flag, error);
}

static bool load_options(struct cli *cli, const struct seen *seen, struct error *error) {
    if (cli->config != NULL && !options_load_file(&cli->options, cli->config, error)) return false;
    if (!options_load_environment(&cli->options, environ, error)) return false;
    for (size_t i = 0; i < seen->pair_count; i++) {
        char key[128] = "";
        const char *equals = strchr(seen->pairs[i], '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - seen->pairs[i]), seen->pairs[i]);
        if (!options_set(&cli->options, key, equals + 1, "-X", error)) return false;
    }
    if (!options_check(&cli->options, error)) return false;
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    for (int level = 0; level < 4; level++)
        if (strcmp(cli->options.log_level, levels[level]) == 0)
            log_set_level((enum log_level)level);
    if (cli->warns_only && strcmp(cli->options.log_level, "info") == 0)
        log_set_level(LOG_LEVEL_WARN);
    return true;
}

enum cli_outcome cli_parse(struct cli *cli, int argc, char **argv, struct error *error) {
    struct seen seen = {0};
    cli->positional = calloc((size_t)argc + 1, sizeof *cli->positional);
    assert(cli->positional != NULL && "out of memory");
    options_init(&cli->options);
    for (int i = 1; i < argc; i++)
        if (!take_argument(cli, &seen, &i, argc, argv, error)) goto failed;
    if (seen.help) {
        print_help(cli);
        cli_free(cli);
        return CLI_HELP_SHOWN;
    }
    if (!cli->wants_options || load_options(cli, &seen, error)) return CLI_GO;
failed:
    cli_free(cli);
    return CLI_FAILED;
}

void cli_free(struct cli *cli) {
    options_free(&cli->options);
    free(cli->positional);
    cli->positional = NULL;
}

int cli_run(struct cli *cli, int argc, char **argv, bool (*run)(void *job, struct error *error),
            void (*close)(void *job), void *job) {
    struct error error = {.code = ERROR_NONE};
    const enum cli_outcome outcome = cli_parse(cli, argc, argv, &error);
    if (outcome != CLI_GO) return outcome == CLI_HELP_SHOWN ? 0 : cli_fail(&error);
    const bool ok = run(job, &error);
    if (close != NULL) close(job);
    cli_free(cli);
    if (!ok) return cli_fail(&error);
    return stop_signal_seen() != 0 ? error_exit_status(ERROR_INTERRUPTED) : 0;
}

const char *cli_value(const struct cli *cli, const char *name) {
    const struct cli_flag *flag = find_flag(cli, name, strlen(name));
    assert(flag != NULL);
    return flag->value;
}

static int64_t scale_of(const char *suffix) {
    if (strcmp(suffix, "") == 0) return 1;
    if (strcmp(suffix, "k") == 0) return 1000;
    if (strcmp(suffix, "M") == 0) return 1000000;
    if (strcmp(suffix, "G") == 0) return 1000000000;
    return 0;
}

bool cli_number(const struct cli *cli, const char *name, int64_t low, int64_t high, int64_t *value,
                struct error *error) {
    const char *text = cli_value(cli, name);
    if (text == NULL) return true;
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    const int64_t scale = end == text || errno != 0 ? 0 : scale_of(end);
    if (scale == 0 || number < low / scale - 1 || number > high / scale || number * scale < low ||
        number * scale > high)
        return error_set(error, ERROR_USAGE, "%s takes a whole number from %lld to %lld (k, M, G)",
                         name, (long long)low, (long long)high);
    *value = number * scale;
    return true;
}

bool cli_language(const struct cli *cli, enum language *language, struct error *error) {
    const char *given = cli_value(cli, "--lang");
    *language = LANGUAGE_EN;
    if (given == NULL) return true;
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        if (strcmp(given, language_name[i]) != 0) continue;
        *language = (enum language)i;
        return true;
    }
    return error_set(error, ERROR_USAGE, "--lang takes en, ru or kk, not %s", given);
}

int cli_fail(const struct error *error) {
    fprintf(stderr, "saqshy: %s: ", error_name(error->code));
    printable_put(error->text, stderr);
    putc('\n', stderr);
    return error_exit_status(error->code);
}
