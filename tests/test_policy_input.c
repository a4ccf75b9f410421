/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of policy and model beside the transactions: from where on they decide, what is said of
 * them, and what a restart, a replay, a snapshot and a rebuild make of them. */
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/feature_table.h"
#include "detector/policy_change.h"
#include "detector/service/metrics.h"
#include "schemas/order_record.h"
#include "tests/memory_stand.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT "antifrod.transactions"
#define CHANGES "antifrod.policy"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define ORDER "antifrod.order"
enum { PARTITIONS = 2, PEOPLE = 60, DOCUMENT_SIZE = 2048 };

static struct stand {
    struct memory_stand base;
    struct disk *disk; /* NULL: no snapshots */
    bool rebuild, unmuted;
    struct error error;
    /* Recommendations of a run, by whether they name this policy. */
    char sha256[DIGEST_HEX_SIZE];
    size_t by_it, by_another;
    /* A policy, "new", that is published when this batch is in hand; 0: none. */
    size_t batches, later_at;
    const char *later;
} stand;

static int setup(void **state) {
    (void)state;
    memset(&stand, 0, sizeof stand);
    return memory_stand_open(&stand.base, PARTITIONS) &&
                   memory_port_create_topic(stand.base.memory, CHANGES, 1)
               ? 0
               : -1;
}

static int teardown(void **state) {
    (void)state;
    if (stand.disk != NULL) stand.disk->ops->dispose(stand.disk);
    memory_stand_close(&stand.base);
    return 0;
}

/* Documents. */

static const char *model(const char *id, double weight, char out[DOCUMENT_SIZE]) {
    snprintf(out, DOCUMENT_SIZE,
             "{\"format\":\"saqshy-model/1\",\"id\":\"%s\",\"features_sha256\":\"%s\","
             "\"intercept\":-5.0,\"transforms\":{},\"terms\":[{\"name\":\"credits\",\"type\":"
             "\"linear\",\"feature\":\"in_count_1h\",\"weight\":%g,\"text\":{\"en\":\"credits\","
             "\"ru\":\"поступления\",\"kk\":\"түсімдер\"}}],"
             "\"calibration\":{\"type\":\"logistic\"}}",
             id, feature_table_sha256(), weight);
    return out;
}

static void send(const char *key, const void *value, size_t size) {
    const struct port_message message = {
        .topic = CHANGES,
        .timestamp_ms = (int64_t)SAMPLE_START_S * 1000,
        .key = {(const uint8_t *)key, (uint32_t)strlen(key)},
        .value = {value, (uint32_t)size},
    };
    assert_true(memory_port_append(stand.base.memory, &message, -1));
}

struct who {
    const char *author, *approver;
};
static const struct who asel = {"asel", ""}, both = {"asel", "marat"};

static void publish(const char *key, struct who who, const char *policy_json,
                    const char *model_json) {
    const struct policy_change change = {.author = who.author,
                                         .approver = who.approver,
                                         .reason = "a test",
                                         .policy = policy_json,
                                         .policy_size =
                                             policy_json == NULL ? 0 : strlen(policy_json),
                                         .model = model_json,
                                         .model_size = model_json == NULL ? 0 : strlen(model_json)};
    struct error error;
    size_t size = 0;
    char *value = policy_change_write(&change, &size, &error);
    if (value == NULL) fail_msg("%s", error.text);
    send(key, value, size);
    free(value);
}

/* Counted by name from here on. */
static void watch(const char *policy_json) {
    digest_sha256_hex(policy_json, strlen(policy_json), stand.sha256);
}

static void publish_policy(const char *id, double probability) {
    char json[DOCUMENT_SIZE];
    watch(sample_policy(id, probability, json));
    publish(id, asel, json, NULL);
}

/* Running. */

static void on_recommendation(void *context, const struct recommendation *recommendation) {
    (void)context;
    const bool by_it = strcmp(recommendation->policy_sha256, stand.sha256) == 0;
    *(by_it ? &stand.by_it : &stand.by_another) += 1;
}

static bool on_batch(void *context, const struct batch *batch, struct error *error) {
    (void)context;
    (void)batch;
    (void)error;
    if (++stand.batches == stand.later_at) publish("new", asel, stand.later, NULL);
    return true;
}

