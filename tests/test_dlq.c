/* SPDX-License-Identifier: Apache-2.0 */
/* `saqshy dlq` over a port in memory: lists, shows, and sends back once whatever happens. */
#include "tests/support.h"

#include "detector/commands/dlq_batch.h"
#include "detector/commands/dlq_letter.h"
#include "detector/dead_letter.h"
#include "tests/dlq_stand.h"

#include <jansson.h>
#include <stdio.h>

static void list(struct dlq_stand *stand, bool json) {
    struct dlq_query query = dlq_stand_query(stand);
    query.json = json;
    FILE *out = printed_begin(&stand->printed);
    const bool ok = dlq_list(memory_port_port(stand->base.memory), &query, out, &stand->error);
    fclose(out);
    if (!ok) fail_msg("%s", stand->error.text);
}

static int64_t show(struct dlq_stand *stand, const struct dlq_query *query) {
    int64_t shown = 0;
    FILE *out = printed_begin(&stand->printed);
    const bool ok =
        dlq_show(memory_port_port(stand->base.memory), query, out, &shown, &stand->error);
    fclose(out);
    if (!ok) fail_msg("%s", stand->error.text);
    return shown;
}

/* Looking. */

static void an_empty_topic_is_said_to_be_empty(void **state) {
    struct dlq_stand *stand = *state;
    list(stand, false);
    dlq_stand_expect(stand, DEAD_LETTERS " holds no dead letter.");
    list(stand, true);
    assert_int_equal(stand->printed.size, 0);
}

static void letters_are_grouped_by_reason(void **state) {
    struct dlq_stand *stand = *state;
    for (uint8_t i = 0; i < 3; i++)
        dlq_stand_send_unknown(stand, i % 2, i);
    dlq_stand_send(stand, 0, NULL, "{\"a\":1}", 7);
    memory_stand_play(&stand->base);
    list(stand, true);
    dlq_stand_expect(stand,
                     "{\"reason\":\"SCHEMA_UNKNOWN\",\"topic\":\"" INPUT
                     "\",\"letters\":3,\"waiting\":3,\"first\":{\"partition\":0,\"offset\":0,"
                     "\"time\":\"2026-01-01T01:00:00Z\"},\"last\":{\"partition\":1,\"offset\":0,");
    dlq_stand_expect(stand, "{\"reason\":\"NOT_FRAMED\",\"topic\":\"" INPUT "\",\"letters\":1,");
    dlq_stand_must_redrive(stand, "NOT_FRAMED", 1);
    list(stand, false);
    dlq_stand_expect(stand, DEAD_LETTERS ": 4 dead letters of " INPUT ", 1 sent back, 3 waiting");
    dlq_stand_expect(stand, "no schema is known");
    dlq_stand_expect(stand, "next: saqshy dlq show --reason SCHEMA_UNKNOWN");
}

static void what_is_no_letter_is_counted_apart(void **state) {
    struct dlq_stand *stand = *state;
    const struct port_message stranger = {.topic = DEAD_LETTERS,
                                          .value = {(const uint8_t *)"x", 1}};
    dlq_stand_send_unknown(stand, 0, 0);
    memory_stand_play(&stand->base);
    assert_true(memory_port_append(stand->base.memory, &stranger, -1));
    list(stand, false);
    dlq_stand_expect(stand, ": 1 dead letter of ");
    dlq_stand_expect(stand, "1 record there is no dead letter of Saqshy.");
    dlq_stand_must_redrive(stand, NULL, 1);
}

static void a_letter_is_shown_whole(void **state) {
    struct dlq_stand *stand = *state;
    struct dlq_query query = dlq_stand_query(stand);
    dlq_stand_send_unknown(stand, 1, 7);
    memory_stand_play(&stand->base);
    query.partition = 1;
    assert_int_equal(show(stand, &query), 1);
    dlq_stand_expect(stand, INPUT "/1 offset 0\n");
    dlq_stand_expect(stand, "SCHEMA_UNKNOWN: schema id 999: not known here");
    dlq_stand_expect(stand, "2026-01-01T00:00:00Z");
    dlq_stand_expect(stand, "__connect.errors.offset");
    dlq_stand_expect(stand, "binary                               \"\\x00\\xff\"");
    dlq_stand_expect(stand, "key        \"k\"");
    dlq_stand_expect(stand, "000000  00 00 00 03 e7 07 ");
    dlq_stand_expect(stand, "decoded    no: schema id 999 is not known here");
    dlq_stand_expect(stand, "sent back  no");
    dlq_stand_must_redrive(stand, NULL, 1);
    show(stand, &query);
    dlq_stand_expect(stand, "sent back  yes");
    query.offset = 1;
    assert_int_equal(show(stand, &query), 0);
}

