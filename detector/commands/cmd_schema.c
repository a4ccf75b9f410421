/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "schemas/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_FILE_MAX = 1 << 20 };

static bool check_file(const char *path, struct error *error) {
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    char *json = malloc(SCHEMA_FILE_MAX);
    const size_t size = json == NULL ? 0 : fread(json, 1, SCHEMA_FILE_MAX, file);
    fclose(file);
    const bool binds = json != NULL && plan_report(json, size, stdout);
    free(json);
    return binds ||
           error_set(error, ERROR_BAD_DATA,
                     "%s does not bind; the line REFUSED above says which field and why", path);
}

static bool print_shipped(const char *id, struct error *error) {
    size_t size = 0;
    char *end = NULL;
    const long number = strtol(id, &end, 10);
    const bool is_id = end != id && *end == '\0' && number > 0 && number <= INT32_MAX;
    const char *json = is_id ? schema_shipped((int32_t)number, &size) : NULL;
    if (json == NULL)
        return error_set(error, ERROR_USAGE, "there is no shipped schema %s; they are 1 to 4", id);
    fwrite(json, 1, size, stdout);
    return true;
}

int cmd_schema(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli cli = {
        .usage = "saqshy schema check FILE.avsc | saqshy schema print ID",
        .purpose = "Shows what of a writer's schema binds to the contract; prints shipped ones.",
        .positional_max = 2};
    const enum cli_outcome outcome = cli_parse(&cli, argc, argv, &error);
    if (outcome != CLI_GO) return outcome == CLI_HELP_SHOWN ? 0 : cli_fail(&error);
    const char *verb = cli.positional_count == 2 ? cli.positional[0] : "";
    bool ok;
    if (strcmp(verb, "check") == 0)
        ok = check_file(cli.positional[1], &error);
    else if (strcmp(verb, "print") == 0)
        ok = print_shipped(cli.positional[1], &error);
    else
        ok = error_set(&error, ERROR_USAGE, "usage: %s", cli.usage);
    cli_free(&cli);
    return ok ? 0 : cli_fail(&error);
}