static bool run(void) {
    struct pipeline_options how = memory_stand_how(&stand.base);
    how.snapshots = stand.disk;
    how.rebuild = stand.rebuild;
    how.unmuted_replay = stand.unmuted;
    how.acknowledge = true;
    how.on_recommendation = on_recommendation;
    how.on_batch = on_batch;
    metrics_reset();
    stand.by_it = stand.by_another = stand.batches = 0;
    return memory_stand_run(&how, &stand.error);
}

static void must_run(void) {
    if (!run()) fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
}

static void must_fail(enum error_code code, const char *text) {
    assert_false(run());
    if (stand.error.code != code || strstr(stand.error.text, text) == NULL)
        fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
}

static void use_snapshots(void) {
    struct error error;
    stand.disk = disk_posix_open(stand.base.directory, &error);
    assert_non_null(stand.disk);
}

static void send_transactions(int first, int count) {
    sample_send_crowd(stand.base.memory, stand.base.encoder, first, count, PEOPLE, PARTITIONS);
}

static int64_t verdicts(enum verdict verdict) {
    return (int64_t)metrics_get_verdict(verdict);
}

/* The last record of the topic that is an acknowledgement; the caller's. */
static json_t *last_ack(const char *key) {
    struct port_record record;
    json_t *ack = NULL;
    for (size_t i = 0; memory_port_get(stand.base.memory, CHANGES, 0, i, &record); i++) {
        if (record.key.size != strlen(key) || memcmp(record.key.data, key, record.key.size) != 0)
            continue;
        json_decref(ack);
        ack = json_loadb((const char *)record.value.data, record.value.size, 0, NULL);
    }
    if (ack == NULL) fail_msg("there is no record %s", key);
    return ack;
}

static void must_say(const char *key, const char *field, const char *text) {
    json_t *ack = last_ack(key);
    const char *said = json_string_value(json_object_get(ack, field));
    if (said == NULL || strstr(said, text) == NULL) fail_msg("%s: %s", field, said);
    json_decref(ack);
}

static void must_be_refused(const char *id, const char *why) {
    char key[128];
    send_transactions((int)(1000 + 10 * memory_port_count(stand.base.memory, CHANGES, 0)), 1);
    must_run();
    assert_int_equal(metrics_get(METRIC_POLICY_REFUSED), 1);
    assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 0);
    snprintf(key, sizeof key, "ack/saqshy-0/%s", id);
    must_say(key, "result", "REFUSED");
    must_say(key, "why", why);
    must_run(); /* and the replay gives the same */
    assert_int_equal(metrics_get(METRIC_POLICY_REFUSED), 0);
}

/* No order record was decided by two pairs: each change is the last of its own. */
static size_t changes_in_order_log(void) {
    size_t changes = 0;
    for (size_t i = 0; i < memory_port_count(stand.base.memory, ORDER, 0); i++) {
        struct port_record record;
        struct error error;
        memory_port_get(stand.base.memory, ORDER, 0, i, &record);
        struct order_record *order = order_record_decode(record.value, &error);
        assert_non_null(order);
        for (uint32_t k = 0; k < order->exception_count; k++) {
            if (!text_equal(order->exceptions[k].reason, text_of("DOCUMENT"))) continue;
            const struct order_run *last = &order->runs[order->run_count - 1];
            assert_true(text_equal(last->topic, text_of(CHANGES)));
            assert_int_equal(last->next_offset, order->exceptions[k].offset + 1);
            changes++;
        }
        order_record_free(order);
    }
    return changes;
}

/* The recommendations are what the logs give, byte for byte, in any batches; without state.dir. */
static void must_be_replayed(void) {
    struct memory_port *live = stand.base.memory;
    stand.base.memory = sample_cluster(PARTITIONS);
    memory_port_create_topic(stand.base.memory, CHANGES, 1);
    sample_copy(live, stand.base.memory, INPUT, PARTITIONS, NULL);
    sample_copy(live, stand.base.memory, CHANGES, 1, NULL);
    sample_copy(live, stand.base.memory, ORDER, 1, NULL);
    stand.unmuted = true;
    must_run();
    logs_must_be_same(live, stand.base.memory, RECOMMENDATIONS, PARTITIONS);
    logs_close(live);
}

/* From where on. */

static void a_first_start_takes_it_before_any_transaction(void **state) {
    (void)state;
    send_transactions(0, 400);
    publish_policy("new", 0.6);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
    assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 1);
    assert_int_equal(verdicts(VERDICT_DOCUMENT), 1);
    assert_int_equal(changes_in_order_log(), 1);
}

