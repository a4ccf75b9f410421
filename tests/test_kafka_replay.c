/* SPDX-License-Identifier: Apache-2.0 */
/* A replay into Kafka, on the embedded broker: which record comes to which partition, as what. */
#include "tests/patience.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/base/murmur2.h"
#include "detector/broker/embedded_broker.h"
#include "detector/broker/kafka_port.h"
#include "detector/broker/recording.h"
#include "detector/commands/replay_feed.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"
#include "schemas/ocf.h"
#include "tests/sample.h"

#include <stdlib.h>
#include <unistd.h>

#define TOPIC "antifrod.transactions"
enum { PARTITIONS = 3, RECORDS = 40, WAIT_MS = 100 };

struct stand {
    struct embedded_broker *broker;
    struct options options;
    struct encoder *encoder;
    char path[64];
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    log_set_level(LOG_LEVEL_ERROR);
    memset(&stand, 0, sizeof stand);
    snprintf(stand.path, sizeof stand.path, "/tmp/saqshy-feed-XXXXXX");
    const int file = mkstemp(stand.path);
    if (file < 0) return -1;
    close(file);
    options_init(&stand.options);
    stand.broker = embedded_broker_open(&error);
    stand.encoder = encoder_open(&error);
    if (stand.broker == NULL || stand.encoder == NULL ||
        !embedded_broker_create_topic(stand.broker, TOPIC, PARTITIONS, &error))
        return -1;
    snprintf(stand.options.bootstrap_servers, sizeof stand.options.bootstrap_servers, "%s",
             embedded_broker_bootstrap(stand.broker));
    snprintf(stand.options.delivery, sizeof stand.options.delivery, "at-least-once");
    *state = &stand;
    return 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    embedded_broker_close(stand->broker);
    encoder_close(stand->encoder);
    options_free(&stand->options);
    unlink(stand->path);
    return 0;
}

static void account_of(int i, char out[16]) {
    snprintf(out, 16, "payer-%d", i % 7);
}

static struct bytes encode(struct stand *stand, int i, const char *payer) {
    char tx_id[16];
    struct bytes value;
    struct error error;
    snprintf(tx_id, sizeof tx_id, "tx-%d", i);
    const struct transaction tx = sample_transfer(tx_id, payer, "payee", i, 100);
    assert_true(encode_transaction(stand->encoder, &tx, &value, &error));
    return value;
}

static void write_plain(struct stand *stand) {
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    struct error error;
    struct ocf_writer *writer = ocf_create(stand->path, schema, size, &error);
    assert_non_null(writer);
    for (int i = 0; i < RECORDS; i++) {
        char payer[16];
        account_of(i, payer);
        const struct bytes value = encode(stand, i, payer);
        assert_true(ocf_append(
            writer, (struct bytes){value.data + FRAME_SIZE, value.size - FRAME_SIZE}, &error));
    }
    assert_true(ocf_finish(writer, &error));
}

/* Values that no engine could read, in partitions that no key leads to, with headers. */
static void write_recording(struct stand *stand, int32_t partitions) {
    static const struct port_header header = {"h", {(const uint8_t *)"1", 1}};
    static const char *const topics[] = {TOPIC, "other"};
    struct memory_port *memory = memory_port_open();
    struct error error;
    memory_port_create_topic(memory, TOPIC, partitions);
    memory_port_create_topic(memory, "other", 1);
    for (int i = 0; i < RECORDS; i++) {
        const struct port_message message = {.topic = TOPIC,
                                             .partition = i % partitions,
                                             .timestamp_ms = 1767225600000 + i,
                                             .key = {(const uint8_t *)"k", 1},
                                             .value = {(const uint8_t *)"poison", 6},
                                             .headers = &header,
                                             .header_count = 1};
        assert_true(memory_port_append(memory, &message, -1));
    }
    const struct port_message other = {.topic = "other", .value = {(const uint8_t *)"x", 1}};
    assert_true(memory_port_append(memory, &other, -1));
    assert_true(recording_save(stand->path, memory, topics, 2, &error));
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static bool feed(struct stand *stand, bool recorded, struct error *error) {
    struct replay_source *source = replay_source_open(stand->path, &stand->options, error);
    assert_non_null(source);
    const struct replay_feed_options options = {.settings = &stand->options,
                                                .source = source,
                                                .recorded_timestamps = recorded,
                                                .quiet = true};
    struct replay_feed *f = replay_feed_open(&options, error);
    const bool ok = f != NULL && replay_feed_run(f, error);
    if (ok) assert_int_equal(replay_feed_sent(f), RECORDS);
    replay_feed_close(f);
    replay_source_close(source);
    return ok;
}

static void must_feed(struct stand *stand, bool recorded) {
    struct error error;
    if (!feed(stand, recorded, &error)) fail_msg("%s", error.text);
}

/* Reads all partitions to RECORDS records and hands each to `check`. */
static void read_back(struct stand *stand,
                      void (*check)(struct stand *, struct port *, int32_t partition, int count,
                                    const struct port_record *)) {
    struct error error;
    struct port_position positions[PARTITIONS];
    struct port *port = kafka_port_open(&stand->options, &error);
    assert_non_null(port);
    for (int32_t p = 0; p < PARTITIONS; p++)
        positions[p] = (struct port_position){TOPIC, p, PORT_OFFSET_EARLIEST};
    assert_true(port->ops->assign(port, positions, PARTITIONS, &error));
    int seen = 0;
    for (const int64_t until = patience_until(); seen < RECORDS && patience_left(until);) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            struct port_record records[RECORDS];
            size_t count = 0;
            assert_true(port->ops->poll(port, (size_t)p, records, RECORDS, &count, &error));
            for (size_t i = 0; i < count; i++)
                check(stand, port, p, seen++, &records[i]);
            port->ops->release(port, records, count);
        }
        if (seen < RECORDS) port->ops->wait(port, WAIT_MS);
    }
    assert_int_equal(seen, RECORDS);
    port->ops->close(port);
}

