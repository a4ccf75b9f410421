/* SPDX-License-Identifier: Apache-2.0 */
/* How far the order log covers the output, as `saqshy verify` asks after it has read the output. */
#include "tests/support.h"

#include "detector/commands/verify.h"
#include "tests/sample.h"

#include <string.h>

#define ORDER "antifrod.order"
enum { PARTITIONS = 2 };

static struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct verify_output output;
    int64_t sequence, end; /* of the order records; of all of them, also the hidden one */
    int waits_left;
} stand;

static int setup(void **state) {
    struct error error;
    (void)state;
    memset(&stand, 0, sizeof stand);
    stand.memory = sample_cluster(PARTITIONS);
    stand.encoder = encoder_open(&error);
    stand.output.topic = "antifrod.freeze-recommendations";
    return stand.encoder != NULL && verify_output_open(&stand.output, &error) &&
                   verify_output_fetch(&stand.output, memory_port_port(stand.memory), &error)
               ? 0
               : -1;
}

static int teardown(void **state) {
    struct port *port = memory_port_port(stand.memory);
    (void)state;
    verify_output_close(&stand.output);
    encoder_close(stand.encoder);
    port->ops->close(port);
    return 0;
}

static void commit(const char *shard, int64_t first, int64_t second) {
    struct order_output outputs[PARTITIONS] = {{.partition = 0, .next_sequence = first},
                                               {.partition = 1, .next_sequence = second}};
    const struct order_record record = {.shard = text_of(shard),
                                        .sequence = stand.sequence++,
                                        .outputs = outputs,
                                        .output_count = PARTITIONS};
    struct bytes value;
    struct error error;
    assert_true(encode_order(stand.encoder, &record, &value, &error));
    const struct port_message message = {
        .topic = ORDER, .key = {(const uint8_t *)shard, (uint32_t)strlen(shard)}, .value = value};
    assert_true(memory_port_append(stand.memory, &message, -1));
    stand.end++;
}

static bool cover(struct error *error) {
    return verify_output_cover(&stand.output, memory_port_port(stand.memory), ORDER, "ours", error);
}

static void assert_covered(int64_t first, int64_t second) {
    struct error error;
    assert_true(cover(&error));
    assert_int_equal(stand.output.covered[0], first);
    assert_int_equal(stand.output.covered[1], second);
}

static void an_empty_log_covers_nothing(void **state) {
    (void)state;
    assert_covered(0, 0);
}

static void the_last_record_of_ours_counts(void **state) {
    (void)state;
    commit("ours", 1, 0);
    commit("ours", 5, 3);
    for (int i = 0; i < 600; i++)
        commit("others", 70 + i, 80);
    assert_covered(5, 3);
}

static void a_log_of_other_shards_covers_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 40; i++)
        commit("other", i, i);
    assert_covered(0, 0);
}

static void a_broken_record_of_ours_says_where(void **state) {
    const struct port_message message = {.topic = ORDER,
                                         .key = {(const uint8_t *)"ours", 4},
                                         .value = {(const uint8_t *)"nothing", 7}};
    struct error error;
    (void)state;
    commit("other", 1, 1);
    assert_true(memory_port_append(stand.memory, &message, -1));
    assert_false(cover(&error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    assert_non_null(strstr(error.text, ORDER "/0 at offset 1: no order record"));
}

/* The commit that is not to be seen yet: the broker's end lies behind what may be read. */

static int64_t end_with_the_hidden(struct port *port, size_t stream) {
    (void)port;
    (void)stream;
    return stand.waits_left > 0 ? stand.end + 1 : stand.end;
}

static void it_is_seen_after_a_while(struct port *port, int timeout_ms) {
    (void)port;
    (void)timeout_ms;
    if (--stand.waits_left == 0) commit("ours", 6, 3);
}

static bool cover_hidden(int waits, struct error *error) {
    struct port *port = memory_port_port(stand.memory);
    const struct port_ops *const before = port->ops;
    struct port_ops ops = *before;
    ops.known_end = end_with_the_hidden;
    ops.wait = it_is_seen_after_a_while;
    stand.waits_left = waits;
    port->ops = &ops;
    const bool ok = cover(error);
    port->ops = before;
    return ok;
}

static void what_an_open_transaction_hides_is_waited_for(void **state) {
    struct error error;
    (void)state;
    commit("ours", 5, 3);
    assert_true(cover_hidden(7, &error));
    assert_int_equal(stand.output.covered[0], 6);
}

static void but_not_for_ever(void **state) {
    struct error error;
    (void)state;
    commit("ours", 5, 3);
    assert_false(cover_hidden(1000000, &error));
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.text, "find-hanging"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_empty_log_covers_nothing),
        TEST(the_last_record_of_ours_counts),
        TEST(a_log_of_other_shards_covers_nothing),
        TEST(a_broken_record_of_ours_says_where),
        TEST(what_an_open_transaction_hides_is_waited_for),
        TEST(but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
