/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "schemas/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_FILE_MAX = 1 << 20 };

static const char *const contract_names[] = {
    [CONTRACT_TRANSACTION] = "transactions", [CONTRACT_SIGNAL] = "signals"};

static bool read_contract(const char *name, enum contract *contract, struct error *error) {
    if (name == NULL) return true;
    for (*contract = CONTRACT_TRANSACTION; *contract <= CONTRACT_SIGNAL; ++*contract)
        if (strcmp(name, contract_names[*contract]) == 0) return true;
    error_set(error, ERROR_USAGE, "--as takes transactions or signals, not %s", name);
    return false;
}

static bool check_file(const char *path, const char *as, struct error *error) {
    enum contract contract = CONTRACT_TRANSACTION;
    if (!read_contract(as, &contract, error)) return false;
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    char *json = malloc(SCHEMA_FILE_MAX);
    const size_t size = json == NULL ? 0 : fread(json, 1, SCHEMA_FILE_MAX, file);
    fclose(file);
    if (json != NULL && as == NULL) contract = plan_contract_of(json, size);
    const bool binds = json != NULL && plan_report_for(contract, json, size, stdout);
    free(json);
    return binds ||
           error_set(error, ERROR_BAD_DATA,
                     "%s does not bind as %s; the line REFUSED above says which field and why",
                     path, contract_names[contract]);
}

static bool print_shipped(const char *id, struct error *error) {
    size_t size = 0;
    char *end = NULL;
    const long number = strtol(id, &end, 10);
    const bool is_id = end != id && *end == '\0' && number > 0 && number <= INT32_MAX;
    const char *json = is_id ? schema_shipped((int32_t)number, &size) : NULL;
    if (json == NULL)
        return error_set(error, ERROR_USAGE, "there is no shipped schema %s; they are 1 to 5", id);
    fwrite(json, 1, size, stdout);
    return true;
}

static bool run(void *job, struct error *error) {
    const struct cli *cli = job;
    const char *verb = cli->positional_count == 2 ? cli->positional[0] : "";
    const char *as = cli_value(cli, "--as");
    if (strcmp(verb, "check") == 0) return check_file(cli->positional[1], as, error);
    if (strcmp(verb, "print") == 0 && as == NULL) return print_shipped(cli->positional[1], error);
    return error_set(error, ERROR_USAGE, "usage: %s", cli->usage);
}

int cmd_schema(int argc, char **argv) {
    struct cli_flag flags[] = {
        {"--as", "WHAT", "check: transactions or signals (by the name of the record)", NULL}};
    struct cli cli = {
        .usage = "saqshy schema check FILE.avsc [--as WHAT] | saqshy schema print ID",
        .purpose = "Shows what of a writer's schema binds to the contract; prints shipped ones.",
        .flags = flags,
        .flag_count = sizeof flags / sizeof flags[0],
        .positional_max = 2};
    return cli_run(&cli, argc, argv, run, NULL, &cli);
}