static void what_was_decided_before_names_the_one_before(void **state) {
    (void)state;
    send_transactions(0, 400);
    must_run();
    assert_true(stand.by_another > 0);
    publish_policy("new", 0.6);
    send_transactions(400, 400);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
}

/* It comes while the engine works, commits in flight. */
static void one_comes_on_the_way(void **state) {
    char json[DOCUMENT_SIZE];
    (void)state;
    send_transactions(0, 1500);
    watch(sample_policy("new", 0.6, json));
    stand.later = json;
    stand.later_at = 5;
    must_run();
    assert_true(stand.by_another > 0);
    assert_true(stand.by_it > 0);
    assert_int_equal(changes_in_order_log(), 1);
    stand.later_at = 0;
    must_be_replayed();
}

/* Of several in a row the last is in force, and each was. */
static void several_come_one_after_another(void **state) {
    (void)state;
    send_transactions(0, 300);
    must_run();
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "p%d", i);
        publish_policy(id, 0.5 + 0.01 * i);
    }
    send_transactions(300, 300);
    must_run();
    assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 5);
    assert_int_equal(changes_in_order_log(), 5);
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
    must_say("ack/saqshy-0/p0", "result", "ACTIVE");
    must_say("ack/saqshy-0/p4", "result", "ACTIVE");
}

static void model_and_policy_change_at_once(void **state) {
    char policy_json[DOCUMENT_SIZE], model_json[DOCUMENT_SIZE];
    (void)state;
    send_transactions(0, 200);
    must_run();
    watch(sample_policy("pair", 0.55, policy_json));
    publish("pair", asel, policy_json, model("heavier", 2.5, model_json));
    send_transactions(200, 300);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
    json_t *ack = last_ack("ack/saqshy-0/pair");
    const char *id = NULL;
    assert_int_equal(json_unpack(ack, "{s:{s:{s:s}}}", "in_force", "model", "id", &id), 0);
    assert_string_equal(id, "heavier");
    json_decref(ack);
    must_run(); /* the run before may have ended before its own acknowledgement came to it */
    must_run();
    assert_int_equal(verdicts(VERDICT_DOCUMENT_NOTE), 0);
    must_be_replayed();
}

static void a_model_alone_leaves_the_policy(void **state) {
    char policy_json[DOCUMENT_SIZE], model_json[DOCUMENT_SIZE];
    (void)state;
    watch(sample_policy("new", 0.6, policy_json));
    publish("new", asel, policy_json, NULL);
    publish("heavier", asel, NULL, model("heavier", 2.5, model_json));
    send_transactions(0, 300);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
    assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 2);
}

/* Restarts. */

static void a_restart_keeps_it_whatever_the_files_say(void **state) {
    (void)state;
    use_snapshots();
    publish_policy("new", 0.6);
    send_transactions(0, 200);
    must_run();
    for (int i = 1; i < 4; i++) {
        char id[24], json[DOCUMENT_SIZE];
        snprintf(id, sizeof id, "file-%d", i);
        FILE *file = fopen(stand.base.options.policy_path, "w");
        assert_non_null(file);
        fputs(sample_policy(id, 0.5 + 0.1 * i, json), file);
        fclose(file);
        send_transactions(200 * i, 200);
        must_run();
        assert_int_equal(stand.by_another, 0);
        assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 0);
    }
    assert_true(stand.by_it > 0);
}

/* The change is the last that was committed: nothing behind it names its hashes. */
static void a_restart_right_behind_it_has_it(void **state) {
    (void)state;
    send_transactions(0, 100);
    must_run();
    publish_policy("new", 0.6);
    must_run();
    must_run(); /* reads the acknowledgement */
    send_transactions(100, 300);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
}

static void leave_out_changes(void) {
    struct memory_port *before = stand.base.memory;
    stand.base.memory = sample_cluster(PARTITIONS);
    memory_port_create_topic(stand.base.memory, CHANGES, 1);
    const size_t gone[] = {1};
    sample_copy(before, stand.base.memory, CHANGES, 1, gone);
    sample_copy(before, stand.base.memory, INPUT, PARTITIONS, NULL);
    sample_copy(before, stand.base.memory, RECOMMENDATIONS, PARTITIONS, NULL);
    sample_copy(before, stand.base.memory, ORDER, 1, NULL);
    logs_copy_committed(before, stand.base.memory, INPUT, PARTITIONS);
    logs_close(before);
}

