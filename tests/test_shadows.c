/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow models: counted beside the live one, and without a trace in state and output. */
#include "tests/support.h"

#include "detector/batch.h"
#include "detector/service/metrics.h"
#include "tests/shadow_stand.h"

enum { STEPS_APART = 2 };

/* Sides of the latest run with shadows, and without. */
static uint32_t shadowed, alone;

static bool look(void *context, const struct batch *batch, struct error *error) {
    (void)context;
    (void)error;
    *(batch->shadows > 0 ? &shadowed : &alone) += batch->sides;
    return true;
}

static struct pipeline_options looking(const struct memory_stand *stand) {
    struct pipeline_options how = memory_stand_how(stand);
    how.on_batch = look;
    shadowed = alone = 0;
    return how;
}

static void must_run(const struct memory_stand *stand) {
    const struct pipeline_options how = looking(stand);
    memory_stand_must_run(&how);
}

static void must_refuse(const struct memory_stand *stand, const char *why) {
    const struct pipeline_options how = looking(stand);
    struct error error;
    assert_false(memory_stand_run(&how, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    if (strstr(error.text, why) == NULL) fail_msg("\"%s\" is not in: %s", why, error.text);
}

static void add_shadow(struct memory_stand *stand, const char *name, const char *from,
                       const char *to) {
    sample_add_shadow(&stand->options, stand->directory, name, from, to);
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
    struct memory_stand *stand = *state;
    add_both(stand);
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    assert_counts(0, 2 * CREDITS, 3, 3, 1);
    assert_counts(1, 2 * CREDITS, 5, 4, 0);
}

/* The live model's logits, of which 2 credits are as probable as the policy asks. */
static void the_policy_is_read_by_their_own_calibration(void **state) {
    struct memory_stand *stand = *state;
    add_shadow(stand, "steep.json", "\"type\":\"logistic\"",
               "\"type\":\"table\",\"points\":[[-2,0.1],[-1,0.9]]");
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    assert_int_equal(metrics_get_shadow(SHADOW_ADVISED, 0), 5);
    assert_int_equal(metrics_get_shadow(SHADOW_AGREED, 0), 4);
    assert_int_equal(metrics_get_shadow(SHADOW_DIFFERENCE, 0), 0);
}

static void a_replay_neither_scores_nor_counts_them_again(void **state) {
    struct memory_stand *stand = *state;
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

/* The order log holds the state's hash and that of the options. */
static void they_change_no_byte_of_what_is_written(void **state) {
    struct memory_stand *stand = *state;
    struct memory_stand with = *stand;
    with.memory = sample_cluster(PARTITIONS);
    add_both(&with);
    for (int part = 0; part < 2; part++) {
        send_burst(stand, part * CREDITS, CREDITS);
        send_burst(&with, part * CREDITS, CREDITS);
        must_run(stand);
        must_run(&with);
    }
    assert_int_equal(metrics_get_shadow(SHADOW_SIDES, 1), 4 * CREDITS);
    logs_must_be_same(stand->memory, with.memory, RECOMMENDATIONS, PARTITIONS);
    assert_int_equal(memory_port_count(stand->memory, ORDER, 0), 3);
    logs_must_be_same(stand->memory, with.memory, ORDER, 1);
    logs_close(with.memory);
}

static void they_may_come_and_go_with_a_restart(void **state) {
    struct memory_stand *stand = *state;
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
    struct memory_stand *stand = *state;
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
    struct memory_stand *stand = *state;
    add_shadow(stand, "one.json", "-5.0", "-6.0");
    add_shadow(stand, "other.json", "-5.0", "-6.0");
    must_refuse(stand, "other.json is there twice");
}

static void no_more_than_the_limit_are_taken(void **state) {
    struct memory_stand *stand = *state;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, shadow_set_up, shadow_tear_down)

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
