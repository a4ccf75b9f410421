/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/nearest.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/features_doc.h"
#include "detector/import/mapping.h"
#include "detector/policy_schema.h"
#include "detector/service/metrics.h"
#include "models/model_schema.h"
#include "schemas/contracts_doc.h"

#include <string.h>

static const struct {
    const char *name;
    void (*print)(FILE *out);
} pages[] = {
    {"configuration", options_print_markdown}, {"sample", options_print_sample},
    {"options", options_print_help},           {"metrics", metrics_print_markdown},
    {"features", features_doc_print},          {"contracts", contracts_doc_print},
    {"mapping", mapping_print_markdown},       {"model-schema", model_schema_print},
    {"policy-schema", policy_schema_print},
};
enum { PAGE_COUNT = sizeof pages / sizeof pages[0] };

static bool print_page(const struct cli *cli, struct error *error) {
    const char *names[PAGE_COUNT];
    const char *wanted = cli->positional_count == 1 ? cli->positional[0] : "";
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        names[i] = pages[i].name;
        if (strcmp(wanted, pages[i].name) != 0) continue;
        pages[i].print(stdout);
        return true;
    }
    const char *near = nearest(wanted, names, PAGE_COUNT);
    return error_set(error, ERROR_USAGE, "there is no page \"%s\"; %s%s", wanted,
                     near != NULL ? "did you mean " : "usage: ", near != NULL ? near : cli->usage);
}

int cmd_docs(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli cli = {
        .usage = "saqshy docs configuration|sample|options|metrics|features|contracts|mapping|"
                 "model-schema|policy-schema",
        .purpose = "Prints a reference page that is made from the program's tables.",
        .positional_max = 1};
    const enum cli_outcome outcome = cli_parse(&cli, argc, argv, &error);
    if (outcome == CLI_HELP_SHOWN) return 0;
    bool ok = outcome == CLI_GO && print_page(&cli, &error);
    if (outcome == CLI_GO) cli_free(&cli);
    return ok ? 0 : cli_fail(&error);
}
