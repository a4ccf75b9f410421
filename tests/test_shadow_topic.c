/* SPDX-License-Identifier: Apache-2.0 */
/* What shadows would have advised, in a topic of its own: each side once, whatever happens to the
 * engine, and nothing of it elsewhere. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/commands/avro_json.h"
#include "detector/service/metrics.h"
#include "models/model.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"
#include "tests/shadow_stand.h"

#include <stdatomic.h>

#define TOPIC "antifrod.freeze-recommendations.shadow"
#define TRANSACTIONS "antifrod.transactions"
enum { PEOPLE = 40, CROWD = 600, MINUTES = 60, TRANSFERS = 2000 };

/* Commits of this one fail. */
static const struct port_ops *real_ops;
static atomic_int commits_before_failure;

static enum port_status commit_or_fail(struct port *port, struct error *error) {
    if (atomic_fetch_sub(&commits_before_failure, 1) != 0) return real_ops->commit(port, error);
    error_set(error, ERROR_UNAVAILABLE, "this was to happen");
    return PORT_REBUILD;
}

static struct pipeline_options publishing(const struct memory_stand *stand) {
    struct pipeline_options how = memory_stand_how(stand);
    how.publish_shadows = true;
    return how;
}

static void must_run(const struct memory_stand *stand) {
    const struct pipeline_options how = publishing(stand);
    memory_stand_must_run(&how);
}

static void run_with_a_failing_commit(const struct memory_stand *stand, int commits) {
    struct port *port = memory_port_port(stand->memory);
    struct port_ops ops = *port->ops;
    real_ops = port->ops;
    ops.commit = commit_or_fail;
    port->ops = &ops;
    atomic_store(&commits_before_failure, commits);
    must_run(stand);
    port->ops = real_ops;
    assert_true(atomic_load(&commits_before_failure) < 0);
}

static void create_topic(const struct memory_stand *stand) {
    assert_true(memory_port_create_topic(stand->memory, TOPIC, PARTITIONS));
}

static void name_topic(struct memory_stand *stand) {
    snprintf(stand->options.topic_shadow, sizeof stand->options.topic_shadow, TOPIC);
    create_topic(stand);
}

static void send_crowd(const struct memory_stand *stand, int first, int count) {
    sample_send_crowd(stand->memory, stand->encoder, first, count, PEOPLE, PARTITIONS);
}

/* Reading. */

static size_t count_of(const struct memory_stand *stand, const char *topic) {
    return logs_count(stand->memory, topic, PARTITIONS);
}

/* The account's records in their order; the caller's array. */
static json_t *scores_of(const struct memory_stand *stand, const char *account) {
    struct error error;
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_SHADOW, &size), *why = "";
    struct avro_text *text = avro_text_open(schema, size, &error);
    struct port_record r;
    json_t *scores = json_array();
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (size_t i = 0; memory_port_get(stand->memory, TOPIC, p, i, &r); i++) {
            json_t *score = avro_json_read(
                text, (struct bytes){r.value.data + FRAME_SIZE, r.value.size - FRAME_SIZE}, &why);
            if (score == NULL) fail_msg("%s", why);
            const char *key = json_string_value(json_object_get(score, "account_token"));
            assert_int_equal(r.value.data[FRAME_SIZE - 1], SCHEMA_ID_SHADOW);
            assert_int_equal(strlen(key), r.key.size);
            assert_memory_equal(key, r.key.data, r.key.size);
            if (strcmp(key, account) == 0)
                json_array_append_new(scores, score);
            else
                json_decref(score);
        }
    avro_text_close(text);
    return scores;
}

static const char *said(const json_t *score, const char *field) {
    return json_string_value(json_object_get(score, field));
}

static double number(const json_t *score, const char *field) {
    return json_number_value(json_object_get(score, field));
}

/* It stands where the record says the transaction is. */
static void assert_position(const struct memory_stand *stand, const json_t *score) {
    struct port_record r;
    assert_string_equal(said(score, "input_topic"), TRANSACTIONS);
    assert_true(memory_port_get(stand->memory, TRANSACTIONS,
                                (int32_t)number(score, "input_partition"),
                                (size_t)number(score, "input_offset"), &r));
    assert_non_null(
        memmem(r.value.data, r.value.size, said(score, "tx_id"), strlen(said(score, "tx_id"))));
}

/* Tests. */

