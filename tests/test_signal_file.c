/* SPDX-License-Identifier: Apache-2.0 */
/* Signals beside the transactions of an offline command: in the order of their times, whatever that
 * of the file is, each before what is not older; and files that are none. */
#include "tests/support.h"

#include "detector/broker/recording.h"
#include "detector/commands/replay_source.h"
#include "detector/commands/signal_file.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/ocf.h"
#include "tests/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIGNALS "antifrod.signals"
enum { COUNT = 40, START = SAMPLE_START_S, FILE_MAX = 1 << 20 };

static struct stand {
    char directory[64], signals[128], feed[128], cut[128];
    struct options options;
    struct encoder *encoder;
    struct error error;
} stand;

static int setup(void **state) {
    (void)state;
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    snprintf(stand.signals, sizeof stand.signals, "%s/signals.avro", stand.directory);
    snprintf(stand.feed, sizeof stand.feed, "%s/feed.avro", stand.directory);
    snprintf(stand.cut, sizeof stand.cut, "%s/cut.avro", stand.directory);
    stand.encoder = encoder_open(&stand.error);
    return stand.encoder == NULL ? -1 : 0;
}

static int teardown(void **state) {
    (void)state;
    encoder_close(stand.encoder);
    sample_directory_remove(stand.directory, &stand.options);
    return 0;
}

static struct ocf_writer *create(const char *path, int32_t schema_id) {
    size_t size = 0;
    const char *schema = schema_shipped(schema_id, &size);
    struct ocf_writer *writer = ocf_create(path, schema, size, &stand.error);
    assert_non_null(writer);
    return writer;
}

static void append(struct ocf_writer *writer, struct bytes framed) {
    const struct bytes record = {framed.data + FRAME_SIZE, framed.size - FRAME_SIZE};
    assert_true(ocf_append(writer, record, &stand.error));
}

/* Signal i is of second 30 i; they stand in the file in steps of seven. */
static void write_signals(void) {
    struct ocf_writer *writer = create(stand.signals, SCHEMA_ID_SIGNAL);
    for (int i = 0; i < COUNT; i++) {
        const int number = 7 * i % COUNT;
        char id[16];
        struct bytes framed;
        snprintf(id, sizeof id, "signal-%d", number);
        const struct signal signal = sample_signal(id, "dropper", 30 * number);
        assert_true(encode_signal(stand.encoder, &signal, &framed, &stand.error));
        append(writer, framed);
    }
    assert_true(ocf_finish(writer, &stand.error));
}

/* One every 45 s. */
static void write_feed(void) {
    struct ocf_writer *writer = create(stand.feed, SCHEMA_ID_TRANSACTION);
    for (int i = 0; i < COUNT; i++) {
        char id[16];
        struct bytes framed;
        snprintf(id, sizeof id, "tx-%d", i);
        const struct transaction tx = sample_transfer(id, "payer", "payee", 45 * i, 100000);
        assert_true(encode_transaction(stand.encoder, &tx, &framed, &stand.error));
        append(writer, framed);
    }
    assert_true(ocf_finish(writer, &stand.error));
}

static struct signal_file *must_open(const char *path) {
    struct signal_file *file = signal_file_open(path, SIGNALS, &stand.error);
    if (file == NULL) fail_msg("%s", stand.error.text);
    return file;
}

static void they_come_by_the_time_of_their_reports(void **state) {
    (void)state;
    write_signals();
    struct signal_file *file = must_open(stand.signals);
    struct port_message message;
    assert_int_equal(signal_file_count(file), COUNT);
    assert_false(signal_file_next(file, START * INT64_C(1000) - 1, &message));
    for (int i = 0; i < COUNT; i++) {
        char id[16];
        const int size = snprintf(id, sizeof id, "signal-%d", i);
        const int64_t ms = (START + INT64_C(30) * i) * 1000;
        assert_false(signal_file_next(file, ms - 1, &message));
        assert_true(signal_file_next(file, ms, &message));
        assert_int_equal(message.timestamp_ms, ms);
        assert_int_equal(message.key.size, size);
        assert_memory_equal(message.key.data, id, (size_t)size);
        assert_int_equal(message.partition, -1);
        assert_string_equal(message.topic, SIGNALS);
    }
    assert_false(signal_file_next(file, INT64_MAX, &message));
    signal_file_close(file);
}

static void must_refuse(const char *path, enum error_code code, const char *text) {
    struct replay_source *source = replay_source_open(stand.feed, &stand.options, &stand.error);
    assert_non_null(source);
    assert_false(replay_source_add_signals(source, path, &stand.error));
    replay_source_close(source);
    if (stand.error.code != code || strstr(stand.error.text, text) == NULL)
        fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
}

