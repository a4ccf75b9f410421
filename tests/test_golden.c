/* SPDX-License-Identifier: Apache-2.0 */
/* The golden records: tests/golden/NAME.bin is a framed value, NAME.json what it holds.
 * test_golden.py holds the same files against fastavro. */
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/plan.h"
#include "tests/columns.h"
#include "tests/support.h"

#include <avro.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE_MAX = 1 << 16, FEATURES_MAX = 64 };

struct golden {
    json_t *file, *value;
    uint8_t data[VALUE_MAX];
    struct bytes framed, body;
    struct encoder *encoder;
};

static void golden_open(struct golden *g, const char *name, int32_t schema_id) {
    struct error error;
    char path[1024];
    int32_t id = 0;
    const char *looks_like = "";
    snprintf(path, sizeof path, "%s/tests/golden/%s.json", SOURCE_DIR, name);
    g->file = json_load_file(path, 0, NULL);
    g->value = json_object_get(g->file, "value");
    assert_non_null(g->value);
    snprintf(path, sizeof path, "%s/tests/golden/%s.bin", SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t size = fread(g->data, 1, sizeof g->data, file);
    fclose(file);
    g->framed = (struct bytes){g->data, (uint32_t)size};
    assert_true(frame_parse(g->framed, &id, &g->body, &looks_like));
    assert_int_equal(id, schema_id);
    g->encoder = encoder_open(&error);
    assert_non_null(g->encoder);
}

static void golden_close(struct golden *g) {
    json_decref(g->file);
    encoder_close(g->encoder);
}

static void same_bytes(const struct golden *g, struct bytes encoded) {
    assert_int_equal(encoded.size, g->framed.size);
    assert_memory_equal(encoded.data, g->framed.data, encoded.size);
}

/* The fields of an object as C values. */

static const char *string_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_string(value) || json_is_null(value));
    return json_string_value(value);
}

static struct text text_in(const json_t *object, const char *key) {
    return text_of(string_of(object, key));
}

static int64_t number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value) || json_is_null(value));
    return json_integer_value(value);
}

static double real_of(const json_t *value) {
    assert_true(json_is_number(value) || json_is_null(value));
    return json_is_null(value) ? NAN : json_number_value(value);
}

static void hash_of(const json_t *object, const char *key, uint8_t out[32]) {
    const char *hex = string_of(object, key);
    assert_int_equal(strlen(hex), 64);
    for (size_t i = 0; i < 32; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
}

#define X(name) #name,
static const char *const states[] = {RECOMMENDATION_STATE_TABLE(X)};
static const char *const modes[] = {MODE_TABLE(X)};
static const char *const actions[] = {ACTION_TABLE(X)};
static const char *const priorities[] = {PRIORITY_TABLE(X)};
static const char *const qualities[] = {QUALITY_TABLE(X)};
#undef X

static unsigned symbol_of(const json_t *object, const char *key, const char *const *symbols) {
    unsigned i = 0;
    while (strcmp(symbols[i], string_of(object, key)) != 0)
        i++;
    return i;
}

/* avro-c's generic reader beside the JSON. */

static void same_value(const avro_value_t *value, const json_t *json);

static void same_record(const avro_value_t *record, const json_t *json) {
    size_t count = 0;
    avro_value_get_size(record, &count);
    assert_int_equal(count, json_object_size(json));
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        const char *name = NULL;
        avro_value_get_by_index(record, i, &field, &name);
        same_value(&field, json_object_get(json, name));
    }
}

static void same_array(const avro_value_t *array, const json_t *json) {
    size_t count = 0;
    avro_value_get_size(array, &count);
    assert_int_equal(count, json_array_size(json));
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        avro_value_get_by_index(array, i, &item, NULL);
        same_value(&item, json_array_get(json, i));
    }
}