static void what_can_be_decoded_is(void **state) {
    struct dlq_stand *stand = *state;
    struct dlq_query query = dlq_stand_query(stand);
    struct transaction tx = sample_transfer("tx-1", "payer", "payee", 0, 1000);
    tx.amount_minor = tx.amount_kzt_minor = -1;
    sample_send(stand->base.memory, stand->base.encoder, &tx, DLQ_PARTITIONS);
    memory_stand_play(&stand->base);
    query.reason = "BAD_AMOUNT";
    assert_int_equal(show(stand, &query), 1);
    dlq_stand_expect(stand, "decoded    by schema id 1");
    dlq_stand_expect(stand, "payer.account_token          \"payer\"");
    query.json = true;
    show(stand, &query);
    dlq_stand_expect(stand, "\"payee.account_token\":\"\\\"payee\\\"\"");
    dlq_stand_expect(stand, "\"redriven\":false");
}

static void a_signal_is_decoded_as_one(void **state) {
    struct dlq_stand *stand = *state;
    struct dlq_query query = dlq_stand_query(stand);
    struct signal signal = sample_signal("s-1", "mule", 0);
    signal.revision = 0;
    memory_port_create_topic(stand->base.memory, SIGNALS, 1);
    sample_send_signal(stand->base.memory, stand->base.encoder, "s-1", &signal, 1);
    memory_stand_play(&stand->base);
    query.reason = "BAD_VALUE";
    assert_int_equal(show(stand, &query), 1);
    dlq_stand_expect(stand, "decoded    by schema id 4");
    dlq_stand_expect(stand, "subjects[0].token            \"mule\"");
    query.json = true;
    show(stand, &query);
    dlq_stand_expect(stand, "\"signal_id\":\"\\\"s-1\\\"\"");
}

/* Sending back. */

static bool same(struct bytes a, struct bytes b) {
    return (a.data == NULL) == (b.data == NULL) && a.size == b.size &&
           (a.data == NULL || memcmp(a.data, b.data, a.size) == 0);
}

static void a_letter_goes_back_as_it_came(void **state) {
    struct dlq_stand *stand = *state;
    struct port_record original, back;
    struct port_header header;
    dlq_stand_send_unknown(stand, 1, 7);
    dlq_stand_send(stand, 1, NULL, NULL, 0);
    memory_stand_play(&stand->base);
    dlq_stand_must_redrive(stand, NULL, 2);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 0);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 1), 4);
    for (size_t i = 0; i < 2; i++) {
        assert_true(memory_port_get(stand->base.memory, INPUT, 1, i, &original));
        assert_true(memory_port_get(stand->base.memory, INPUT, 1, i + 2, &back));
        assert_true(same(original.key, back.key) && same(original.value, back.value));
        const char *const names[] = {"traceparent", "binary", "nothing"};
        for (size_t h = 0; h < 3; h++) {
            assert_true(memory_port_get_header(&back, h, &header));
            assert_string_equal(header.name, names[h]);
        }
        assert_null(header.value.data);
        assert_false(memory_port_get_header(&back, 3, &header));
    }
}

static void a_letter_goes_back_once(void **state) {
    struct dlq_stand *stand = *state;
    struct dlq_query query = dlq_stand_query(stand);
    for (uint8_t i = 0; i < 5; i++)
        dlq_stand_send_unknown(stand, 0, i);
    memory_stand_play(&stand->base);
    query.dry_run = true;
    assert_true(dlq_stand_redrive(stand, &query));
    assert_int_equal(stand->result.redriven, 5);
    assert_int_equal(memory_port_count(stand->base.memory, DEAD_LETTERS, 0), 5);
    query.dry_run = false;
    query.limit = 2;
    assert_true(dlq_stand_redrive(stand, &query));
    assert_int_equal(stand->result.redriven, 2);
    query.limit = INT64_MAX;
    assert_true(dlq_stand_redrive(stand, &query));
    assert_int_equal(stand->result.redriven, 3);
    assert_int_equal(stand->result.before, 2);
    dlq_stand_must_redrive(stand, NULL, 0);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 10);
}

