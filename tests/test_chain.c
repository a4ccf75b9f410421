/* SPDX-License-Identifier: Apache-2.0 */
/* The output chain in replay: it goes on from what was published, or the engine stops. */
#include "tests/support.h"

#include "detector/publish.h"
#include "tests/sample.h"

struct stand {
    struct memory_port *memory;
    struct publish *publish;
    struct order_output logged;
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    stand.memory = sample_cluster(2);
    const struct publish_options options = {.port = memory_port_port(stand.memory),
                                            .shard_id = "test",
                                            .topic_recommendations =
                                                "antifrod.freeze-recommendations",
                                            .topic_dead_letters = "antifrod.transactions.dlq",
                                            .topic_order = "antifrod.order",
                                            .unit_bytes_max = 1 << 20};
    stand.publish = publish_open(&options, &error);
    stand.logged = (struct order_output){.partition = 1};
    *state = &stand;
    return stand.publish == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    publish_close(stand->publish);
    port->ops->close(port);
    return 0;
}

static void expect_refused(struct stand *stand, bool same_build) {
    struct error error = {.code = ERROR_NONE};
    assert_false(publish_follow(stand->publish, &stand->logged, 1, same_build, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
}

static void the_same_chain_goes_on(void **state) {
    struct stand *stand = *state;
    struct error error;
    assert_true(publish_follow(stand->publish, &stand->logged, 1, true, &error));
}

static void another_number_of_recommendations_is_refused(void **state) {
    struct stand *stand = *state;
    stand->logged.next_sequence = 1;
    expect_refused(stand, true);
    expect_refused(stand, false);
}

static void other_words_of_the_same_build_are_refused(void **state) {
    struct stand *stand = *state;
    stand->logged.last_hash[5] = 1;
    expect_refused(stand, true);
}

static void other_words_of_another_build_are_taken_over(void **state) {
    struct stand *stand = *state;
    struct error error;
    uint32_t count = 0;
    stand->logged.last_hash[5] = 1;
    assert_true(publish_follow(stand->publish, &stand->logged, 1, false, &error));
    const struct order_output *chain = publish_outputs(stand->publish, &count);
    assert_int_equal(count, 2);
    assert_int_equal(chain[1].last_hash[5], 1);
    assert_int_equal(chain[0].last_hash[5], 0);
}

static void a_partition_that_is_gone_is_refused(void **state) {
    struct stand *stand = *state;
    stand->logged.partition = 2;
    expect_refused(stand, true);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_same_chain_goes_on),
        TEST(another_number_of_recommendations_is_refused),
        TEST(other_words_of_the_same_build_are_refused),
        TEST(other_words_of_another_build_are_taken_over),
        TEST(a_partition_that_is_gone_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
