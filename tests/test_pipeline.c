/* SPDX-License-Identifier: Apache-2.0 */
/* The whole path on the in-memory broker: what goes in, what comes out, and what a restart makes of
 * it. */
#include "tests/support.h"

#include "detector/pipeline.h"
#include "schemas/catalog.h"
#include "schemas/order_record.h"
#include "tests/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECOMMENDATIONS "antifrod.freeze-recommendations"
enum { PARTITIONS = 2 };

struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    char directory[64];
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(PARTITIONS);
    stand.encoder = encoder_open(&error);
    *state = &stand;
    return stand.encoder == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    port->ops->close(port);
    encoder_close(stand->encoder);
    sample_directory_remove(stand->directory, &stand->options);
    return 0;
}

static bool run(struct stand *stand, struct error *error) {
    const struct pipeline_options options = {
        .options = &stand->options, .port = memory_port_port(stand->memory), .stop_at_end = true};
    struct pipeline *pipeline = pipeline_open(&options, error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, error);
    pipeline_close(pipeline);
    return ok;
}

static void must_run(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    if (!run(stand, &error)) fail_msg("%s: %s", error_name(error.code), error.text);
}

/* `count` transfers to one account, a minute apart, each from another payer. */
static void send_burst(struct stand *stand, const char *payee, int first, int count) {
    for (int i = first; i < first + count; i++) {
        char payer[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%d", i);
        snprintf(tx_id, sizeof tx_id, "tx-%s-%d", payee, i);
        const struct transaction tx = sample_transfer(tx_id, payer, payee, 60 * i, 5000000);
        sample_send(stand->memory, stand->encoder, &tx, PARTITIONS);
    }
}

static size_t count_all(const struct stand *stand, const char *topic) {
    size_t count = 0;
    for (int32_t p = 0; p < PARTITIONS; p++)
        count += memory_port_count(stand->memory, topic, p);
    return count;
}

static void a_burst_is_one_episode_amended_as_the_money_grows(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "dropper", 0, 6);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1 + 2); /* at 4 and at 5 credits */
}

static void nothing_suspicious_gives_no_output_but_an_order_record(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "honest", 0, 2);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 0);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.order", 0), 2);
}

static void headers_are_cloud_events(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    struct port_record record;
    struct port_header header;
    const int32_t p = memory_port_count(stand->memory, RECOMMENDATIONS, 0) > 0 ? 0 : 1;
    assert_true(memory_port_get(stand->memory, RECOMMENDATIONS, p, 0, &record));
    assert_memory_equal(record.key.data, "dropper", 7);
    assert_true(memory_port_get_header(&record, 0, &header));
    assert_string_equal(header.name, "ce_specversion");
    assert_true(memory_port_get_header(&record, 1, &header));
    assert_string_equal(header.name, "ce_id");
    assert_memory_equal(header.value.data + header.value.size - 2, ".1", 2);
}

static void a_restart_goes_on_where_the_log_ends(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "dropper", 0, 2);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 0);
    send_burst(stand, "dropper", 2, 1);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
}

/* The same input in one go and in three starts gives the same bytes. */
static void restarts_do_not_change_a_byte(void **state) {
    struct stand *stand = *state;
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    send_burst(stand, "dropper", 3, 3);
    must_run(stand);
    struct memory_port *whole = sample_cluster(PARTITIONS);
    struct stand other = *stand;
    other.memory = whole;
    send_burst(&other, "dropper", 0, 6);
    must_run(&other);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), count_all(&other, RECOMMENDATIONS));
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct port_record a, b;
        for (size_t i = 0; memory_port_get(stand->memory, RECOMMENDATIONS, p, i, &a); i++) {
            assert_true(memory_port_get(whole, RECOMMENDATIONS, p, i, &b));
            assert_int_equal(a.value.size, b.value.size);
            assert_memory_equal(a.value.data, b.value.data, a.value.size);
        }
    }
    struct port *port = memory_port_port(whole);
    port->ops->close(port);
}

static void poison_becomes_dead_letters_and_the_stream_goes_on(void **state) {
    struct stand *stand = *state;
    static const uint8_t cut_frame[] = {0, 0, 0, 0, 1, 2};
    static const uint8_t unknown_schema[] = {0, 0, 0, 3, 231, 2};
    sample_send_raw(stand->memory, 0, "{\"json\":1}", 10);
    sample_send_raw(stand->memory, 0, cut_frame, sizeof cut_frame);
    sample_send_raw(stand->memory, 1, unknown_schema, sizeof unknown_schema);
    sample_send_raw(stand->memory, 1, NULL, 0);
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 4);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
    must_run(stand); /* the unknown schema is obeyed in replay */
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 4);
}

static void a_first_start_must_be_told_where(void **state) {
    struct stand *stand = *state;
    struct error error;
    stand->options.start_from[0] = '\0';
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "start.from"));
}

static void another_policy_is_refused_with_a_next_step(void **state) {
    struct stand *stand = *state;
    struct error error;
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    snprintf(stand->options.policy_path, sizeof stand->options.policy_path, "%s", "");
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "policy"));
    sample_options(&stand->options, stand->directory);
}

/* With state.dir a new policy counts from the restart on; what came before is replayed by the old
 * one, again and again. */