/* Both partitions, in their own order though time stamps go back in them, and nothing else. */
static void those_of_a_recording_come_by_their_time_stamps(void **state) {
    static const char *const topics[] = {"antifrod.transactions", SIGNALS};
    struct memory_port *memory = sample_cluster(2);
    (void)state;
    assert_true(memory_port_create_topic(memory, SIGNALS, 2));
    sample_send_crowd(memory, stand.encoder, 0, 20, 5, 2);
    static const struct {
        int32_t partition;
        int64_t ms;
        const char *key;
    } sent[] = {{0, 5000, "c"}, {0, 1000, "d"}, {1, 2000, "a"}, {1, 3000, "b"}, {1, 9000, "e"}};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        const struct port_message message = {
            .topic = SIGNALS,
            .partition = sent[i].partition,
            .timestamp_ms = sent[i].ms,
            .key = {(const uint8_t *)sent[i].key, 1}}; /* and no value: a tombstone */
        assert_true(memory_port_append(memory, &message, -1));
    }
    assert_true(recording_save(stand.signals, memory, topics, 2, &stand.error));
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
    struct signal_file *file = must_open(stand.signals);
    struct port_message message;
    for (const char *key = "abcde"; *key != '\0'; key++) {
        assert_true(signal_file_next(file, INT64_MAX, &message));
        assert_int_equal(message.key.data[0], *key);
        assert_null(message.value.data);
    }
    assert_false(signal_file_next(file, INT64_MAX, &message));
    signal_file_close(file);
    snprintf(stand.feed, sizeof stand.feed, "%s", stand.signals);
    must_refuse(stand.signals, ERROR_USAGE, "holds signals already");
}

static struct replay_source *open_both(void) {
    struct replay_source *source = replay_source_open(stand.feed, &stand.options, &stand.error);
    assert_non_null(source);
    if (!replay_source_add_signals(source, stand.signals, &stand.error))
        fail_msg("%s", stand.error.text);
    return source;
}

static void each_goes_before_the_first_transaction_that_is_not_older(void **state) {
    (void)state;
    write_signals();
    write_feed();
    struct replay_source *source = open_both();
    int64_t newest_ms[INPUT_KINDS] = {0}, offset;
    int counts[INPUT_KINDS] = {0};
    struct port_message message;
    const struct inputs inputs = inputs_of(&stand.options);
    while (replay_source_next(source, &message, &offset, &stand.error) == REPLAY_RECORD) {
        enum input_kind kind;
        assert_true(inputs_find(&inputs, text_of(message.topic), &kind));
        counts[kind]++;
        if (kind == INPUT_SIGNALS)
            assert_true(newest_ms[INPUT_TRANSACTIONS] < message.timestamp_ms);
        else
            assert_true(newest_ms[INPUT_SIGNALS] <= message.timestamp_ms);
        newest_ms[kind] = message.timestamp_ms;
    }
    assert_int_equal(counts[INPUT_SIGNALS], COUNT);
    assert_int_equal(counts[INPUT_TRANSACTIONS], COUNT);
    assert_int_equal(replay_source_next(source, &message, &offset, &stand.error), REPLAY_END);
    replay_source_close(source);
}

static void what_is_no_file_of_signals_is_refused(void **state) {
    (void)state;
    write_signals();
    write_feed();
    must_refuse(stand.feed, ERROR_BAD_DATA, "feed.avro: its schema: ");
    must_refuse("no/where", ERROR_IO, "no/where");
    stand.options.topic_signals[0] = '\0';
    must_refuse(stand.signals, ERROR_USAGE, "topic.signals is empty");
}

/* Of a file that was cut or damaged at any byte nothing worse comes than an error. */
static void a_broken_file_is_an_error_at_every_byte(void **state) {
    static uint8_t bytes[FILE_MAX];
    (void)state;
    write_signals();
    FILE *file = fopen(stand.signals, "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 1000, FILE_MAX - 1);
    size_t refused = 0, opened = 0;
    for (size_t at = size - 2500; at < size; at++) {
        for (int cut = 0; cut < 2; cut++) {
            FILE *broken = fopen(stand.cut, "wb");
            bytes[at] ^= 0x81;
            fwrite(bytes, 1, cut ? at : size, broken);
            bytes[at] ^= 0x81;
            fclose(broken);
            struct signal_file *found = signal_file_open(stand.cut, SIGNALS, &stand.error);
            opened += found != NULL;
            refused += found == NULL && stand.error.code == ERROR_BAD_DATA;
            signal_file_close(found);
        }
    }
    assert_int_equal(opened + refused, 5000);
    assert_true(refused > 2500);
    remove(stand.cut);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(they_come_by_the_time_of_their_reports),
        TEST(those_of_a_recording_come_by_their_time_stamps),
        TEST(each_goes_before_the_first_transaction_that_is_not_older),
        TEST(what_is_no_file_of_signals_is_refused),
        TEST(a_broken_file_is_an_error_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
