/* SPDX-License-Identifier: Apache-2.0 */
/* docs/MAPPING.md. */
#include "detector/import/mapping_table.h"

#include <string.h>

static const char head[] =
    "# Mapping files\n\nMade by `saqshy docs mapping`; do not edit.\n\n"
    "`saqshy import --mapping FILE --input CSV --out FEED.avro` turns any CSV (RFC 4180, UTF-8) "
    "into transactions. Every command that takes `--input` and `--mapping` (`train`, `backtest`, "
    "`tune`, `features`, `explain`, `trace`, `replay`) reads the CSV itself, to the same result. "
    "The mapping file says which column is what:\n\n"
    "```\n"
    "[columns]\n"
    "event_id = id\n"
    "time = ts\n"
    "payer = from\n"
    "payee = to\n"
    "amount = amount\n"
    "type = kind\n"
    "label = is_fraud\n"
    "[drop]\n"
    "note = free text\n"
    "[time]\n"
    "unit = ms\n"
    "[type TRANSFER]\n"
    "event_type = P2P_TRANSFER\n"
    "[type CASH_OUT]\n"
    "event_type = CASH_WITHDRAWAL\n"
    "```\n\n"
    "Two complete ones are shipped: `schemas/mappings/transfers.map` and "
    "`schemas/mappings/mobile-money.map`.\n\n"
    "* Lines are `key = value` in `[sections]`; `#` or `;` starts a comment line, ` ;` a comment "
    "behind a value. A line has at most 198 bytes, a section or key 48. No key may be given twice. "
    "An unknown section, key or value is an error with its line and the nearest right name.\n"
    "* Every column of the CSV is mapped or listed in `[drop]`; otherwise nothing is imported. So "
    "no label slips into a record, and no column is forgotten by accident.\n"
    "* Amounts and times are read digit by digit, never through a floating-point number. What is "
    "finer than a microsecond is cut; what is finer than a minor unit is a bad row.\n"
    "* A bad row is left out, counted and listed with its line number and the reason (`--bad "
    "FILE`, "
    "or the first ten on stderr); the exit status stays 0 unless no row is good (65). A record "
    "that the engine would refuse is a bad row too. An empty line is no row.\n"
    "* Records keep the order of the file. Rows that are earlier than one before them are counted; "
    "`replay` sends them in this order, and the engine sets aside what is more than 7 days late. "
    "ingest_time is the event's own time.\n"
    "* An empty field is null where the contract has null; otherwise the row is bad.\n"
    "* The label file has the columns `event_id,label`; event_id is the record's.\n"
    "* `train`, `backtest` and `tune` take the labels of the `label` column when no `--labels` is "
    "given; there a label is 1 or true, 0 or false, and any other ends the run with its line.\n";

static void print_takes(const struct mapping_row *row, FILE *out) {
    if (row->kind != MAPPING_ROW_CHOICE) {
        fprintf(out, "%s", row->choices);
        return;
    }
    for (const char *c = row->choices; *c != '\0'; c++)
        fprintf(out, *c == '|' ? ", " : "%c", *c);
}

static void print_section(const char *section, FILE *out) {
    if (strcmp(section, "columns") == 0)
        fprintf(out, "\n## [columns]\n\nThe value is the column's name in the CSV.\n\n"
                     "| key | meaning |\n| --- | --- |\n");
    else
        fprintf(out,
                "\n## [%s]\n\n| key | default | takes | meaning |\n| --- | --- | --- | --- |\n",
                section);
}

static void print_row(const struct mapping_row *row, FILE *out) {
    if (strcmp(row->section, "columns") == 0) {
        fprintf(out, "| `%s` | %s |\n", row->key, row->text);
        return;
    }
    const char *quote = row->standard[0] != '\0' ? "`" : "";
    fprintf(out, "| `%s` | %s%s%s | ", row->key, quote, row->standard, quote);
    print_takes(row, out);
    fprintf(out, " | %s |\n", row->text);
}

void mapping_print_markdown(FILE *out) {
    fputs(head, out);
    for (size_t i = 0; i < mapping_row_count; i++) {
        if (i == 0 || strcmp(mapping_rows[i].section, mapping_rows[i - 1].section) != 0)
            print_section(mapping_rows[i].section, out);
        print_row(&mapping_rows[i], out);
    }
    fprintf(out,
            "\nOne section for each value of the type column; `[type *]` is for every value that "
            "has none. A value without a section is a bad row.\n"
            "\n## [status]\n\nThe key is a value of the status column, the value is what it means: "
            "one of ");
    for (const char *c = mapping_statuses; *c != '\0'; c++)
        fprintf(out, *c == '|' ? ", " : "%c", *c);
    fprintf(out, ".\n\n## [drop]\n\nThe key is a column that is left out, the value says why.\n");
}
