/* SPDX-License-Identifier: Apache-2.0 */
/* The output's tail against the order log: what is whole goes through, anything else is named. */
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/base/steady.h"
#include "detector/output_tail.h"
#include "detector/pipeline.h"
#include "schemas/frame.h"
#include "tests/sample.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define TOPIC "antifrod.freeze-recommendations"
enum { PARTITIONS = 2 };

struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct order_output outputs[PARTITIONS];
    struct error error;
    bool stopping;
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    memset(&stand, 0, sizeof stand);
    stand.memory = sample_cluster(PARTITIONS);
    stand.encoder = encoder_open(&error);
    for (int32_t p = 0; p < PARTITIONS; p++)
        stand.outputs[p] = (struct order_output){.topic = text_of(TOPIC), .partition = p};
    *state = &stand;
    return stand.encoder == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    port->ops->close(port);
    encoder_close(stand->encoder);
    return 0;
}

static bool stopping(const void *stand) {
    return ((const struct stand *)stand)->stopping;
}

static bool check(struct stand *stand) {
    const struct output_tail tail = {.port = memory_port_port(stand->memory),
                                     .topic = TOPIC,
                                     .shard_id = "ours",
                                     .outputs = stand->outputs,
                                     .count = PARTITIONS,
                                     .stopping = stopping,
                                     .context = stand};
    stand->error = (struct error){.code = ERROR_NONE};
    return output_tail_check(&tail, &stand->error);
}

static void expect_refused(struct stand *stand, const char *says) {
    assert_false(check(stand));
    assert_int_equal(stand->error.code, ERROR_BAD_DATA);
    if (strstr(stand->error.text, says) == NULL)
        fail_msg("\"%s\" is not in: %s", says, stand->error.text);
}

/* Appends number `sequence` at `offset` (-1: the next); `salt` makes another content of the same
 * number. Its hash is to be `hash`. */
static void append_at(struct stand *stand, const char *source, int32_t partition, int64_t sequence,
                      int64_t salt, int64_t offset, uint8_t hash[32]) {
    const struct recommendation recommendation = {.id = "0123456789abcdef0123456789abcdef",
                                                  .revision = 1,
                                                  .target_account_token = text_of("account"),
                                                  .at_risk_kzt_minor = salt,
                                                  .model_id = "m",
                                                  .policy_id = "p",
                                                  .build = text_of("b"),
                                                  .input_topic = "in",
                                                  .sequence = sequence};
    struct bytes value;
    assert_true(encode_recommendation(stand->encoder, &recommendation, &value, &stand->error));
    const struct port_header headers[] = {
        {"ce_id", {(const uint8_t *)"x", 1}},
        {"ce_source", {(const uint8_t *)source, (uint32_t)strlen(source)}}};
    const struct port_message message = {.topic = TOPIC,
                                         .partition = partition,
                                         .key = {(const uint8_t *)"account", 7},
                                         .value = value,
                                         .headers = headers,
                                         .header_count = 2};
    digest_sha256(value.data + FRAME_SIZE, value.size - FRAME_SIZE, hash);
    assert_true(memory_port_append(stand->memory, &message, offset));
}

static void append(struct stand *stand, int32_t partition, int64_t sequence) {
    uint8_t hash[32];
    append_at(stand, "saqshy/ours", partition, sequence, 0, -1, hash);
}

static void append_strange(struct stand *stand, int32_t partition, int count) {
    uint8_t hash[32];
    for (int i = 0; i < count; i++)
        append_at(stand, "saqshy/other", partition, i, 0, -1, hash);
}

/* A whole chain in a partition, and in the order log. */
static void publish(struct stand *stand, int32_t partition, int64_t count) {
    struct order_output *output = &stand->outputs[partition];
    for (; output->next_sequence < count; output->next_sequence++)
        append_at(stand, "saqshy/ours", partition, output->next_sequence, 0, -1, output->last_hash);
}

static void a_whole_tail_goes_through(void **state) {
    struct stand *stand = *state;
    assert_true(check(stand));
    publish(stand, 0, 1);
    assert_true(check(stand));
    publish(stand, 0, 5);
    publish(stand, 1, 2);
    assert_true(check(stand));
}

static void a_missing_one_is_found(void **state) {
    struct stand *stand = *state;
    publish(stand, 1, 3);
    stand->outputs[1].next_sequence = 4;
    expect_refused(stand, TOPIC "/1: the last recommendation, at offset 2, is number 2");
    assert_non_null(strstr(stand->error.text, "number 3 is the last one"));
    assert_non_null(strstr(stand->error.text, "saqshy verify"));
}

static void all_missing_is_found(void **state) {
    struct stand *stand = *state;
    stand->outputs[1].next_sequence = 1;
    expect_refused(stand, "never held a record");
    append_strange(stand, 1, 3);
    expect_refused(stand, "holds none of the shard's");
}

static void one_too_many_is_found(void **state) {
    struct stand *stand = *state;
    publish(stand, 0, 2);
    append(stand, 0, 2);
    expect_refused(stand, "is number 2");
}