static void same_fixed(const avro_value_t *value, const json_t *json) {
    const void *data = NULL;
    size_t size = 0;
    char hex[3];
    avro_value_get_fixed(value, &data, &size);
    assert_int_equal(2 * size, json_string_length(json));
    for (size_t i = 0; i < size; i++) {
        snprintf(hex, sizeof hex, "%02x", ((const uint8_t *)data)[i]);
        assert_memory_equal(hex, json_string_value(json) + 2 * i, 2);
    }
}

static void same_number(const avro_value_t *value, const json_t *json) {
    int32_t narrow = 0;
    int64_t wide = 0;
    if (avro_value_get_type(value) == AVRO_INT32)
        avro_value_get_int(value, &narrow);
    else
        avro_value_get_long(value, &wide);
    assert_true(json_is_integer(json));
    assert_int_equal(wide + narrow, json_integer_value(json));
}

static void same_value(const avro_value_t *value, const json_t *json) {
    avro_value_t branch;
    const char *text = NULL;
    size_t size = 0;
    double real = 0;
    int small = -1;
    switch (avro_value_get_type(value)) {
    case AVRO_RECORD:
        same_record(value, json);
        return;
    case AVRO_ARRAY:
        same_array(value, json);
        return;
    case AVRO_UNION:
        avro_value_get_current_branch(value, &branch);
        same_value(&branch, json);
        return;
    case AVRO_NULL:
        assert_true(json_is_null(json));
        return;
    case AVRO_STRING:
        avro_value_get_string(value, &text, &size);
        assert_string_equal(text, json_string_value(json));
        return;
    case AVRO_FIXED:
        same_fixed(value, json);
        return;
    case AVRO_ENUM:
        avro_value_get_enum(value, &small);
        assert_string_equal(avro_schema_enum_get(avro_value_get_schema(value), small),
                            json_string_value(json));
        return;
    case AVRO_BOOLEAN:
        avro_value_get_boolean(value, &small);
        assert_int_equal(small, json_is_true(json));
        return;
    case AVRO_DOUBLE:
        avro_value_get_double(value, &real);
        assert_true(real == json_number_value(json));
        return;
    default:
        same_number(value, json);
    }
}

static void avro_c_agrees(const char *name, int32_t schema_id) {
    struct golden g;
    golden_open(&g, name, schema_id);
    size_t size = 0;
    const char *json = schema_shipped(schema_id, &size);
    avro_schema_t schema = NULL;
    assert_int_equal(avro_schema_from_json_length(json, size, &schema), 0);
    avro_value_iface_t *type = avro_generic_class_from_schema(schema);
    avro_value_t value;
    assert_int_equal(avro_generic_value_new(type, &value), 0);
    avro_reader_t reader = avro_reader_memory((const char *)g.body.data, g.body.size);
    assert_int_equal(avro_value_read(reader, &value), 0);
    assert_int_not_equal(avro_skip(reader, 1), 0);
    same_value(&value, g.value);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(type);
    avro_schema_decref(schema);
    golden_close(&g);
}

static const char *const transactions[] = {"transaction-full", "transaction-nulls",
                                           "transaction-cash-abroad"};
static const char *const recommendations[] = {"recommendation-issued", "recommendation-amended",
                                              "recommendation-withdrawn", "recommendation-expired"};
static const char *const orders[] = {"order-full", "order-first"};
static const char *const signals[] = {"signal-incident", "signal-list", "signal-sim-box",
                                      "signal-outcome", "signal-withdrawal"};
static const char *const shadows[] = {"shadow-score"};
#define COUNT(list) (sizeof list / sizeof list[0])