static void one_that_dies_again_may_go_back_again(void **state) {
    struct dlq_stand *stand = *state;
    dlq_stand_send_unknown(stand, 0, 1);
    memory_stand_play(&stand->base);
    dlq_stand_must_redrive(stand, NULL, 1);
    memory_stand_play(&stand->base);
    dlq_stand_must_redrive(stand, NULL, 1);
    dlq_stand_must_redrive(stand, NULL, 0);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 3);
}

static void what_is_cut_is_refused(void **state) {
    struct dlq_stand *stand = *state;
    static uint8_t value[DEAD_LETTER_VALUE_MAX + 1];
    static char key[DEAD_LETTER_KEY_MAX + 2];
    memset(key, 'k', sizeof key - 1);
    dlq_stand_send(stand, 0, "k", value, sizeof value);
    dlq_stand_send(stand, 0, key, "x", 1);
    dlq_stand_send(stand, 0, "k", value, DEAD_LETTER_VALUE_MAX);
    memory_stand_play(&stand->base);
    dlq_stand_must_redrive(stand, NULL, 1);
    assert_int_equal(stand->result.refused, 2);
    assert_int_equal(memory_port_count(stand->base.memory, INPUT, 0), 4);
}

static void what_lost_headers_is_refused(void **state) {
    struct dlq_stand *stand = *state;
    struct port_header headers[60];
    for (int i = 0; i < 60; i++)
        headers[i] = (struct port_header){"h", {(const uint8_t *)"v", 1}};
    const struct port_message message = {
        .topic = INPUT, .value = {(const uint8_t *)"x", 1}, .headers = headers, .header_count = 60};
    assert_true(memory_port_append(stand->base.memory, &message, -1));
    memory_stand_play(&stand->base);
    dlq_stand_must_redrive(stand, NULL, 0);
    assert_int_equal(stand->result.refused, 1);
}

static void one_whose_topic_or_partition_is_gone_holds_no_other_up(void **state) {
    struct dlq_stand *stand = *state;
    dlq_stand_send_unknown(stand, 0, 1);
    memory_stand_play(&stand->base);
    dlq_stand_forge(stand, SIGNALS, "0", "BAD_VALUE"); /* which is not there */
    dlq_stand_forge(stand, INPUT, "2", "BAD_VALUE");   /* of two */
    dlq_stand_send_unknown(stand, 0, 2);
    memory_stand_play(&stand->base);
    dlq_stand_redrive_aloud(stand, 2);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_TOPIC_GONE, 1);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_PARTITION_GONE, 1);
    dlq_stand_expect(stand, "TOPIC_GONE: " SIGNALS "/0 offset 5\n");
    assert_int_equal(stand->result.refused, 2);
    memory_port_create_topic(stand->base.memory, SIGNALS, 1);
    dlq_stand_redrive_aloud(stand, 1);
    assert_int_equal(stand->result.before, 2);
    assert_int_equal(memory_port_count(stand->base.memory, SIGNALS, 0), 1);
}

static struct absent {
    struct port_ops ops;
    const struct port_ops *real;
    enum error_code code;
} absent;

static bool no_topic(struct port *port, const char *topic, int32_t *count, struct error *error) {
    (void)count;
    if (strcmp(topic, INPUT) != 0) return absent.real->partition_count(port, topic, count, error);
    return error_set(error, absent.code, "%s is not there", topic);
}

static void the_transactions_may_be_gone_but_not_unreachable(void **state) {
    struct dlq_stand *stand = *state;
    struct port *port = memory_port_port(stand->base.memory);
    const struct dlq_query query = dlq_stand_query(stand);
    dlq_stand_send_unknown(stand, 0, 1);
    memory_stand_play(&stand->base);
    absent = (struct absent){.ops = *port->ops, .real = port->ops, .code = ERROR_CONFIG};
    absent.ops.partition_count = no_topic;
    port->ops = &absent.ops;
    dlq_stand_redrive_aloud(stand, 0);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_TOPIC_GONE, 1);
    absent.code = ERROR_UNAVAILABLE;
    assert_false(dlq_stand_redrive(stand, &query));
    assert_int_equal(stand->error.code, ERROR_UNAVAILABLE);
    port->ops = absent.real;
    dlq_stand_redrive_aloud(stand, 1);
}

