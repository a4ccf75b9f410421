/* SPDX-License-Identifier: Apache-2.0 */
/* `saqshy policy` over a port in memory: what is published, once, what is refused before it is, and
 * what is said of it before and after an engine has read it. */
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/commands/policy_verbs.h"
#include "detector/pipeline.h"
#include "detector/policy_change.h"
#include "detector/service/metrics.h"
#include "models/document.h"
#include "tests/printed.h"
#include "tests/sample.h"

#include <jansson.h>
#include <stdio.h>

#define TOPIC "antifrod.policy"

static struct stand {
    struct memory_port *memory;
    struct options options;
    struct policy_query query;
    struct error error;
    char directory[64], path[2][128];
    struct printed printed;
    bool differ;
} stand;

static int setup(void **state) {
    (void)state;
    memset(&stand, 0, sizeof stand);
    log_set_level(LOG_LEVEL_ERROR);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(1);
    memory_port_create_topic(stand.memory, TOPIC, 1);
    stand.query = (struct policy_query){.options = &stand.options, .author = "asel", .quiet = true};
    return 0;
}

static int teardown(void **state) {
    struct port *port = memory_port_port(stand.memory);
    (void)state;
    port->ops->close(port);
    printed_free(&stand.printed);
    sample_directory_remove(stand.directory, &stand.options);
    return 0;
}

static size_t records(void) {
    return memory_port_count(stand.memory, TOPIC, 0);
}

static bool ask(bool (*verb)(struct port *, const struct policy_query *, FILE *, struct error *)) {
    FILE *out = printed_begin(&stand.printed);
    const bool ok = verb(memory_port_port(stand.memory), &stand.query, out, &stand.error);
    fclose(out);
    return ok;
}

static bool diff_into(struct port *port, const struct policy_query *query, FILE *out,
                      struct error *error) {
    return policy_diff(port, query, out, &stand.differ, error);
}

static void must(bool ok) {
    if (!ok) fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
}

static void must_print(const char *text) {
    if (strstr(stand.printed.text, text) == NULL)
        fail_msg("no \"%s\" in: %s", text, stand.printed.text);
}

static void must_refuse(bool ok, enum error_code code, const char *text) {
    assert_false(ok);
    if (stand.error.code != code || strstr(stand.error.text, text) == NULL)
        fail_msg("%s: %s", error_name(stand.error.code), stand.error.text);
}

/* The sample's document with one word in place of another. */
static const char *changed(int number, const char *from, const char *word, const char *other) {
    char document[4096];
    FILE *file = fopen(from, "r");
    assert_non_null(file);
    document[fread(document, 1, sizeof document - 1, file)] = '\0';
    fclose(file);
    char *at = strstr(document, word);
    assert_non_null(at);
    snprintf(stand.path[number], sizeof stand.path[number], "%s/new-%d.json", stand.directory,
             number);
    file = fopen(stand.path[number], "w");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - document), document, other, at + strlen(word));
    fclose(file);
    return stand.path[number];
}

static const char *new_policy(int number, const char *id, const char *probability) {
    char other[128];
    snprintf(other, sizeof other, "\"id\":\"%s\",\"actions\":{\"REVIEW_ONLY\":{\"probability\":%s",
             id, probability);
    return changed(number, stand.options.policy_path,
                   "\"id\":\"sample\",\"actions\":{\"REVIEW_ONLY\":{\"probability\":0.5", other);
}

static void run_engine(void) {
    const struct pipeline_options options = {.options = &stand.options,
                                             .port = memory_port_port(stand.memory),
                                             .acknowledge = true,
                                             .stop_at_end = true};
    metrics_reset();
    struct pipeline *pipeline = pipeline_open(&options, &stand.error);
    must(pipeline != NULL && pipeline_run(pipeline, &stand.error));
    pipeline_close(pipeline);
}

static void what_is_published_comes_into_force(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    stand.query.approver = "marat";
    stand.query.reason = "fewer reviews";
    must(ask(policy_publish));
    must_print("published: policy ");
    assert_int_equal(records(), 1);
    run_engine();
    assert_int_equal(metrics_get(METRIC_POLICY_ACTIVATIONS), 1);
    stand.query.names[0] = NULL;
    must(ask(policy_history));
    must_print("policy p2 ");
    must_print("by asel  approved by marat  because fewer reviews");
    must_print("ACTIVE in saqshy-0");
    must(ask(policy_show));
    must_print("policy p2  sha256 ");
    must_print("saqshy-0  has them in force");
}