static void one_where_none_is_due_is_found(void **state) {
    struct stand *stand = *state;
    append(stand, 0, 0);
    expect_refused(stand, "that there is none");
}

static void a_repeated_last_one_is_found(void **state) {
    struct stand *stand = *state;
    publish(stand, 0, 3);
    append(stand, 0, 2);
    expect_refused(stand, "recommendation 2 at offset 3 comes after 2 at offset 2");
}

static void a_repeated_only_one_is_found(void **state) {
    struct stand *stand = *state;
    publish(stand, 0, 1);
    append_strange(stand, 0, 1);
    append(stand, 0, 0);
    append_strange(stand, 0, 1);
    expect_refused(stand, "recommendation 0 at offset 2 comes after 0 at offset 0");
}

static void another_content_is_found(void **state) {
    struct stand *stand = *state;
    uint8_t hash[32];
    publish(stand, 0, 2);
    append_at(stand, "saqshy/ours", 0, 2, 1, -1, hash);
    append_at(stand, "saqshy/other", 1, 2, 2, -1, stand->outputs[0].last_hash);
    stand->outputs[0].next_sequence = 3;
    expect_refused(stand, "with another content (SHA-256)");
}

static void what_is_no_recommendation_is_found(void **state) {
    struct stand *stand = *state;
    publish(stand, 0, 2);
    const struct port_header source = {"ce_source", {(const uint8_t *)"saqshy/ours", 11}};
    const struct port_message message = {.topic = TOPIC,
                                         .value = {(const uint8_t *)"\0\0\0\0\2nothing", 12},
                                         .headers = &source,
                                         .header_count = 1};
    assert_true(memory_port_append(stand->memory, &message, -1));
    expect_refused(stand, "is no recommendation");
}

static void expect_no_number(struct stand *stand, int64_t number, const char *says) {
    publish(stand, 0, 2);
    append(stand, 0, number);
    append(stand, 0, 3);
    expect_refused(stand, says);
    assert_non_null(strstr(stand->error.text, "`saqshy verify` shows what is whole"));
}

static void a_number_below_0_is_none(void **state) {
    expect_no_number(*state, -5, "is no recommendation: its number is below 0");
}

static void the_greatest_number_is_none(void **state) {
    expect_no_number(*state, INT64_MAX, "is no recommendation: its number is beyond all");
}

static void other_shards_between_are_passed_over(void **state) {
    struct stand *stand = *state;
    append_strange(stand, 0, 20);
    publish(stand, 0, 1);
    append_strange(stand, 0, 300);
    publish(stand, 0, 2);
    append_strange(stand, 0, 5000);
    append_strange(stand, 1, 40);
    assert_true(check(stand));
    append(stand, 0, 1);
    expect_refused(stand, "comes after 1");
}

static void what_retention_took_is_not_held_against_it(void **state) {
    struct stand *stand = *state;
    uint8_t hash[32];
    stand->outputs[0].next_sequence = 7;
    append_at(stand, "saqshy/other", 0, 0, 0, 50, hash);
    assert_true(check(stand));
}

/* A port whose partitions are empty behind a beginning that has moved. */
static bool emptied(struct port *port, const char *topic, int32_t partition, int64_t *low,
                    int64_t *high, struct error *error) {
    (void)port;
    (void)topic;
    (void)partition;
    (void)error;
    *low = *high = 9;
    return true;
}

static void an_emptied_partition_is_not_waited_for(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    const struct port_ops *const before = port->ops;
    struct port_ops ops = *before;
    ops.watermarks = emptied;
    port->ops = &ops;
    stand->outputs[0].next_sequence = 7;
    const bool ok = check(stand);
    port->ops = before;
    assert_true(ok);
}

static void the_embedded_broker_may_repeat(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    publish(stand, 0, 2);
    append(stand, 0, 1);
    expect_refused(stand, "comes after 1");
    port->exactly_once = false;
    assert_true(check(stand));
}

/* A port that keeps its end to itself: nothing comes and it never says that it is over. */
static bool never_at_end(struct port *port, size_t stream) {
    (void)port;
    (void)stream;
    return false;
}

/* The program's own clock: with what nobody waits for. */
static _Atomic int64_t passed_ms;

int64_t steady_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + passed_ms * 1000000;
}

static void no_wait(struct port *port, int timeout_ms) {
    (void)port;
    passed_ms += timeout_ms;
}

static void silence_is_not_waited_for_for_ever(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    const struct port_ops *const before = port->ops;
    struct port_ops ops = *before;
    ops.at_end = never_at_end;
    ops.wait = no_wait;
    port->ops = &ops;
    publish(stand, 0, 2);
    const bool ok = check(stand);
    stand->stopping = true;
    const enum error_code code = stand->error.code;
    const bool stopped_ok = check(stand);
    port->ops = before;
    assert_false(ok);
    assert_int_equal(code, ERROR_UNAVAILABLE);
    assert_false(stopped_ok);
    assert_int_equal(stand->error.code, ERROR_INTERRUPTED);
}

