/* SPDX-License-Identifier: Apache-2.0 */
/* Avro bytes to columns: the decode plan beside avro-c's generic reader on the same bytes of the
 * synthetic feed, with two writers' schemas: 20 fields in about 120 bytes, and the whole contract.
 */
#include "bench/report.h"
#include "detector/base/steady.h"
#include "detector/generator/gen.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/wire.h"

#include <assert.h>
#include <avro.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 1000, RECORD_ROOM = 1024, FEED_START_S = 1767207600 };

/* What a bank's payment system might write: 20 leaves, 6 of them nullable, its own enums. */
static const char small_schema[] =
    "{'type':'record','name':'Payment','fields':["
    "{'name':'event_id','type':'string'},"
    "{'name':'tx_id','type':'string'},"
    "{'name':'tx_status','type':{'type':'enum','name':'Status',"
    "'symbols':['UNKNOWN','ATTEMPTED','SETTLED']}},"
    "{'name':'event_time','type':{'type':'long','logicalType':'timestamp-micros'}},"
    "{'name':'ingest_time','type':['null',{'type':'long','logicalType':'timestamp-micros'}]},"
    "{'name':'event_type','type':{'type':'enum','name':'Type',"
    "'symbols':['OTHER','P2P_TRANSFER','C2B_PAYMENT']}},"
    "{'name':'rail','type':{'type':'enum','name':'Rail',"
    "'symbols':['ON_US','INSTANT_INTERBANK','QR']}},"
    "{'name':'channel','type':{'type':'enum','name':'Channel',"
    "'symbols':['MOBILE_APP','POS','WEB']}},"
    "{'name':'amount_minor','type':'long'},"
    "{'name':'currency','type':'string'},"
    "{'name':'payer','type':{'type':'record','name':'Side','fields':["
    "{'name':'account_token','type':['null','string']},"
    "{'name':'account_type','type':{'type':'enum','name':'Kind',"
    "'symbols':['UNKNOWN','CURRENT','CARD']}},"
    "{'name':'balance_after_minor','type':['null','long']}]}},"
    "{'name':'payee','type':'Side'},"
    "{'name':'active_call','type':['null','boolean']},"
    "{'name':'mcc','type':['null','int']},"
    "{'name':'reporter_bic','type':'string'},"
    "{'name':'token_key_id','type':'string'}]}";

/* Records of one schema, one behind the other. */
struct sample {
    struct bytes records[RECORDS];
    uint8_t memory[RECORDS * RECORD_ROOM];
    size_t used;
};

static void keep(struct sample *sample, size_t i, struct bytes record) {
    assert(record.size <= RECORD_ROOM);
    memcpy(sample->memory + sample->used, record.data, record.size);
    sample->records[i] = (struct bytes){sample->memory + sample->used, record.size};
    sample->used += record.size;
}

/* Writing the small schema. */

struct pen {
    uint8_t bytes[RECORD_ROOM];
    uint32_t used;
};

static void put_long(struct pen *pen, int64_t value) {
    pen->used += wire_put_long(pen->bytes + pen->used, value);
}

static void put_text(struct pen *pen, struct text text, uint32_t size_max) {
    const uint32_t size = text.size < size_max ? text.size : size_max;
    put_long(pen, size);
    memcpy(pen->bytes + pen->used, text.data, size);
    pen->used += size;
}

static void put_side(struct pen *pen, const struct party *party) {
    put_long(pen, party->account_token.data != NULL);
    if (party->account_token.data != NULL) put_text(pen, party->account_token, 14);
    put_long(pen, party->account_type);
    put_long(pen, party->balance_after_present);
    if (party->balance_after_present) put_long(pen, party->balance_after_minor);
}

static void write_small(struct pen *pen, const struct transaction *tx) {
    const bool card = tx->event_type == EVENT_TYPE_C2B_PAYMENT;
    pen->used = 0;
    put_text(pen, tx->event_id, 12);
    put_text(pen, tx->tx_id, 12);
    put_long(pen, tx->tx_status == TX_STATUS_SETTLED ? 2 : 1);
    put_long(pen, tx->event_time_us);
    put_long(pen, 1);
    put_long(pen, tx->ingest_time_us);
    put_long(pen, tx->event_type == EVENT_TYPE_P2P_TRANSFER ? 1 : card ? 2 : 0);
    put_long(pen, tx->rail == RAIL_QR ? 2 : tx->rail == RAIL_INSTANT_INTERBANK);
    put_long(pen, tx->channel == CHANNEL_POS);
    put_long(pen, tx->amount_minor);
    put_text(pen, tx->currency, 3);
    put_side(pen, &tx->payer);
    put_side(pen, &tx->payee);
    put_long(pen, tx->active_call != TRISTATE_NULL);
    if (tx->active_call != TRISTATE_NULL) pen->bytes[pen->used++] = tx->active_call;
    put_long(pen, card);
    if (card) put_long(pen, 5411);
    put_text(pen, tx->reporter_bic, 8);
    put_text(pen, tx->token_key_id, 9);
}