static void check_plain(struct stand *stand, struct port *port, int32_t partition, int count,
                        const struct port_record *record) {
    (void)port;
    (void)count;
    char payer[16];
    assert_int_equal(murmur2_partition(record->key, PARTITIONS), partition);
    assert_true(record->timestamp_ms >= (int64_t)SAMPLE_START_S * 1000);
    const int i = (int)(record->timestamp_ms / 1000 - SAMPLE_START_S);
    account_of(i, payer);
    assert_int_equal(record->key.size, strlen(payer));
    assert_memory_equal(record->key.data, payer, record->key.size);
    const struct bytes expected = encode(stand, i, payer);
    assert_int_equal(record->value.size, expected.size);
    assert_memory_equal(record->value.data, expected.data, expected.size);
}

static void a_plain_file_goes_by_the_payers_murmur2(void **state) {
    struct stand *stand = *state;
    write_plain(stand);
    must_feed(stand, true);
    read_back(stand, check_plain);
}

static void check_recorded(struct stand *stand, struct port *port, int32_t partition, int count,
                           const struct port_record *record) {
    (void)stand;
    (void)count;
    struct port_header header;
    assert_int_equal((record->timestamp_ms - 1767225600000) % PARTITIONS, partition);
    assert_int_equal(record->value.size, 6);
    assert_memory_equal(record->value.data, "poison", 6);
    assert_true(port->ops->header(port, record, 0, &header));
    assert_string_equal(header.name, "h");
    assert_memory_equal(header.value.data, "1", 1);
}

static void a_recording_goes_back_to_where_it_was(void **state) {
    struct stand *stand = *state;
    write_recording(stand, PARTITIONS);
    must_feed(stand, true);
    read_back(stand, check_recorded);
}

static void check_now(struct stand *stand, struct port *port, int32_t partition, int count,
                      const struct port_record *record) {
    (void)stand;
    (void)partition;
    (void)count;
    const int64_t now_ms = port->ops->now_ms(port);
    assert_true(record->timestamp_ms > now_ms - 600000 && record->timestamp_ms <= now_ms);
}

static void records_are_stamped_with_now_unless_told_otherwise(void **state) {
    struct stand *stand = *state;
    write_plain(stand);
    must_feed(stand, false);
    read_back(stand, check_now);
}

static void a_topic_with_too_few_partitions_is_refused(void **state) {
    struct stand *stand = *state;
    struct error error;
    write_recording(stand, PARTITIONS + 1);
    assert_false(feed(stand, true, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "has 3 partitions, the recording 4"));
}

static void a_stopped_feed_says_how_far_it_came(void **state) {
    struct stand *stand = *state;
    struct error error;
    write_plain(stand);
    struct replay_source *source = replay_source_open(stand->path, &stand->options, &error);
    const struct replay_feed_options options = {
        .settings = &stand->options, .source = source, .quiet = true};
    struct replay_feed *f = replay_feed_open(&options, &error);
    assert_non_null(f);
    replay_feed_stop(f);
    assert_true(replay_feed_run(f, &error));
    assert_int_equal(replay_feed_sent(f), 0);
    replay_feed_close(f);
    replay_source_close(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_file_goes_by_the_payers_murmur2, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recording_goes_back_to_where_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(records_are_stamped_with_now_unless_told_otherwise, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_topic_with_too_few_partitions_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stopped_feed_says_how_far_it_came, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
