/* SPDX-License-Identifier: Apache-2.0 */
/* The whole path on the in-memory broker: what goes in, what comes out, and what a restart makes of
 * it. */
#include "tests/support.h"

#include "schemas/catalog.h"
#include "schemas/order_record.h"
#include "tests/memory_stand.h"

#include <stdio.h>

#define RECOMMENDATIONS "antifrod.freeze-recommendations"
enum { PARTITIONS = 2 };

static int setup(void **state) {
    static struct memory_stand stand;
    *state = &stand;
    return memory_stand_open(&stand, PARTITIONS) ? 0 : -1;
}

static int teardown(void **state) {
    memory_stand_close(*state);
    return 0;
}

static bool run(const struct memory_stand *stand, struct error *error) {
    const struct pipeline_options how = memory_stand_how(stand);
    return memory_stand_run(&how, error);
}

static void send_burst(const struct memory_stand *stand, const char *payee, int first, int count) {
    sample_send_burst(stand->memory, stand->encoder, payee, first, count, PARTITIONS);
}

static size_t count_all(const struct memory_stand *stand, const char *topic) {
    return logs_count(stand->memory, topic, PARTITIONS);
}

static void a_burst_is_one_episode_amended_as_the_money_grows(void **state) {
    struct memory_stand *stand = *state;
    send_burst(stand, "dropper", 0, 6);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1 + 2); /* at 4 and at 5 credits */
}

static void nothing_suspicious_gives_no_output_but_an_order_record(void **state) {
    struct memory_stand *stand = *state;
    send_burst(stand, "honest", 0, 2);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 0);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.order", 0), 2);
}

static void headers_are_cloud_events(void **state) {
    struct memory_stand *stand = *state;
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
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
    struct memory_stand *stand = *state;
    send_burst(stand, "dropper", 0, 2);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 0);
    send_burst(stand, "dropper", 2, 1);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
}

/* The same input in one go and in three starts gives the same bytes. */
static void restarts_do_not_change_a_byte(void **state) {
    struct memory_stand *stand = *state;
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    send_burst(stand, "dropper", 3, 3);
    memory_stand_play(stand);
    struct memory_stand other = *stand;
    other.memory = sample_cluster(PARTITIONS);
    send_burst(&other, "dropper", 0, 6);
    memory_stand_play(&other);
    logs_must_be_same(stand->memory, other.memory, RECOMMENDATIONS, PARTITIONS);
    logs_close(other.memory);
}

static void poison_becomes_dead_letters_and_the_stream_goes_on(void **state) {
    struct memory_stand *stand = *state;
    static const uint8_t cut_frame[] = {0, 0, 0, 0, 1, 2};
    static const uint8_t unknown_schema[] = {0, 0, 0, 3, 231, 2};
    sample_send_raw(stand->memory, 0, "{\"json\":1}", 10);
    sample_send_raw(stand->memory, 0, cut_frame, sizeof cut_frame);
    sample_send_raw(stand->memory, 1, unknown_schema, sizeof unknown_schema);
    sample_send_raw(stand->memory, 1, NULL, 0);
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 4);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
    memory_stand_play(stand); /* the unknown schema is obeyed in replay */
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 4);
}

static void a_first_start_must_be_told_where(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    stand->options.start_from[0] = '\0';
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "start.from"));
}

static void another_policy_is_refused_with_a_next_step(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    snprintf(stand->options.policy_path, sizeof stand->options.policy_path, "%s", "");
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "policy"));
    sample_options(&stand->options, stand->directory);
}

/* With state.dir a new policy counts from the restart on; what came before is replayed by the old
 * one, again and again. */