static void twice_is_once(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    must(ask(policy_publish));
    must(ask(policy_publish));
    must_print("already in force");
    assert_int_equal(records(), 1);
}

static void what_is_gone_back_to_is_published_again(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    must(ask(policy_publish));
    stand.query.names[0] = new_policy(1, "p3", "0.7");
    must(ask(policy_publish));
    stand.query.names[0] = stand.path[0];
    must(ask(policy_publish));
    assert_int_equal(records(), 3);
    stand.query.names[0] = NULL;
    must(ask(policy_show));
    must_print("policy p2 ");
}

static void a_change_in_memory_is_published_at_its_time(void **state) {
    (void)state;
    size_t size = 0;
    struct port_record record;
    char *json = document_read(new_policy(0, "p2", "0.6"), ERROR_IO, &size, &stand.error);
    must(json != NULL);
    const struct policy_change change = {
        .author = "asel", .approver = "", .reason = "", .policy = json, .policy_size = size};
    stand.query.timestamp_ms = 1767225600000;
    must(
        policy_publish_change(memory_port_port(stand.memory), &stand.query, &change, &stand.error));
    assert_int_equal(records(), 1);
    assert_true(memory_port_get(stand.memory, TOPIC, 0, 0, &record));
    assert_int_equal(record.timestamp_ms, 1767225600000);
    must(
        policy_publish_change(memory_port_port(stand.memory), &stand.query, &change, &stand.error));
    assert_int_equal(records(), 1);
    free(json);
}

static void a_dry_run_writes_nothing(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    stand.query.dry_run = true;
    must(ask(policy_publish));
    must_print("would be published");
    assert_int_equal(records(), 0);
}

static void what_an_engine_would_refuse_is_not_published(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "1.5");
    must_refuse(ask(policy_publish), ERROR_CONFIG, "must lie between 0 and 1");
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    stand.options.policy_two_persons = true;
    must_refuse(ask(policy_publish), ERROR_CONFIG, "nobody approved it");
    stand.options.policy_two_persons = false;
    stand.query.author = "";
    must_refuse(ask(policy_publish), ERROR_CONFIG, "who made it");
    stand.query.author = "asel";
    stand.query.names[0] = new_policy(0, "ack/p2", "0.6");
    must_refuse(ask(policy_publish), ERROR_BAD_DATA, "must not begin with");
    assert_int_equal(records(), 0);
}

static void an_id_names_one_document(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    must(ask(policy_publish));
    stand.query.names[0] = new_policy(0, "p2", "0.7");
    must_refuse(ask(policy_publish), ERROR_BAD_DATA, "another document is there by the id p2");
}

static void a_pair_is_one_change(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    stand.query.names[1] =
        changed(1, stand.options.model_path, "\"id\":\"sample\"", "\"id\":\"heavier\"");
    must(ask(policy_publish));
    assert_int_equal(records(), 1);
    run_engine();
    stand.query.names[0] = stand.query.names[1] = NULL;
    stand.query.json = true;
    must(ask(policy_show));
    must_print("\"id\":\"heavier\"");
    must_print("\"as_the_topic_says\":true");
    must(ask(policy_history));
    json_t *row = json_loads(stand.printed.text, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(row, "author")), "asel");
    assert_int_equal(json_array_size(json_object_get(row, "shards")), 1);
    json_decref(row);
    stand.query.json = false;
    stand.query.names[0] = stand.path[0];
    stand.query.names[1] = stand.path[0];
    must_refuse(ask(policy_publish), ERROR_USAGE, "both files are policies");
}

static size_t read_file(const char *path, char document[4096]) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t size = fread(document, 1, 4095, file);
    document[size] = '\0';
    fclose(file);
    return size;
}

static void what_cannot_be_read_is_said_as_that(void **state) {
    (void)state;
    stand.query.names[0] = "nowhere.json";
    must_refuse(ask(policy_publish), ERROR_IO, "nowhere.json: cannot be opened: No such file");
    stand.query.names[0] = ".";
    must_refuse(ask(policy_publish), ERROR_IO, ".: cannot be read: Is a directory");
    assert_int_equal(records(), 0);
}