static void avro_c_reads_the_values_of_every_golden_record(void **unused) {
    (void)unused;
    for (size_t i = 0; i < COUNT(transactions); i++)
        avro_c_agrees(transactions[i], SCHEMA_ID_TRANSACTION);
    for (size_t i = 0; i < COUNT(recommendations); i++)
        avro_c_agrees(recommendations[i], SCHEMA_ID_RECOMMENDATION);
    for (size_t i = 0; i < COUNT(orders); i++)
        avro_c_agrees(orders[i], SCHEMA_ID_ORDER);
    for (size_t i = 0; i < COUNT(signals); i++)
        avro_c_agrees(signals[i], SCHEMA_ID_SIGNAL);
    for (size_t i = 0; i < COUNT(shadows); i++)
        avro_c_agrees(shadows[i], SCHEMA_ID_SHADOW);
}

static void transactions_are_decoded_and_encoded_again_to_the_byte(void **unused) {
    (void)unused;
    size_t size = 0;
    struct error error;
    const char *json = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    struct plan *plan = plan_compile(json, size, &error);
    for (size_t i = 0; i < COUNT(transactions); i++) {
        struct golden g;
        golden_open(&g, transactions[i], SCHEMA_ID_TRANSACTION);
        struct transaction tx;
        struct bytes encoded;
        uint32_t used = 0;
        const char *why = "";
        assert_true(plan_decode(plan, g.body, &tx, &used, &why));
        assert_int_equal(used, g.body.size);
        json_t *columns = columns_json(&tx);
        assert_true(json_equal(columns, g.value));
        assert_true(encode_transaction(g.encoder, &tx, &encoded, &error));
        same_bytes(&g, encoded);
        json_decref(columns);
        golden_close(&g);
    }
    plan_free(plan);
}

static void whole_seconds_are_floored(void **unused) {
    (void)unused;
    size_t size = 0;
    struct error error;
    const char *json = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    struct plan *plan = plan_compile(json, size, &error);
    struct golden g;
    golden_open(&g, "transaction-cash-abroad", SCHEMA_ID_TRANSACTION);
    struct transaction tx;
    uint32_t used = 0;
    const char *why = "";
    assert_true(plan_decode(plan, g.body, &tx, &used, &why));
    assert_int_equal(tx.event_time_us, -1);
    assert_int_equal(tx.event_time_s, -1);
    assert_int_equal(tx.ingest_time_s, 4102444800);
    golden_close(&g);
    plan_free(plan);
}

/* Order records. */

static void fill_order(const json_t *json, struct order_record *record, struct order_run *runs,
                       struct order_exception *exceptions, struct order_output *outputs,
                       struct order_end *ends) {
    json_t *item;
    size_t i;
    *record = (struct order_record){.shard = text_in(json, "shard"),
                                    .epoch = (int32_t)number_of(json, "epoch"),
                                    .sequence = number_of(json, "sequence"),
                                    .build = text_in(json, "build"),
                                    .options_sha256 = text_in(json, "options_sha256"),
                                    .features_sha256 = text_in(json, "features_sha256"),
                                    .model_sha256 = text_in(json, "model_sha256"),
                                    .policy_sha256 = text_in(json, "policy_sha256"),
                                    .first_ordinal = number_of(json, "first_ordinal"),
                                    .engine_clock_s = number_of(json, "engine_clock_s"),
                                    .state_hash = (uint64_t)number_of(json, "state_hash"),
                                    .runs = runs,
                                    .exceptions = exceptions,
                                    .outputs = outputs,
                                    .ends = ends};
    json_array_foreach(json_object_get(json, "runs"), i, item) {
        runs[record->run_count++] =
            (struct order_run){text_in(item, "topic"), (int32_t)number_of(item, "partition"),
                               number_of(item, "next_offset")};
    }
    json_array_foreach(json_object_get(json, "exceptions"), i, item) {
        exceptions[record->exception_count++] =
            (struct order_exception){text_in(item, "topic"), (int32_t)number_of(item, "partition"),
                                     number_of(item, "offset"), text_in(item, "reason")};
    }
    json_array_foreach(json_object_get(json, "outputs"), i, item) {
        struct order_output *output = &outputs[record->output_count++];
        *output = (struct order_output){.topic = text_in(item, "topic"),
                                        .partition = (int32_t)number_of(item, "partition"),
                                        .next_sequence = number_of(item, "next_sequence")};
        hash_of(item, "last_hash", output->last_hash);
    }
    json_array_foreach(json_object_get(json, "ends"), i, item) {
        ends[record->end_count++] =
            (struct order_end){text_in(item, "topic"), (int32_t)number_of(item, "partition"),
                               number_of(item, "offset"), (uint64_t)number_of(item, "digest")};
    }
}