/* Neither state.dir nor the topic has the document any more. */
static void a_snapshot_has_it(void **state) {
    (void)state;
    use_snapshots();
    publish_policy("new", 0.6);
    send_transactions(0, 200);
    must_run();
    must_run();
    leave_out_changes();
    send_transactions(200, 300);
    must_run();
    assert_int_equal(metrics_get(METRIC_REPLAYED), 0);
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
}

static void what_compaction_took_stops_a_replay_of_it(void **state) {
    (void)state;
    publish_policy("new", 0.6);
    send_transactions(0, 200);
    must_run();
    must_run();
    leave_out_changes();
    must_fail(ERROR_INPUT_GONE, "antifrod.policy/0");
}

static void a_rebuild_reads_the_topic_again(void **state) {
    (void)state;
    publish_policy("new", 0.6);
    send_transactions(0, 200);
    must_run();
    send_transactions(200, 300);
    stand.rebuild = true;
    must_run();
    assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 1);
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
}

/* An order log of before there were any, and a topic that comes to be. */
static void a_shard_without_the_topic_goes_on_and_takes_it_in(void **state) {
    (void)state;
    logs_close(stand.base.memory);
    stand.base.memory = sample_cluster(PARTITIONS);
    send_transactions(0, 200);
    must_run();
    memory_port_create_topic(stand.base.memory, CHANGES, 1);
    publish_policy("new", 0.6);
    send_transactions(200, 300);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
    must_run();
}

/* Refused. */

static void what_cannot_be_used_is_refused_and_said(void **state) {
    char json[DOCUMENT_SIZE];
    (void)state;
    send("raw", "{\"format\":\"saqshy-policy/1\"}", 27);
    must_be_refused("raw", "saqshy policy publish writes changes");
    send("none", "{\"format\":\"saqshy-change/1\",\"author\":\"asel\"}", 44);
    must_be_refused("none", "neither a policy nor a model");
    publish("never", asel, sample_policy("never", 1.5, json), NULL);
    must_be_refused("never", "must lie between 0 and 1");
    publish("other", asel, sample_policy("new", 0.6, json), NULL);
    must_be_refused("other", "the record's key is to be the id of the policy, new");
    publish("cut", asel, "{\"format\":", NULL);
    must_be_refused("cut", "the policy: line 1");
    publish("foreign", asel, NULL, "{\"format\":\"saqshy-model/1\",\"id\":\"foreign\"}");
    must_be_refused("foreign", "the model:1");
    send_transactions(0, 300);
    must_run();
    must_say("ack/saqshy-0/never", "author", "asel");
    assert_true(stand.by_another > 0); /* the files go on */
}

static void bytes_of_all_kinds_are_refused_and_stop_nothing(void **state) {
    static const char invalid[] = "{\"format\":\"saqshy-change/1\",\"author\":\"\xff\"}";
    char deep[4096], long_key[600], json[DOCUMENT_SIZE];
    (void)state;
    memset(deep, '[', sizeof deep);
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    send("", "", 0);
    send("deep", deep, sizeof deep);
    send("zero", "\0\0\0\0", 4);
    send("utf8", invalid, sizeof invalid - 1);
    send(long_key, "[]", 2);
    /* Said of it is what it says, cut within a character. */
    memset(json, 0, sizeof json);
    for (size_t i = 0; i < 1500; i++)
        json[i] = "ж"[i % 2];
    char unknown[DOCUMENT_SIZE + 64];
    const int size = snprintf(unknown, sizeof unknown, "{\"format\":\"x%s\"}", json);
    send("cut", unknown, (size_t)size);
    must_run();
    assert_int_equal(metrics_get(METRIC_POLICY_REFUSED), 6);
    must_say("ack/saqshy-0/cut", "result", "REFUSED");
    must_run();
}

static void too_large_a_change_is_refused(void **state) {
    char *large = calloc(1, POLICY_CHANGE_BYTES_MAX + 1);
    (void)state;
    assert_non_null(large);
    memset(large, ' ', POLICY_CHANGE_BYTES_MAX + 1);
    send("large", large, POLICY_CHANGE_BYTES_MAX + 1);
    free(large);
    must_be_refused("large", "1048576 at most");
}

