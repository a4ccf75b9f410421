/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/features_doc.h"

#include "detector/feature_table.h"
#include "schemas/limits.h"

static void print_files(FILE *out) {
    fprintf(out,
            "\n## Vectors as a file\n\n"
            "`saqshy features --input FEED.avro --out V.csv` or `V.npy` runs the engine over "
            "recorded events, as `saqshy replay --engine` does, and writes what it computes: a row "
            "for each scored side, in the order the engine took the records, payer before payee. "
            "Records that were not applied (duplicates, late ones, dead letters) have no row and "
            "are counted on stderr. The same input gives the same bytes. A CSV of another kind "
            "becomes a feed by `saqshy import`.\n\n"
            "| column | in V.csv | in V.npy |\n| --- | --- | --- |\n"
            "| `topic` | input topic | left out |\n"
            "| `partition`, `offset` | where the record stands; of a container file in one "
            "partition: its number "
            "in the file, from 0 | `<i4`, `<i8` |\n"
            "| `ordinal` | place of the record in the engine's order | `<i8` |\n"
            "| `account` | account token | `S%d` |\n"
            "| `account_number` | number of the account in the engine's table | `<u4` |\n"
            "| `event_time` | whole seconds since 1970, UTC, as `saqshy import` reads a time | "
            "`<i8` |\n"
            "| `side` | payer, payee | `<u2`: 0 payer, 1 payee |\n"
            "| `tx_id` | id of the payment | left out |\n"
            "| `quality` | of the widest window: EXACT, or one or more of APPROXIMATE, "
            "COLD_START, LATE with \\| between | `<u2`: 0, or the sum of 4, 8, 16 |\n"
            "| `nulls` | left out | `<u4`: how many features are null |\n"
            "| one a feature | number that reads back as the same double; null: empty | "
            "`<f8`; null: NaN |\n\n"
            "The CSV is RFC 4180 in UTF-8 with a head line, lines end with LF. "
            "`numpy.load(\"V.npy\", mmap_mode=\"r\")` gives an array of records that need not fit "
            "into memory. "
            "The file is written as `V.csv.part` or `V.npy.part` and gets its name when it is "
            "whole.\n",
            TOKEN_BYTES_MAX);
}

void features_doc_print(FILE *out) {
    static const char *const directions[] = {"either", "rises", "falls"};
    fprintf(out,
            "# Features\n\nMade by `saqshy docs features`; do not edit. Table hash `%s`.\n\n"
            "An event at time t sees what lies in (t − window, t], itself included. Windows go by "
            "event "
            "time; FIFO, decay and dormancy go in log order. Missing input is null, never 0. "
            "Amounts are what "
            "the ring keeps: exact up to 21,474,836.47 KZT, then in units of 655.36 KZT. The ring "
            "holds the last 32 "
            "events; a window that reaches behind them is marked APPROXIMATE.\n\n"
            "| feature | unit | definition | null when | risk | reason | in words | в словах | "
            "сөзбен | source |\n"
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
            feature_table_sha256());
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *f = &feature_table[i];
        fprintf(out, "| `%s` | %s | %s | %s | %s | `%s` | %s | %s | %s | %s |\n", f->name, f->unit,
                f->definition, f->null_rule, directions[f->direction], f->reason_code, f->text_en,
                f->text_ru, f->text_kk, f->source);
    }
    print_files(out);
}
