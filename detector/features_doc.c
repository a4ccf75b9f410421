/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/features_doc.h"

#include "detector/feature_table.h"

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
}
