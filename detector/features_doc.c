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

static const char rules[] =
    "An event at time t sees what lies in (t − window, t], itself included, and nothing after t. "
    "Missing input is null, never 0. Money is tiyn.\n\n"
    "| question | answer |\n| --- | --- |\n"
    "| which time | windows go by event time; first-in-first-out, decay and dormancy by the order "
    "of "
    "the log, ages never below 0; of equal times the later in the log is the later |\n"
    "| which events | an account keeps its last 128 events, those of the last 8 days by the engine "
    "clock: what leaves becomes the oldest lot of its money |\n"
    "| a hot account | events beyond 128 go into panes of 6 hours: counts, amounts, largest, "
    "attempts "
    "and what is made of them add the panes whose middle lies in a window of 6 h and more; the "
    "rest "
    "sees the 128; such values are APPROXIMATE |\n"
    "| a late event | lands where its time belongs; up to a day late every window is exact, beyond "
    "that a window of 7 d may reach behind what is kept: APPROXIMATE; more than 7 d late: not "
    "applied |\n"
    "| a far-future time | event_time more than 5 min after ingest_time, or ingest_time more than "
    "a "
    "day after the record's own: a dead letter |\n"
    "| the same twice | tx_id, amount, counterparty and kind equal in either side's ring: not "
    "applied "
    "again |\n"
    "| a reversal | an entry of its own: takes its amount out of the windows that hold its time "
    "(not "
    "below 0), counts and counterparties unchanged; gives its money back to the lots it came from "
    "|\n"
    "| an attempt | scored before money moves; counts among the attempts afterwards, moves nothing "
    "|\n"
    "| both sides | the debit is applied and scored first, then the credit; cash has one side; an "
    "own "
    "transfer moves money and is no flow |\n"
    "| large amounts | exact up to 21,474,836.47 KZT, then in units of 655.36 KZT; at the top of "
    "the "
    "scale (1.4 · 10^12 KZT) APPROXIMATE |\n"
    "| a long silence | an account without an event for `accounts.dormancy.days` is a new one when "
    "it "
    "returns |\n"
    "| want of memory | accounts that appear after the first one had to be dropped "
    "(`memory.limit.mib`) "
    "are COLD_START before their first event |\n"
    "| a signal | is known from its place in the log on and weighed at the engine clock of the "
    "entry, whatever the entry's own time; an entry that came before it stays as it was |\n\n";

void features_doc_print(FILE *out) {
    static const char *const directions[] = {"either", "rises", "falls"};
    fprintf(out,
            "# Features\n\nMade by `saqshy docs features`; do not edit. Table hash `%s`.\n\n%s"
            "| feature | unit | definition | null when | risk | reason | in words | в словах | "
            "сөзбен | source |\n"
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
            feature_table_sha256(), rules);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *f = &feature_table[i];
        fprintf(out, "| `%s` | %s | %s | %s | %s | `%s` | %s | %s | %s | %s |\n", f->name, f->unit,
                f->definition, f->null_rule, directions[f->direction], f->reason_code, f->text_en,
                f->text_ru, f->text_kk, f->source);
    }
    print_files(out);
}
