/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/trace_report.h"
#include "detector/import/csv_cell.h"

#include <inttypes.h>

#define NAME(name) #name,
static const char *const actions[] = {ACTION_TABLE(NAME)};
static const char *const fates[] = {TRAIL_FATE_TABLE(NAME)};
static const char *const types[] = {EVENT_TYPE_TABLE(NAME)};
#undef NAME

static void put_account(FILE *file, const struct trace_report *r, uint32_t account) {
    char token[TRACE_NAME_SIZE];
    putc(',', file);
    csv_write_cell(file, text_of(trace_report_token(r, account, token)));
}

/* What the payer's bank was advised. */
static void put_warning(FILE *file, const struct trace_advice *advice) {
    if (advice == NULL)
        fputs(",,,", file);
    else
        fprintf(file, ",%" PRId64 ",%s,%s", advice->issued_s, actions[advice->action], advice->id);
}

static void put_row(FILE *file, const struct trace_report *r, const struct trace_row *row) {
    const struct trail_move *m = &r->pass->moves[row->move];
    const struct trace_place *place = &r->pass->places[row->move];
    char hash[DIGEST_HEX_SIZE];
    fprintf(file, "%u,%" PRId64 ",", (unsigned)row->hop, m->second);
    csv_write_cell(file, r->pass->transactions.texts[m->tx]);
    fprintf(file, ",%s", types[m->type]);
    put_account(file, r, row->from);
    put_account(file, r, row->to);
    fprintf(file, ",%" PRId64 ",%" PRId64 ",%s,", m->amount, row->traced_tiyn,
            row->given_back ? "GIVEN_BACK" : fates[row->fate]);
    trace_report_hash(r, row->move, hash);
    csv_write_cell(file, text_of(r->topic));
    fprintf(file, ",%d,%" PRId64 ",%s", (int)place->partition, place->offset, hash);
    put_warning(file, trace_report_warning(r, row));
    putc('\n', file);
}

void trace_write_csv(FILE *file, const struct trace_report *r) {
    fputs("hop,time,tx_id,type,from,to,amount_kzt_minor,traced_kzt_minor,outcome,topic,partition,"
          "offset,record_sha256,payer_advised_at,payer_action,payer_recommendation_id\n",
          file);
    for (size_t i = 0; i < r->row_count; i++)
        put_row(file, r, &r->rows[i]);
}