static void a_document_is_shown_as_it_was_published(void **state) {
    (void)state;
    char document[4096];
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    must(ask(policy_publish));
    const size_t size = read_file(stand.path[0], document);
    stand.query.names[0] = "p2";
    must(ask(policy_show));
    assert_int_equal(stand.printed.size, size);
    assert_memory_equal(stand.printed.text, document, size);
    stand.query.names[0] = "p9";
    must_refuse(ask(policy_show), ERROR_FAILED, "no document of the id or SHA-256 p9");
}

static void documents_are_compared(void **state) {
    (void)state;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    must(ask(policy_publish));
    stand.query.names[0] = "p2";
    stand.query.names[1] = new_policy(1, "p3", "0.7");
    must(ask(diff_into));
    assert_true(stand.differ);
    must_print("actions.REVIEW_ONLY.probability: 0.6 -> 0.7");
    stand.query.names[0] = stand.path[0];
    stand.query.names[1] = NULL; /* with what is in force */
    stand.differ = false;
    must(ask(diff_into));
    assert_false(stand.differ);
    stand.query.names[1] = stand.options.model_path;
    must_refuse(ask(diff_into), ERROR_USAGE, "one of them is a model");
    stand.query.names[1] = "nowhere";
    must_refuse(ask(diff_into), ERROR_IO, "nowhere is no file");
}

static void send(const char *key, const char *value) {
    const struct port_message message = {
        .topic = TOPIC,
        .key = {(const uint8_t *)key, (uint32_t)strlen(key)},
        .value = {(const uint8_t *)value, (uint32_t)strlen(value)},
    };
    assert_true(memory_port_append(stand.memory, &message, -1));
}

/* The topic is anybody's who may write to it. */

static void no_id_stands_for_the_sha256_of_another_document(void **state) {
    (void)state;
    char document[4096], posing[4096], sha256[DIGEST_HEX_SIZE];
    struct policy_change change = {.author = "eve", .approver = "", .reason = "", .policy = posing};
    size_t size = 0;
    stand.query.names[0] = new_policy(0, "p2", "0.6");
    must(ask(policy_publish));
    digest_sha256_hex(document, read_file(stand.path[0], document), sha256);
    stand.query.names[0] = new_policy(1, sha256, "0.7");
    must_refuse(ask(policy_publish), ERROR_BAD_DATA, "an id must not be a SHA-256");
    change.policy_size = read_file(stand.path[1], posing);
    char *value = policy_change_write(&change, &size, &stand.error);
    assert_non_null(value);
    send(sha256, value);
    free(value);
    stand.query.names[0] = sha256;
    must(ask(policy_show));
    assert_string_equal(stand.printed.text, document);
}

static void whatever_is_in_the_topic_is_listed(void **state) {
    (void)state;
    send("p\x1b[2J", "no change");
    send("ack/saqshy-0/p", "no acknowledgement");
    send("ack/saqshy-0/p", "{\"format\":\"saqshy-change-ack/1\",\"shard\":7}");
    send("ack/saqshy-0/p",
         "{\"format\":\"saqshy-change-ack/1\",\"shard\":\"sly\",\"result\":\"ACTIVE\","
         "\"why\":\"\",\"build\":\"b\",\"position\":{\"partition\":0,\"offset\":0},"
         "\"in_force\":{\"model\":{\"sha256\":\"\\u001b[2J\"},"
         "\"policy\":{\"sha256\":\"\\u001b[2J\"}}}");
    send("", "");
    must(ask(policy_history));
    must_print("this build refuses it:");
    assert_null(strchr(stand.printed.text, '\x1b'));
    must(ask(policy_show));
    must_print("The topic has put nothing into force");
    assert_null(strchr(stand.printed.text, '\x1b'));
    assert_null(strstr(stand.printed.text, "sly"));
    stand.query.json = true;
    must(ask(policy_history));
    must(ask(policy_show));
    must_print("\"by\":\"files\"");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_published_comes_into_force),
        TEST(twice_is_once),
        TEST(what_is_gone_back_to_is_published_again),
        TEST(a_change_in_memory_is_published_at_its_time),
        TEST(a_dry_run_writes_nothing),
        TEST(what_an_engine_would_refuse_is_not_published),
        TEST(an_id_names_one_document),
        TEST(a_pair_is_one_change),
        TEST(what_cannot_be_read_is_said_as_that),
        TEST(a_document_is_shown_as_it_was_published),
        TEST(documents_are_compared),
        TEST(no_id_stands_for_the_sha256_of_another_document),
        TEST(whatever_is_in_the_topic_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