static void a_kept_policy_may_be_changed_by_a_restart(void **state) {
    struct stand *stand = *state;
    snprintf(stand->options.state_dir, sizeof stand->options.state_dir, "%s", stand->directory);
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
    char kept[512];
    snprintf(kept, sizeof kept, "%s", stand->options.policy_path);
    stand->options.policy_path[0] = '\0'; /* the shipped one: other actions and thresholds */
    send_burst(stand, "second", 0, 6);
    must_run(stand);
    const size_t after = count_all(stand, RECOMMENDATIONS);
    assert_true(after > 1);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), after);
    snprintf(stand->options.policy_path, sizeof stand->options.policy_path, "%s", kept);
    must_run(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), after);
}

/* Two partitions in turn, a slice of time between any two records: a run of every record. */
static void sparse_input_makes_many_order_records_of_bounded_size(void **state) {
    struct stand *stand = *state;
    enum { RECORDS = 40000 };
    struct transaction tx = sample_transfer("tx", "payer", "payee", 0, 100);
    for (int i = 0; i < RECORDS; i++) {
        char tx_id[32];
        struct error error;
        struct bytes value;
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        tx.tx_id = tx.event_id = text_of(tx_id);
        assert_true(encode_transaction(stand->encoder, &tx, &value, &error));
        const struct port_message message = {.topic = "antifrod.transactions",
                                             .partition = i % PARTITIONS,
                                             .timestamp_ms = tx.ingest_time_s * 1000 + i * 2000LL,
                                             .value = value};
        assert_true(memory_port_append(stand->memory, &message, -1));
    }
    must_run(stand);
    const size_t count = memory_port_count(stand->memory, "antifrod.order", 0);
    assert_in_range(count, 4, 100);
    for (size_t i = 0; i < count; i++) {
        struct port_record record;
        assert_true(memory_port_get(stand->memory, "antifrod.order", 0, i, &record));
        assert_in_range(record.value.size, 1, 700000);
    }
    must_run(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.order", 0), count);
}

static void write_schema(const struct stand *stand, const char *json, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/9.avsc", stand->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(json, 1, size, file);
    fclose(file);
}

static void send_as_schema_9(struct stand *stand, const char *tx_id) {
    const struct transaction tx = sample_transfer(tx_id, "payer", "payee", 0, 100);
    struct error error;
    struct bytes value;
    assert_true(encode_transaction(stand->encoder, &tx, &value, &error));
    uint8_t framed[1024];
    memcpy(framed, value.data, value.size);
    framed[4] = 9;
    sample_send_raw(stand->memory, 0, framed, value.size);
}

static void a_schema_that_was_refused_may_be_mended(void **state) {
    struct stand *stand = *state;
    size_t size = 0;
    const char *json = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    snprintf(stand->options.schema_dir, sizeof stand->options.schema_dir, "%s", stand->directory);
    write_schema(stand, json, size / 2);
    send_as_schema_9(stand, "before");
    must_run(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 1);
    write_schema(stand, json, size);
    send_as_schema_9(stand, "after");
    must_run(stand);
    must_run(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 1);
}

/* The topic was made anew: the order log is there, its input is not. */
static void input_that_ends_before_the_order_log_stops_the_engine(void **state) {
    struct stand *stand = *state;
    struct error error;
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    struct stand anew = *stand;
    anew.memory = sample_cluster(PARTITIONS);
    struct port_record record;
    for (size_t i = 0; memory_port_get(stand->memory, "antifrod.order", 0, i, &record); i++) {
        const struct port_message copy = {
            .topic = "antifrod.order", .key = record.key, .value = record.value};
        assert_true(memory_port_append(anew.memory, &copy, -1));
    }
    assert_false(run(&anew, &error));
    assert_int_equal(error.code, ERROR_INPUT_GONE);
    assert_non_null(strstr(error.text, "made anew"));
    struct port *port = memory_port_port(anew.memory);
    port->ops->close(port);
}

/* Somebody set the group's offset: what the order log says and what Kafka says are two stories. */
static void foreign_committed_offsets_stop_the_engine(void **state) {
    struct stand *stand = *state;
    struct error error;
    struct port *port = memory_port_port(stand->memory);
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    const struct port_position elsewhere = {"antifrod.transactions", 0, 77};
    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->send_offsets(port, &elsewhere, 1, &error), PORT_OK);
    assert_int_equal(port->ops->commit(port, &error), PORT_OK);
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    assert_non_null(strstr(error.text, "77"));
}

static void a_hole_in_the_order_log_stops_the_engine(void **state) {
    struct stand *stand = *state;
    struct error error;
    send_burst(stand, "dropper", 0, 3);
    must_run(stand);
    struct port_record record;
    assert_true(memory_port_get(stand->memory, "antifrod.order", 0, 1, &record));
    const struct port_message again = {
        .topic = "antifrod.order", .key = record.key, .value = record.value};
    assert_true(memory_port_append(stand->memory, &again, -1));
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_is_one_episode_amended_as_the_money_grows, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_suspicious_gives_no_output_but_an_order_record,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(headers_are_cloud_events, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_where_the_log_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(restarts_do_not_change_a_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(poison_becomes_dead_letters_and_the_stream_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_first_start_must_be_told_where, setup, teardown),
        cmocka_unit_test_setup_teardown(another_policy_is_refused_with_a_next_step, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_kept_policy_may_be_changed_by_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(sparse_input_makes_many_order_records_of_bounded_size,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_schema_that_was_refused_may_be_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(input_that_ends_before_the_order_log_stops_the_engine,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_committed_offsets_stop_the_engine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hole_in_the_order_log_stops_the_engine, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