static void must(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "bench_decode: %s\n", what);
    exit(1);
}

/* The same payments in both schemas. */
static void fill(uint64_t seed, struct sample *small, struct sample *whole) {
    struct error error;
    const struct gen_options options = {.seed = seed,
                                        .start_s = FEED_START_S,
                                        .days = 30,
                                        .accounts = 1000,
                                        .daily_per_mille = 1500,
                                        .dropper_per_mille = 5};
    struct gen *gen = gen_open(&options, &error);
    struct encoder *encoder = encoder_open(&error);
    must(gen != NULL && encoder != NULL, error.text);
    struct transaction tx;
    bool bad;
    struct bytes framed;
    struct pen pen;
    for (size_t i = 0; i < RECORDS; i++) {
        must(gen_next(gen, &tx, &bad), "the feed is too short");
        write_small(&pen, &tx);
        keep(small, i, (struct bytes){pen.bytes, pen.used});
        must(encode_transaction(encoder, &tx, &framed, &error), error.text);
        keep(whole, i, (struct bytes){framed.data + FRAME_SIZE, framed.size - FRAME_SIZE});
    }
    encoder_close(encoder);
    gen_close(gen);
}

/* Timing: a sample is the mean of one pass over the records. */

static double pass_ns(int64_t start_ns) {
    return (double)(steady_ns() - start_ns) / RECORDS;
}

static double time_plan(struct report *report, const char *name, const char *json, size_t size,
                        const struct sample *sample, double *samples, size_t count) {
    struct error error;
    struct plan *plan = plan_compile(json, size, &error);
    must(plan != NULL, plan == NULL ? error.text : "");
    static struct transaction tx[64]; /* a batch: columns are written to memory in cache */
    int64_t tiyn = 0;
    for (size_t s = 0; s < count; s++) {
        const int64_t start_ns = steady_ns();
        for (size_t i = 0; i < RECORDS; i++) {
            uint32_t used;
            const char *why = "";
            must(plan_decode(plan, sample->records[i], &tx[i % 64], &used, &why), why);
            tiyn += tx[i % 64].amount_minor;
        }
        samples[s] = pass_ns(start_ns);
    }
    must(tiyn > 0, "nothing was decoded");
    plan_free(plan);
    report_row(report, name, "ns", samples, count);
    return samples[count / 2];
}

static double time_avro_c(struct report *report, const char *name, const char *json, size_t size,
                          const struct sample *sample, double *samples, size_t count) {
    avro_schema_t schema;
    must(avro_schema_from_json_length(json, size, &schema) == 0, avro_strerror());
    avro_value_iface_t *type = avro_generic_class_from_schema(schema);
    avro_value_t value;
    must(type != NULL && avro_generic_value_new(type, &value) == 0, "no memory");
    avro_reader_t reader = avro_reader_memory("", 0);
    for (size_t s = 0; s < count; s++) {
        const int64_t start_ns = steady_ns();
        for (size_t i = 0; i < RECORDS; i++) {
            const struct bytes record = sample->records[i];
            avro_reader_memory_set_source(reader, (const char *)record.data, record.size);
            avro_value_reset(&value);
            must(avro_value_read(reader, &value) == 0, avro_strerror());
        }
        samples[s] = pass_ns(start_ns);
    }
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(type);
    avro_schema_decref(schema);
    report_row(report, name, "ns", samples, count);
    return samples[count / 2];
}

int main(int argc, char **argv) {
    struct report_flag flags[] = {{"--passes", "passes over 1,000 records a row", 400}};
    struct report *report = report_open("Avro bytes to columns, a record", argc, argv, flags, 1);
    const size_t count = flags[0].value < 1 ? 1 : (size_t)flags[0].value;
    double *samples = calloc(count, sizeof *samples);
    struct sample *small = calloc(1, sizeof *small), *whole = calloc(1, sizeof *whole);
    must(samples != NULL && small != NULL && whole != NULL, "no memory");
    fill(report_seed(report), small, whole);

    char json[sizeof small_schema];
    for (size_t i = 0; i < sizeof json; i++)
        json[i] = small_schema[i] == '\'' ? '"' : small_schema[i];
    size_t contract_size;
    const char *contract = schema_shipped(SCHEMA_ID_TRANSACTION, &contract_size);
    report_value(report, "record size", "B", (double)small->used / RECORDS);
    const double plan = time_plan(report, "plan", json, sizeof json - 1, small, samples, count);
    const double avro_c =
        time_avro_c(report, "avro_c", json, sizeof json - 1, small, samples, count);
    report_value(report, "ratio", "x", avro_c / plan);
    report_value(report, "record size, contract", "B", (double)whole->used / RECORDS);
    const double plan_whole =
        time_plan(report, "plan_contract", contract, contract_size, whole, samples, count);
    const double avro_c_whole =
        time_avro_c(report, "avro_c_contract", contract, contract_size, whole, samples, count);
    report_value(report, "ratio, contract", "x", avro_c_whole / plan_whole);
    free(samples);
    free(small);
    free(whole);
    return report_close(report);
}