static void a_kept_policy_may_be_changed_by_a_restart(void **state) {
    struct memory_stand *stand = *state;
    snprintf(stand->options.state_dir, sizeof stand->options.state_dir, "%s", stand->directory);
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), 1);
    char kept[512];
    snprintf(kept, sizeof kept, "%s", stand->options.policy_path);
    stand->options.policy_path[0] = '\0'; /* the shipped one: other actions and thresholds */
    send_burst(stand, "second", 3, 6);
    memory_stand_play(stand);
    const size_t after = count_all(stand, RECOMMENDATIONS);
    assert_true(after > 1);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), after);
    snprintf(stand->options.policy_path, sizeof stand->options.policy_path, "%s", kept);
    memory_stand_play(stand);
    assert_int_equal(count_all(stand, RECOMMENDATIONS), after);
}

/* Two partitions in turn, a slice of time between any two records: a run of every record. */
static void sparse_input_makes_many_order_records_of_bounded_size(void **state) {
    struct memory_stand *stand = *state;
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
    memory_stand_play(stand);
    const size_t count = memory_port_count(stand->memory, "antifrod.order", 0);
    assert_in_range(count, 4, 100);
    for (size_t i = 0; i < count; i++) {
        struct port_record record;
        assert_true(memory_port_get(stand->memory, "antifrod.order", 0, i, &record));
        assert_in_range(record.value.size, 1, 700000);
    }
    memory_stand_play(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.order", 0), count);
}

static void write_schema(const struct memory_stand *stand, const char *json, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/9.avsc", stand->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(json, 1, size, file);
    fclose(file);
}

static void send_as_schema_9(struct memory_stand *stand, const char *tx_id) {
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
    struct memory_stand *stand = *state;
    size_t size = 0;
    const char *json = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    snprintf(stand->options.schema_dir, sizeof stand->options.schema_dir, "%s", stand->directory);
    write_schema(stand, json, size / 2);
    send_as_schema_9(stand, "before");
    memory_stand_play(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 1);
    write_schema(stand, json, size);
    send_as_schema_9(stand, "after");
    memory_stand_play(stand);
    memory_stand_play(stand);
    assert_int_equal(memory_port_count(stand->memory, "antifrod.transactions.dlq", 0), 1);
}

/* The topic was made anew: the order log is there, its input is not. */
static void input_that_ends_before_the_order_log_stops_the_engine(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    struct memory_stand anew = *stand;
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
    logs_close(anew.memory);
}

/* Somebody set the group's offset: what the order log says and what Kafka says are two stories. */
static void foreign_committed_offsets_stop_the_engine(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    struct port *port = memory_port_port(stand->memory);
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    const struct port_position elsewhere = {"antifrod.transactions", 0, 77};
    assert_int_equal(port->ops->begin(port, &error), PORT_OK);
    assert_int_equal(port->ops->send_offsets(port, &elsewhere, 1, &error), PORT_OK);
    assert_int_equal(port->ops->commit(port, &error), PORT_OK);
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    assert_non_null(strstr(error.text, "77"));
}

static void a_hole_in_the_order_log_stops_the_engine(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    send_burst(stand, "dropper", 0, 3);
    memory_stand_play(stand);
    struct port_record record;
    assert_true(memory_port_get(stand->memory, "antifrod.order", 0, 1, &record));
    const struct port_message again = {
        .topic = "antifrod.order", .key = record.key, .value = record.value};
    assert_true(memory_port_append(stand->memory, &again, -1));
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_burst_is_one_episode_amended_as_the_money_grows),
        TEST(nothing_suspicious_gives_no_output_but_an_order_record),
        TEST(headers_are_cloud_events),
        TEST(a_restart_goes_on_where_the_log_ends),
        TEST(restarts_do_not_change_a_byte),
        TEST(poison_becomes_dead_letters_and_the_stream_goes_on),
        TEST(a_first_start_must_be_told_where),
        TEST(another_policy_is_refused_with_a_next_step),
        TEST(a_kept_policy_may_be_changed_by_a_restart),
        TEST(sparse_input_makes_many_order_records_of_bounded_size),
        TEST(a_schema_that_was_refused_may_be_mended),
        TEST(input_that_ends_before_the_order_log_stops_the_engine),
        TEST(foreign_committed_offsets_stop_the_engine),
        TEST(a_hole_in_the_order_log_stops_the_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