static void order_records_are_encoded_to_the_byte_and_decoded(void **unused) {
    (void)unused;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct golden g;
        golden_open(&g, orders[i], SCHEMA_ID_ORDER);
        struct order_record record;
        struct order_run runs[8];
        struct order_exception exceptions[8];
        struct order_output outputs[8];
        struct order_end ends[8];
        struct bytes encoded;
        struct error error;
        fill_order(g.value, &record, runs, exceptions, outputs, ends);
        assert_true(encode_order(g.encoder, &record, &encoded, &error));
        same_bytes(&g, encoded);
        struct order_record *decoded = order_record_decode(g.framed, &error);
        assert_non_null(decoded);
        assert_int_equal(decoded->run_count, record.run_count);
        assert_int_equal(decoded->end_count, record.end_count);
        assert_int_equal(decoded->sequence, record.sequence);
        assert_true(decoded->state_hash == record.state_hash);
        assert_true(encode_order(g.encoder, decoded, &encoded, &error));
        same_bytes(&g, encoded);
        order_record_free(decoded);
        golden_close(&g);
    }
}

static void an_order_record_of_a_build_that_knew_no_ends_is_read(void **unused) {
    struct golden g;
    struct error error;
    (void)unused;
    golden_open(&g, "order-first", SCHEMA_ID_ORDER);
    const struct bytes old = {g.framed.data, g.framed.size - 1};
    const struct bytes cut = {g.framed.data, g.framed.size - 2};
    struct order_record *record = order_record_decode(old, &error);
    assert_non_null(record);
    assert_int_equal(record->end_count, 0);
    order_record_free(record);
    assert_null(order_record_decode(cut, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    golden_close(&g);
}

static void an_order_record_of_an_impossible_number_is_refused(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        static const int64_t numbers[] = {INT64_MIN, -5, RECOMMENDATION_SEQUENCE_MAX + 1,
                                          INT64_MAX};
        struct order_output output = {.topic = text_of("out"), .next_sequence = numbers[i]};
        const struct order_record record = {.outputs = &output, .output_count = 1};
        struct bytes encoded;
        struct error error;
        struct encoder *encoder = encoder_open(&error);
        assert_true(encode_order(encoder, &record, &encoded, &error));
        assert_null(order_record_decode(encoded, &error));
        assert_int_equal(error.code, ERROR_BAD_DATA);
        assert_non_null(strstr(error.text, "its number is "));
        encoder_close(encoder);
    }
}

/* Recommendations. */

static void fill_evidence(const json_t *json, struct evidence *evidence) {
    *evidence = (struct evidence){.tx_id = text_in(json, "tx_id"),
                                  .topic = string_of(json, "topic"),
                                  .partition = (int32_t)number_of(json, "partition"),
                                  .offset = number_of(json, "offset"),
                                  .event_time_us = number_of(json, "event_time"),
                                  .amount_minor = number_of(json, "amount_minor")};
}

static void fill_reason(const json_t *json, struct reason *reason) {
    json_t *item;
    size_t i;
    *reason = (struct reason){.code = string_of(json, "code"),
                              .feature = string_of(json, "feature"),
                              .value = real_of(json_object_get(json, "value")),
                              .baseline = real_of(json_object_get(json, "baseline")),
                              .unit = string_of(json, "unit"),
                              .window_s = (int32_t)number_of(json, "window_s"),
                              .contribution = real_of(json_object_get(json, "contribution")),
                              .text_ru = string_of(json, "text_ru"),
                              .text_kk = string_of(json, "text_kk"),
                              .text_en = string_of(json, "text_en"),
                              .quality = symbol_of(json, "quality", qualities)};
    json_array_foreach(json_object_get(json, "evidence"), i, item)
        fill_evidence(item, &reason->evidence[reason->evidence_count++]);
}

static void fill_lists(const json_t *json, struct recommendation *r, double *features) {
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(json, "target_tx_ids"), i, item)
        r->target_tx_ids[r->target_tx_count++] = text_of(json_string_value(item));
    json_array_foreach(json_object_get(json, "reasons"), i, item)
        fill_reason(item, &r->reasons[r->reason_count++]);
    json_array_foreach(json_object_get(json, "money_trail"), i, item) {
        r->money_trail[r->trail_count++] =
            (struct trail_hop){.hop = (int32_t)number_of(item, "hop"),
                               .tx_id = text_in(item, "tx_id"),
                               .from = text_in(item, "from"),
                               .to = text_in(item, "to"),
                               .amount_minor = number_of(item, "amount_minor"),
                               .event_time_us = number_of(item, "event_time")};
    }
    json_array_foreach(json_object_get(json, "signal_ids"), i, item)
        r->signal_ids[r->signal_id_count++] = text_of(json_string_value(item));
    json_array_foreach(json_object_get(json, "protected_flows"), i, item)
        r->protected_flows[r->protected_count++] = json_string_value(item);
    json_array_foreach(json_object_get(json, "feature_vector"), i, item)
        features[r->feature_count++] = real_of(item);
    r->feature_vector = features;
}