static void each_side_that_one_advises_on_is_a_record(void **state) {
    static const struct {
        const char *tx_id;
        double score;
        int credits;
    } due[] = {{"tx-1", 1, 2}, {"tx-2", 3, 3}, {"tx-3", 1, 4}, {"tx-3", 5, 4},
               {"tx-4", 3, 5}, {"tx-4", 7, 5}, {"tx-5", 5, 6}, {"tx-5", 9, 6}};
    struct memory_stand *stand = *state;
    name_topic(stand);
    add_both(stand);
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    json_t *scores = scores_of(stand, "dropper");
    assert_int_equal(json_array_size(scores), sizeof due / sizeof due[0]);
    assert_int_equal(count_of(stand, TOPIC), sizeof due / sizeof due[0]);
    for (size_t i = 0; i < sizeof due / sizeof due[0]; i++) {
        const json_t *score = json_array_get(scores, i);
        assert_string_equal(said(score, "tx_id"), due[i].tx_id);
        assert_true(number(score, "score") == due[i].score);
        assert_true(number(score, "live_score") == 2 * due[i].credits - 5);
        assert_string_equal(said(score, "side"), "PAYEE");
        assert_string_equal(said(score, "action"), "REVIEW_ONLY");
        assert_string_equal(said(score, "live_action"),
                            due[i].credits < 3 ? "UNKNOWN" : "REVIEW_ONLY");
        assert_position(stand, score);
    }
    json_decref(scores);
}

static void it_names_both_models_the_policy_and_the_shard(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    name_topic(stand);
    sample_add_shadow(&stand->options, stand->directory, "trial.json", "\"id\":\"sample\"",
                      "\"id\":\"trial\"");
    send_burst(stand, 0, 3);
    must_run(stand);
    struct model *live = model_load(stand->options.model_path, &error);
    struct model *trial = model_load(stand->options.model_shadow, &error);
    assert_true(live != NULL && trial != NULL);
    json_t *scores = scores_of(stand, "dropper");
    assert_int_equal(json_array_size(scores), 1);
    const json_t *score = json_array_get(scores, 0);
    assert_string_equal(said(score, "model_id"), "trial");
    assert_string_equal(said(score, "model_sha256"), model_sha256(trial));
    assert_string_equal(said(score, "live_model_sha256"), model_sha256(live));
    assert_int_equal(strlen(said(score, "policy_sha256")), 64);
    assert_string_equal(said(score, "shard"), "saqshy-0");
    assert_true(number(score, "probability") == model_probability(trial, 1));
    assert_true(number(score, "live_probability") == model_probability(live, 1));
    assert_string_equal(said(score, "event_time"), "2026-01-01T00:02:00.000000Z");
    json_decref(scores);
    model_free(trial);
    model_free(live);
}

static void without_a_topic_none_is_published(void **state) {
    struct memory_stand *stand = *state;
    create_topic(stand);
    add_both(stand);
    send_burst(stand, 0, CREDITS);
    must_run(stand);
    assert_int_equal(metrics_get_shadow(SHADOW_ADVISED, 1), 5);
    assert_int_equal(metrics_get_shadow(SHADOW_PUBLISHED, 1), 0);
    assert_int_equal(count_of(stand, TOPIC), 0);
}

static void offline_none_is_published_and_no_topic_is_asked_for(void **state) {
    struct memory_stand *stand = *state;
    snprintf(stand->options.topic_shadow, sizeof stand->options.topic_shadow, TOPIC);
    add_both(stand);
    send_burst(stand, 0, CREDITS);
    memory_stand_play(stand);
    assert_int_equal(metrics_get_shadow(SHADOW_ADVISED, 1), 5);
}

static void a_topic_that_is_missing_stops_the_start(void **state) {
    struct memory_stand *stand = *state;
    struct error error;
    snprintf(stand->options.topic_shadow, sizeof stand->options.topic_shadow, TOPIC);
    const struct pipeline_options how = publishing(stand);
    assert_false(memory_stand_run(&how, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, TOPIC));
}

static void nothing_else_that_is_written_changes(void **state) {
    struct memory_stand *stand = *state, with;
    assert_true(memory_stand_open(&with, PARTITIONS));
    name_topic(&with);
    add_both(&with);
    send_crowd(stand, 0, CROWD);
    send_crowd(&with, 0, CROWD);
    must_run(stand);
    must_run(&with);
    assert_true(count_of(stand, RECOMMENDATIONS) > 0);
    assert_true(count_of(&with, TOPIC) > count_of(&with, RECOMMENDATIONS));
    logs_must_be_same(stand->memory, with.memory, RECOMMENDATIONS, PARTITIONS);
    memory_stand_close(&with);
}