/* Who is woken all the time, as by records of streams that are read to their end, waits as long. */
static int wakes_left;

static void wakes_early(struct port *port, int timeout_ms) {
    (void)port;
    (void)timeout_ms;
    wakes_left--;
}

static bool at_end_after_many_wakes(struct port *port, size_t stream) {
    (void)port;
    (void)stream;
    return wakes_left <= 0;
}

static void a_wake_up_is_not_a_wait(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    const struct port_ops *const before = port->ops;
    struct port_ops ops = *before;
    ops.at_end = at_end_after_many_wakes;
    ops.wait = wakes_early;
    port->ops = &ops;
    wakes_left = 1000;
    publish(stand, 0, 2);
    const bool ok = check(stand);
    port->ops = before;
    assert_true(ok);
}

/* Another shard's open transaction: the broker's end lies behind what may be read, until it ends.
 */
static struct stand *hiding;
static int waits_left;

static int64_t end_of_all(struct port *port, size_t stream) {
    (void)port;
    (void)stream;
    return 100;
}

static void the_transaction_ends(struct port *port, int timeout_ms) {
    no_wait(port, timeout_ms);
    if (--waits_left == 0) append(hiding, 0, 2);
}

static bool check_hidden(struct stand *stand, int waits) {
    struct port *port = memory_port_port(stand->memory);
    const struct port_ops *const before = port->ops;
    struct port_ops ops = *before;
    ops.known_end = end_of_all;
    ops.wait = the_transaction_ends;
    hiding = stand;
    waits_left = waits;
    port->ops = &ops;
    const bool ok = check(stand);
    port->ops = before;
    return ok;
}

static void what_another_shards_transaction_hides_is_waited_for(void **state) {
    struct stand *stand = *state;
    uint8_t hash[32];
    publish(stand, 0, 2);
    append_at(stand, "saqshy/other", 1, 0, 0, -1, hash);
    append_at(stand, "saqshy/other", 1, 2, 0, -1, stand->outputs[0].last_hash); /* what is due */
    stand->outputs[0].next_sequence = 3;
    assert_true(check_hidden(stand, 5));
    assert_true(waits_left <= 0);
}

static void but_not_for_ever(void **state) {
    struct stand *stand = *state;
    publish(stand, 0, 2);
    stand->outputs[0].next_sequence = 3;
    assert_false(check_hidden(stand, 1000000));
    assert_int_equal(stand->error.code, ERROR_BAD_DATA);
}

/* Through the whole engine. */

static bool run_engine(struct stand *stand, const struct options *options) {
    const struct pipeline_options settings = {
        .options = options, .port = memory_port_port(stand->memory), .stop_at_end = true};
    stand->error = (struct error){.code = ERROR_NONE};
    struct pipeline *pipeline = pipeline_open(&settings, &stand->error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, &stand->error);
    pipeline_close(pipeline);
    return ok;
}

static void an_engine_does_not_go_live_over_another_output(void **state) {
    struct stand *stand = *state;
    struct options options;
    char directory[64];
    assert_true(sample_directory_make(directory, &options));
    snprintf(options.shard_id, sizeof options.shard_id, "ours");
    for (int i = 0; i < 5; i++) {
        const char *payers[] = {"a", "b", "c", "d", "e"};
        const struct transaction tx = sample_transfer(payers[i], payers[i], "dropper", i, 1000);
        sample_send(stand->memory, stand->encoder, &tx, PARTITIONS);
    }
    const bool first = run_engine(stand, &options);
    const size_t published =
        memory_port_count(stand->memory, TOPIC, 0) + memory_port_count(stand->memory, TOPIC, 1);
    const bool again = run_engine(stand, &options);
    append(stand, 0, 7);
    const bool changed = run_engine(stand, &options);
    sample_directory_remove(directory, &options);
    assert_true(first && again);
    assert_true(published > 0);
    assert_false(changed);
    assert_int_equal(stand->error.code, ERROR_BAD_DATA);
    assert_non_null(strstr(stand->error.text, TOPIC "/0"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_whole_tail_goes_through),
        TEST(a_missing_one_is_found),
        TEST(all_missing_is_found),
        TEST(one_too_many_is_found),
        TEST(one_where_none_is_due_is_found),
        TEST(a_repeated_last_one_is_found),
        TEST(a_repeated_only_one_is_found),
        TEST(another_content_is_found),
        TEST(what_is_no_recommendation_is_found),
        TEST(a_number_below_0_is_none),
        TEST(the_greatest_number_is_none),
        TEST(other_shards_between_are_passed_over),
        TEST(what_retention_took_is_not_held_against_it),
        TEST(an_emptied_partition_is_not_waited_for),
        TEST(the_embedded_broker_may_repeat),
        TEST(silence_is_not_waited_for_for_ever),
        TEST(a_wake_up_is_not_a_wait),
        TEST(what_another_shards_transaction_hides_is_waited_for),
        TEST(but_not_for_ever),
        TEST(an_engine_does_not_go_live_over_another_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