static void a_letter_of_no_input_is_refused(void **state) {
    struct dlq_stand *stand = *state;
    const char *const others[] = {stand->base.options.topic_order,
                                  stand->base.options.topic_recommendations,
                                  DEAD_LETTERS,
                                  "other",
                                  "\x1b[31mred",
                                  ""};
    enum { OTHERS = sizeof others / sizeof others[0] };
    size_t before[OTHERS];
    dlq_stand_send_unknown(stand, 0, 1);
    memory_stand_play(&stand->base);
    for (size_t i = 0; i < OTHERS; i++)
        dlq_stand_forge(stand, others[i], "0", "BAD_VALUE");
    for (size_t i = 0; i < 2; i++)
        before[i] = memory_port_count(stand->base.memory, others[i], 0);
    dlq_stand_redrive_aloud(stand, 1);
    dlq_stand_expect_refused(stand, DLQ_REFUSAL_NOT_AN_INPUT, OTHERS);
    dlq_stand_expect(stand, "NOT_AN_INPUT: ?[31mred/0 offset 5\n");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(memory_port_count(stand->base.memory, others[i], 0), before[i]);
}

static void of_many_that_are_refused_the_first_are_named(void **state) {
    struct dlq_stand *stand = *state;
    for (int i = 0; i < 30; i++)
        dlq_stand_forge(stand, "other", "0", "BAD_VALUE");
    dlq_stand_redrive_aloud(stand, 0);
    assert_int_equal(stand->result.refused_for[DLQ_REFUSAL_NOT_AN_INPUT], 30);
    dlq_stand_expect(stand, "refused: NOT_AN_INPUT: and more\n");
    assert_true(stand->printed.size < 700);
}