static uint64_t published(void) {
    return metrics_get_shadow(SHADOW_PUBLISHED, 0) + metrics_get_shadow(SHADOW_PUBLISHED, 1);
}

static void restarts_and_failed_commits_lose_none_and_repeat_none(void **state) {
    enum { PART = CROWD / 3 };
    struct memory_stand *stand = *state, calm;
    assert_true(memory_stand_open(&calm, PARTITIONS));
    name_topic(&calm);
    add_both(&calm);
    send_crowd(&calm, 0, CROWD);
    must_run(&calm);
    assert_int_equal(published(), count_of(&calm, TOPIC));
    metrics_reset();
    name_topic(stand);
    add_both(stand);
    for (int part = 0; part < CROWD / PART; part++) {
        send_crowd(stand, part * PART, PART);
        run_with_a_failing_commit(stand,
                                  part == 0); /* the first start begins with one of its own */
        must_run(stand);
    }
    assert_true(published() > count_of(stand, TOPIC));
    logs_must_be_same(calm.memory, stand->memory, TOPIC, PARTITIONS);
    memory_stand_close(&calm);
}

static void an_hour_has_room_for_so_many_of_each_model(void **state) {
    struct memory_stand *stand = *state;
    name_topic(stand);
    add_both(stand);
    stand->options.shadow_per_hour = 2;
    send_burst(stand, 0, CREDITS);
    send_burst(stand, MINUTES, 1); /* the next hour, in which six lie */
    must_run(stand);
    for (uint32_t shadow = 0; shadow < 2; shadow++) {
        const uint64_t advised = metrics_get_shadow(SHADOW_ADVISED, shadow);
        assert_int_equal(metrics_get_shadow(SHADOW_PUBLISHED, shadow), 3);
        assert_int_equal(metrics_get_shadow(SHADOW_WITHHELD, shadow), advised - 3);
    }
    json_t *scores = scores_of(stand, "dropper");
    assert_int_equal(json_array_size(scores), 6);
    assert_string_equal(said(json_array_get(scores, 5), "tx_id"), "tx-60");
    json_decref(scores);
}

/* Transfers that the live model says nothing of; the shadow advises on both sides of each. */
static void send_transfers(struct memory_stand *stand, int count) {
    name_topic(stand);
    sample_add_shadow(&stand->options, stand->directory, "eager.json", "-5.0", "5.0");
    for (int i = 0; i < count; i++) {
        char payer[32], payee[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%d", i);
        snprintf(payee, sizeof payee, "payee-%d", i);
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        const struct transaction tx = sample_transfer(tx_id, payer, payee, i, 5000000);
        sample_send(stand->memory, stand->encoder, &tx, PARTITIONS);
    }
}

/* Order record 0, and that of the end: the clock stands still. */
static void no_commit_comes_for_their_sake(void **state) {
    struct memory_stand *stand = *state;
    send_transfers(stand, TRANSFERS);
    must_run(stand);
    assert_int_equal(count_of(stand, RECOMMENDATIONS), 0);
    assert_int_equal(count_of(stand, TOPIC), 2 * TRANSFERS);
    assert_int_equal(memory_port_count(stand->memory, ORDER, 0), 2);
}

/* Each but the first and the last is half full. */
static void a_commit_comes_before_they_are_too_many_for_one(void **state) {
    enum { RECORD_BYTES_MAX = 800 };
    struct memory_stand *stand = *state;
    send_transfers(stand, TRANSFERS);
    const size_t most = 2 + 2 * TRANSFERS * RECORD_BYTES_MAX / (1 << 19);
    stand->options.commit_bytes_max = 1 << 20;
    must_run(stand);
    assert_int_equal(count_of(stand, TOPIC), 2 * TRANSFERS);
    assert_in_range(memory_port_count(stand->memory, ORDER, 0), 3, most);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shadow_set_up, shadow_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_side_that_one_advises_on_is_a_record),
        TEST(it_names_both_models_the_policy_and_the_shard),
        TEST(without_a_topic_none_is_published),
        TEST(offline_none_is_published_and_no_topic_is_asked_for),
        TEST(a_topic_that_is_missing_stops_the_start),
        TEST(nothing_else_that_is_written_changes),
        TEST(restarts_and_failed_commits_lose_none_and_repeat_none),
        TEST(an_hour_has_room_for_so_many_of_each_model),
        TEST(no_commit_comes_for_their_sake),
        TEST(a_commit_comes_before_they_are_too_many_for_one),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