static void fill_change(const json_t *json, struct changed *change) {
    json_t *item;
    size_t i;
    if (json_is_null(json)) return;
    change->why = string_of(json, "why");
    change->signal_id = text_in(json, "signal_id");
    json_array_foreach(json_object_get(json, "what"), i, item) change->what[change->what_count++] =
        json_string_value(item);
}

static void fill_recommendation(const json_t *json, struct recommendation *r, double *features) {
    *r = (struct recommendation){
        .revision = (int32_t)number_of(json, "revision"),
        .state = symbol_of(json, "state", states),
        .mode = symbol_of(json, "mode", modes),
        .action = symbol_of(json, "action", actions),
        .priority = symbol_of(json, "priority", priorities),
        .addressee_bic = text_in(json, "addressee_bic"),
        .target_account_token = text_in(json, "target_account_token"),
        .hold_amount_present = !json_is_null(json_object_get(json, "hold_amount_kzt_minor")),
        .hold_amount_kzt_minor = number_of(json, "hold_amount_kzt_minor"),
        .at_risk_kzt_minor = number_of(json, "at_risk_kzt_minor"),
        .issued_at_us = number_of(json, "issued_at"),
        .decide_by_us = number_of(json, "decide_by"),
        .valid_until_us = number_of(json, "valid_until"),
        .max_hold_business_days = (int32_t)number_of(json, "max_hold_business_days"),
        .score = real_of(json_object_get(json, "score")),
        .probability = real_of(json_object_get(json, "probability")),
        .threshold = real_of(json_object_get(json, "threshold")),
        .model_id = string_of(json, "model_id"),
        .policy_id = string_of(json, "policy_id"),
        .build = text_in(json, "build"),
        .input_topic = string_of(json, "input_topic"),
        .input_partition = (int32_t)number_of(json, "input_partition"),
        .input_offset = number_of(json, "input_offset"),
        .sequence = number_of(json, "sequence"),
    };
    snprintf(r->id, sizeof r->id, "%s", string_of(json, "recommendation_id"));
    snprintf(r->model_sha256, sizeof r->model_sha256, "%s", string_of(json, "model_sha256"));
    snprintf(r->policy_sha256, sizeof r->policy_sha256, "%s", string_of(json, "policy_sha256"));
    hash_of(json, "previous_hash", r->previous_hash);
    fill_lists(json, r, features);
    fill_change(json_object_get(json, "change"), &r->change);
    r->payee_id = text_in(json, "payee_recommendation_id");
}