static void what_letters_say_steers_no_terminal_and_no_json(void **state) {
    struct dlq_stand *stand = *state;
    static const char reason[] = "\x1b[1m\",\"x\":\"\xff";
    struct dlq_query query = dlq_stand_query(stand);
    dlq_stand_forge(stand, "\x1b]0;t", "0", reason);
    dlq_stand_forge(stand, "\xff\"", "0", reason);
    for (int json = 0; json < 2; json++) {
        list(stand, json);
        assert_null(strchr(stand->printed.text, '\x1b'));
        query.reason = reason;
        query.json = json;
        assert_int_equal(show(stand, &query), 2);
        for (size_t i = 0; i < stand->printed.size; i++)
            assert_true((unsigned char)stand->printed.text[i] >= 0x20 ||
                        stand->printed.text[i] == '\n');
    }
    /* Each line of `show --json` and of `ls --json` is an object with the keys it always has. */
    for (int listing = 0; listing < 2; listing++) {
        if (listing) list(stand, true);
        char *rest = stand->printed.text;
        for (int line = 0; line < 2; line++) {
            char *end = strchr(rest, '\n');
            json_t *row = json_loadb(rest, (size_t)(end - rest), JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(row);
            assert_int_equal(json_object_size(row), listing ? 6 : 15);
            assert_string_equal(json_string_value(json_object_get(row, "reason")),
                                "\x1b[1m\",\"x\":\"?");
            json_decref(row);
            rest = end + 1;
        }
        assert_string_equal(rest, "");
    }
}

/* A topic that is slow to read, as far as transactions can tell: none may be open meanwhile. */

static struct slow {
    struct port_ops ops;
    const struct port_ops *real;
    bool open;
} slow;

static enum port_status slow_begin(struct port *port, struct error *error) {
    slow.open = true;
    return slow.real->begin(port, error);
}

static enum port_status slow_commit(struct port *port, struct error *error) {
    slow.open = false;
    return slow.real->commit(port, error);
}

static bool slow_watermarks(struct port *port, const char *topic, int32_t partition, int64_t *low,
                            int64_t *high, struct error *error) {
    assert_false(slow.open);
    return slow.real->watermarks(port, topic, partition, low, high, error);
}

static bool slow_poll(struct port *port, size_t stream, struct port_record *records, size_t max,
                      size_t *count, struct error *error) {
    assert_false(slow.open);
    return slow.real->poll(port, stream, records, max, count, error);
}

static void no_transaction_is_open_while_the_topic_is_read(void **state) {
    struct dlq_stand *stand = *state;
    struct port *port = memory_port_port(stand->base.memory);
    enum { LETTERS = 2 * DLQ_BATCH_LETTERS };
    for (int i = 0; i < LETTERS; i++)
        dlq_stand_send_unknown(stand, i % DLQ_PARTITIONS, 0);
    dlq_stand_send(stand, 1, NULL, "x", 1); /* in the other partition of the dead letters */
    memory_stand_play(&stand->base);
    slow = (struct slow){.ops = *port->ops, .real = port->ops};
    slow.ops.begin = slow_begin;
    slow.ops.commit = slow_commit;
    slow.ops.watermarks = slow_watermarks;
    slow.ops.poll = slow_poll;
    port->ops = &slow.ops;
    dlq_stand_must_redrive(stand, NULL, LETTERS + 1);
}

static void killed_anywhere_each_goes_back_exactly_once(void **state) {
    struct dlq_stand *stand = *state;
    enum { LETTERS = DLQ_BATCH_LETTERS + 20, CALLS = 2 * LETTERS + 4 };
    for (int calls = 0; calls <= CALLS; calls += calls < 40 || calls > CALLS - 60 ? 1 : 97) {
        logs_close(stand->base.memory);
        stand->base.memory = sample_cluster(DLQ_PARTITIONS);
        for (int i = 0; i < LETTERS; i++)
            dlq_stand_send_unknown(stand, i % DLQ_PARTITIONS, (uint8_t)i);
        memory_stand_play(&stand->base);
        const bool ended = dlq_stand_redrive_dying(stand, calls, PORT_REBUILD);
        assert_int_equal(ended, calls == CALLS);
        const int64_t first = stand->result.redriven;
        dlq_stand_must_redrive(stand, NULL, LETTERS - first);
        dlq_stand_must_redrive(stand, NULL, 0);
        for (int32_t p = 0; p < DLQ_PARTITIONS; p++)
            assert_int_equal(memory_port_count(stand->base.memory, INPUT, p), LETTERS);
    }
}

static void a_second_one_ends_the_first_with_75(void **state) {
    struct dlq_stand *stand = *state;
    dlq_stand_send_unknown(stand, 0, 1);
    memory_stand_play(&stand->base);
    assert_false(dlq_stand_redrive_dying(stand, 2, PORT_FENCED));
    assert_int_equal(error_exit_status(stand->error.code), 75);
    assert_non_null(strstr(stand->error.text, "has taken over"));
}

static void a_position_is_read_whole_or_not(void **state) {
    int32_t partition = 0;
    int64_t offset = 0;
    (void)state;
    assert_true(dlq_position_parse("3/41", &partition, &offset));
    assert_int_equal(partition, 3);
    assert_int_equal(offset, 41);
    const char *const wrong[] = {"",
                                 "3",
                                 "/",
                                 "3/",
                                 "/4",
                                 "-1/4",
                                 "3/4x",
                                 "3/-4",
                                 "a/4",
                                 "99999999999/1",
                                 "3/99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dlq_position_parse(wrong[i], &partition, &offset));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dlq_stand_setup, dlq_stand_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_empty_topic_is_said_to_be_empty),
        TEST(letters_are_grouped_by_reason),
        TEST(what_is_no_letter_is_counted_apart),
        TEST(a_letter_is_shown_whole),
        TEST(what_can_be_decoded_is),
        TEST(a_signal_is_decoded_as_one),
        TEST(a_letter_goes_back_as_it_came),
        TEST(a_letter_goes_back_once),
        TEST(one_that_dies_again_may_go_back_again),
        TEST(what_is_cut_is_refused),
        TEST(what_lost_headers_is_refused),
        TEST(one_whose_topic_or_partition_is_gone_holds_no_other_up),
        TEST(the_transactions_may_be_gone_but_not_unreachable),
        TEST(a_letter_of_no_input_is_refused),
        TEST(of_many_that_are_refused_the_first_are_named),
        TEST(what_letters_say_steers_no_terminal_and_no_json),
        TEST(no_transaction_is_open_while_the_topic_is_read),
        TEST(killed_anywhere_each_goes_back_exactly_once),
        TEST(a_second_one_ends_the_first_with_75),
        cmocka_unit_test(a_position_is_read_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
