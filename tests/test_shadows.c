/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow models: counted beside the live one, and without a trace in state and output. */
#include "tests/support.h"

#include "detector/batch.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "tests/sample.h"

#define ORDER "antifrod.order"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
enum { PARTITIONS = 2, CREDITS = 6, STEPS_APART = 2 };

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
    metrics_reset();
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

/* Sides of the latest run with shadows, and without. */
static uint32_t shadowed, alone;

static bool look(void *context, const struct batch *batch, struct error *error) {
    (void)context;
    (void)error;
    *(batch->shadows > 0 ? &shadowed : &alone) += batch->sides;
    return true;
}

static bool run(const struct stand *stand, struct error *error) {
    const struct pipeline_options options = {.options = &stand->options,
                                             .port = memory_port_port(stand->memory),
                                             .stop_at_end = true,
                                             .on_batch = look};
    shadowed = alone = 0;
    struct pipeline *pipeline = pipeline_open(&options, error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, error);
    pipeline_close(pipeline);
    return ok;
}

static void must_run(const struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    if (!run(stand, &error)) fail_msg("%s: %s", error_name(error.code), error.text);
}

static void must_refuse(const struct stand *stand, const char *why) {
    struct error error = {.code = ERROR_NONE};
    assert_false(run(stand, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    if (strstr(error.text, why) == NULL) fail_msg("\"%s\" is not in: %s", why, error.text);
}

/* Credits to one account, a minute apart, each from another payer. */
static void send_burst(const struct stand *stand, int first, int count) {
    for (int i = first; i < first + count; i++) {
        char payer[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%d", i);
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        const struct transaction tx =
            sample_transfer(tx_id, payer, "dropper", 60 * (int64_t)i, 5000000);
        sample_send(stand->memory, stand->encoder, &tx, PARTITIONS);
    }
}

static void add_shadow(struct stand *stand, const char *name, const char *from, const char *to) {
    sample_add_shadow(&stand->options, stand->directory, name, from, to);
}

/* Advises from 4 credits on, and from 2 on; the live model does from 3 on. */
static void add_both(struct stand *stand) {
    add_shadow(stand, "strict.json", "-5.0", "-7.0");
    add_shadow(stand, "loose.json", "-5.0", "-3.0");
}

static void assert_counts(uint32_t shadow, uint64_t sides, uint64_t advised, uint64_t agreed,
                          uint64_t missed) {
    assert_int_equal(metrics_get_shadow(SHADOW_SIDES, shadow), sides);
    assert_int_equal(metrics_get_shadow(SHADOW_ADVISED, shadow), advised);
    assert_int_equal(metrics_get_shadow(SHADOW_AGREED, shadow), agreed);
    assert_int_equal(metrics_get_shadow(SHADOW_MISSED, shadow), missed);
    assert_int_equal(metrics_get_shadow(SHADOW_DIFFERENCE, shadow),
                     STEPS_APART * sides * METRICS_MILLION);
}

static void what_they_would_have_advised_is_counted(void **state) {
    struct stand *stand = *state;
    add_both(stand);
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    assert_counts(0, 2 * CREDITS, 3, 3, 1);
    assert_counts(1, 2 * CREDITS, 5, 4, 0);
}

/* The live model's logits, of which 2 credits are as probable as the policy asks. */
static void the_policy_is_read_by_their_own_calibration(void **state) {
    struct stand *stand = *state;
    add_shadow(stand, "steep.json", "\"type\":\"logistic\"",
               "\"type\":\"table\",\"points\":[[-2,0.1],[-1,0.9]]");
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    assert_int_equal(metrics_get_shadow(SHADOW_ADVISED, 0), 5);
    assert_int_equal(metrics_get_shadow(SHADOW_AGREED, 0), 4);
    assert_int_equal(metrics_get_shadow(SHADOW_DIFFERENCE, 0), 0);
}

static void a_replay_neither_scores_nor_counts_them_again(void **state) {
    struct stand *stand = *state;
    add_both(stand);
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    must_run(stand);
    assert_counts(0, 2 * CREDITS, 3, 3, 1);
    send_burst(stand, CREDITS, 1);
    must_run(stand);
    assert_int_equal(alone, 2 * CREDITS);
    assert_int_equal(shadowed, 2);
    assert_counts(0, 2 * (CREDITS + 1), 4, 4, 1);
    assert_counts(1, 2 * (CREDITS + 1), 6, 5, 0);
}

static void assert_same_records(const struct stand *a, const struct stand *b, const char *topic,
                                int32_t partition) {
    struct port_record x, y;
    const size_t count = memory_port_count(a->memory, topic, partition);
    assert_int_equal(count, memory_port_count(b->memory, topic, partition));
    for (size_t i = 0; i < count; i++) {
        assert_true(memory_port_get(a->memory, topic, partition, i, &x));
        assert_true(memory_port_get(b->memory, topic, partition, i, &y));
        assert_int_equal(x.value.size, y.value.size);
        assert_memory_equal(x.value.data, y.value.data, x.value.size);
    }
}

/* The order log holds the state's hash and that of the options. */
static void they_change_no_byte_of_what_is_written(void **state) {
    struct stand *stand = *state;
    struct stand with = *stand;
    with.memory = sample_cluster(PARTITIONS);
    add_both(&with);
    for (int part = 0; part < 2; part++) {
        send_burst(stand, part * CREDITS, CREDITS);
        send_burst(&with, part * CREDITS, CREDITS);
        must_run(stand);
        must_run(&with);
    }
    assert_int_equal(metrics_get_shadow(SHADOW_SIDES, 1), 4 * CREDITS);
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_same_records(stand, &with, RECOMMENDATIONS, p);
    assert_int_equal(memory_port_count(stand->memory, ORDER, 0), 3);
    assert_same_records(stand, &with, ORDER, 0);
    struct port *port = memory_port_port(with.memory);
    port->ops->close(port);
}

static void they_may_come_and_go_with_a_restart(void **state) {
    struct stand *stand = *state;
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    add_both(stand);
    must_run(stand);
    assert_counts(0, 0, 0, 0, 0);
    send_burst(stand, CREDITS, 1);
    must_run(stand);
    assert_counts(0, 2, 1, 1, 0);
    stand->options.model_shadow[0] = '\0';
    must_run(stand);
}

static void one_that_cannot_be_used_stops_the_start(void **state) {
    struct stand *stand = *state;
    char *list = stand->options.model_shadow;
    snprintf(list, sizeof stand->options.model_shadow, "%s/absent.json", stand->directory);
    must_refuse(stand, "model.shadow: ");
    list[0] = '\0';
    add_shadow(stand, "typed.json", "linear", "lineal");
    must_refuse(stand, "did you mean \"linear\"?");
    list[0] = '\0';
    add_shadow(stand, "low.json", "\"type\":\"logistic\"",
               "\"type\":\"table\",\"points\":[[0,0.1],[1,0.2]]");
    must_refuse(stand, "low.json:");
    must_refuse(stand, "never gives a probability of 0.5");
}

static void one_that_is_named_twice_is_refused(void **state) {
    struct stand *stand = *state;
    add_shadow(stand, "one.json", "-5.0", "-6.0");
    add_shadow(stand, "other.json", "-5.0", "-6.0");
    must_refuse(stand, "other.json is there twice");
}

static void no_more_than_the_limit_are_taken(void **state) {
    struct stand *stand = *state;
    for (uint32_t i = 0; i < SCORE_SHADOWS_MAX; i++) {
        char name[16], intercept[16];
        snprintf(name, sizeof name, "%u.json", i);
        snprintf(intercept, sizeof intercept, "-%u.5", i);
        add_shadow(stand, name, "-5.0", intercept);
    }
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    assert_int_equal(metrics_get_shadow(SHADOW_SIDES, SCORE_SHADOWS_MAX - 1), 2 * CREDITS);
    add_shadow(stand, "more.json", "-5.0", "-9.0");
    must_refuse(stand, "more than 7");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_they_would_have_advised_is_counted),
        TEST(the_policy_is_read_by_their_own_calibration),
        TEST(a_replay_neither_scores_nor_counts_them_again),
        TEST(they_change_no_byte_of_what_is_written),
        TEST(they_may_come_and_go_with_a_restart),
        TEST(one_that_cannot_be_used_stops_the_start),
        TEST(one_that_is_named_twice_is_refused),
        TEST(no_more_than_the_limit_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
