/* SPDX-License-Identifier: Apache-2.0 */
/* The pages that are made from the options table. */
#include "detector/service/options_table.h"

static void print_allowed(const struct option_row *row, FILE *out) {
    if (row->kind == OPTION_NUMBER)
        fprintf(out, "%lld–%lld%s%s", (long long)row->low, (long long)row->high,
                row->unit[0] != '\0' ? " " : "", row->unit);
    else if (row->kind == OPTION_FLAG)
        fprintf(out, "true, false");
    else if (row->kind == OPTION_CHOICE)
        for (const char *c = row->choices[0] == '|' ? row->choices + 1 : row->choices; *c; c++)
            fprintf(out, *c == '|' ? ", " : "%c", *c);
    else
        fprintf(out, "text");
}

void options_print_sample(FILE *out) {
    fprintf(out,
            "# Saqshy: every option with its default. Made by `saqshy docs sample`.\n"
            "# kafka.*, kafka.consumer.* and kafka.producer.* go to librdkafka as they are.\n");
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == OPTION_SECTION)
            fprintf(out, "\n# %s\n", row->text);
        else
            fprintf(out, "\n# %s\n#%s=%s\n", row->text, row->key, row->standard);
    }
}

void options_print_markdown(FILE *out) {
    fprintf(out,
            "# Configuration\n\nMade by `saqshy docs configuration`; do not edit.\n\n"
            "Order: defaults < file (`--config`) < environment (`SAQSHY_` + upper case, dots as "
            "underscores) < `-X key=value`.\nA variable that ends in `_FILE` names a file that "
            "holds the value. `kafka.*`, `kafka.consumer.*` and `kafka.producer.*` go to "
            "librdkafka.\nOptions marked *state* change what the engine computes: a shard keeps "
            "them for its whole life.\n");
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == OPTION_SECTION) {
            fprintf(
                out,
                "\n## %s\n\n| option | default | allowed | meaning |\n| --- | --- | --- | --- |\n",
                row->text);
            continue;
        }
        fprintf(out, "| `%s` | %s%s%s | ", row->key, row->standard[0] != '\0' ? "`" : "",
                row->standard, row->standard[0] != '\0' ? "`" : "");
        print_allowed(row, out);
        fprintf(out, " | %s%s |\n", row->text, row->state ? " *(state)*" : "");
    }
}

void options_print_help(FILE *out) {
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == OPTION_SECTION)
            fprintf(out, "\n%s\n", row->text);
        else
            fprintf(out, "  %-24s %-28s %s\n", row->key, row->standard, row->text);
    }
}