static void two_persons_are_asked_for(void **state) {
    char json[DOCUMENT_SIZE];
    (void)state;
    stand.base.options.policy_two_persons = true;
    publish("one", asel, sample_policy("one", 0.6, json), NULL);
    must_be_refused("one", "nobody approved it");
    publish("same", (struct who){"asel", "ASEL"}, sample_policy("same", 0.6, json), NULL);
    must_be_refused("same", "another person");
    publish("two", both, sample_policy("two", 0.6, json), NULL);
    must_run();
    must_say("ack/saqshy-0/two", "result", "ACTIVE");
    must_say("ack/saqshy-0/two", "approver", "marat");
}

/* The rule is for what comes; what was decided stands. */
static void a_replay_obeys_what_was_decided(void **state) {
    char json[DOCUMENT_SIZE];
    (void)state;
    publish_policy("new", 0.6);
    send_transactions(0, 300);
    must_run();
    stand.base.options.policy_two_persons = true;
    must_run();
    publish("one", asel, sample_policy("one", 0.7, json), NULL);
    must_run();
    assert_int_equal(metrics_get(METRIC_POLICY_REFUSED), 1);
    stand.base.options.policy_two_persons = false;
    send_transactions(300, 300);
    must_run();
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
    must_be_replayed();
}

/* Acknowledgements. */

static void nobody_acknowledges_an_acknowledgement(void **state) {
    (void)state;
    publish_policy("new", 0.6);
    send("ack/other/new", "what another shard says", 23);
    send_transactions(0, 50);
    for (int i = 0; i < 4; i++)
        must_run();
    assert_int_equal(memory_port_count(stand.base.memory, CHANGES, 0), 3);
    const size_t orders = memory_port_count(stand.base.memory, ORDER, 0);
    must_run();
    assert_int_equal(memory_port_count(stand.base.memory, ORDER, 0), orders);
}

static void it_names_the_position_and_the_document(void **state) {
    char json[DOCUMENT_SIZE];
    int partition = -1, offset = -1;
    const char *sha256 = NULL, *topic = NULL;
    (void)state;
    send_transactions(0, 100);
    must_run();
    watch(sample_policy("new", 0.6, json));
    publish("new", both, json, NULL);
    must_run();
    json_t *ack = last_ack("ack/saqshy-0/new");
    assert_int_equal(json_unpack(ack, "{s:{s:s, s:i, s:i}, s:{s:{s:s}}}", "position", "topic",
                                 &topic, "partition", &partition, "offset", &offset, "in_force",
                                 "policy", "sha256", &sha256),
                     0);
    assert_string_equal(topic, CHANGES);
    assert_int_equal(partition, 0);
    assert_int_equal(offset, 0);
    assert_string_equal(sha256, stand.sha256);
    json_decref(ack);
}

static void a_key_without_a_value_changes_nothing(void **state) {
    (void)state;
    publish_policy("new", 0.6);
    const struct port_message retired = {.topic = CHANGES, .key = {(const uint8_t *)"new", 3}};
    assert_true(memory_port_append(stand.base.memory, &retired, -1));
    send_transactions(0, 300);
    must_run();
    assert_true(verdicts(VERDICT_DOCUMENT_NOTE) >= 1); /* and the acknowledgement, if in time */
    assert_true(stand.by_it > 0);
    assert_int_equal(stand.by_another, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_first_start_takes_it_before_any_transaction),
        TEST(what_was_decided_before_names_the_one_before),
        TEST(one_comes_on_the_way),
        TEST(several_come_one_after_another),
        TEST(model_and_policy_change_at_once),
        TEST(a_model_alone_leaves_the_policy),
        TEST(a_restart_keeps_it_whatever_the_files_say),
        TEST(a_restart_right_behind_it_has_it),
        TEST(a_snapshot_has_it),
        TEST(what_compaction_took_stops_a_replay_of_it),
        TEST(a_rebuild_reads_the_topic_again),
        TEST(a_shard_without_the_topic_goes_on_and_takes_it_in),
        TEST(what_cannot_be_used_is_refused_and_said),
        TEST(bytes_of_all_kinds_are_refused_and_stop_nothing),
        TEST(too_large_a_change_is_refused),
        TEST(two_persons_are_asked_for),
        TEST(a_replay_obeys_what_was_decided),
        TEST(nobody_acknowledges_an_acknowledgement),
        TEST(it_names_the_position_and_the_document),
        TEST(a_key_without_a_value_changes_nothing),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