static void recommendations_of_every_state_are_encoded_to_the_byte(void **unused) {
    (void)unused;
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT(recommendations); i++) {
        struct golden g;
        golden_open(&g, recommendations[i], SCHEMA_ID_RECOMMENDATION);
        struct recommendation recommendation;
        double features[FEATURES_MAX];
        struct bytes encoded;
        struct error error;
        fill_recommendation(g.value, &recommendation, features);
        assert_true(encode_recommendation(g.encoder, &recommendation, &encoded, &error));
        same_bytes(&g, encoded);
        seen |= 1u << recommendation.state;
        golden_close(&g);
    }
    assert_int_equal(seen, 1u << RECOMMENDATION_ISSUED | 1u << RECOMMENDATION_AMENDED |
                               1u << RECOMMENDATION_WITHDRAWN | 1u << RECOMMENDATION_EXPIRED);
}

/* Scores of shadow models. */

static struct shadow_opinion opinion_of(const json_t *json, const char *live) {
    char action[16], score[16], probability[24], sha256[24];
    snprintf(action, sizeof action, "%saction", live);
    snprintf(score, sizeof score, "%sscore", live);
    snprintf(probability, sizeof probability, "%sprobability", live);
    snprintf(sha256, sizeof sha256, "%smodel_sha256", live);
    return (struct shadow_opinion){.action = symbol_of(json, action, actions),
                                   .score = real_of(json_object_get(json, score)),
                                   .probability = real_of(json_object_get(json, probability)),
                                   .model_sha256 = string_of(json, sha256)};
}

static struct shadow_score shadow_score_of(const json_t *json) {
    static const char *const sides[] = {"UNKNOWN", "PAYER", "PAYEE"};
    return (struct shadow_score){
        .account_token = text_in(json, "account_token"),
        .tx_id = text_in(json, "tx_id"),
        .side = symbol_of(json, "side", sides),
        .event_time_us = number_of(json, "event_time"),
        .shadow = opinion_of(json, ""),
        .live = opinion_of(json, "live_"),
        .model_id = string_of(json, "model_id"),
        .policy_sha256 = string_of(json, "policy_sha256"),
        .build = string_of(json, "build"),
        .shard = string_of(json, "shard"),
        .input_topic = string_of(json, "input_topic"),
        .input_partition = (int32_t)number_of(json, "input_partition"),
        .input_offset = number_of(json, "input_offset"),
    };
}

static void scores_of_shadow_models_are_encoded_to_the_byte(void **unused) {
    (void)unused;
    for (size_t i = 0; i < COUNT(shadows); i++) {
        struct golden g;
        struct bytes encoded;
        struct error error;
        golden_open(&g, shadows[i], SCHEMA_ID_SHADOW);
        const struct shadow_score score = shadow_score_of(g.value);
        assert_true(encode_shadow_score(g.encoder, &score, &encoded, &error));
        same_bytes(&g, encoded);
        golden_close(&g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(avro_c_reads_the_values_of_every_golden_record),
        cmocka_unit_test(transactions_are_decoded_and_encoded_again_to_the_byte),
        cmocka_unit_test(whole_seconds_are_floored),
        cmocka_unit_test(order_records_are_encoded_to_the_byte_and_decoded),
        cmocka_unit_test(an_order_record_of_a_build_that_knew_no_ends_is_read),
        cmocka_unit_test(an_order_record_of_an_impossible_number_is_refused),
        cmocka_unit_test(recommendations_of_every_state_are_encoded_to_the_byte),
        cmocka_unit_test(scores_of_shadow_models_are_encoded_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
