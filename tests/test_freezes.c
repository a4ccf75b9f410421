/* SPDX-License-Identifier: Apache-2.0 */
/* `saqshy freezes` over a port in memory: folding of revisions, order, outcomes of the signals'
 * topic; and bytes that are no recommendations. */
#include "detector/commands/avro_json.h"
#include "detector/commands/freeze_story.h"
#include "detector/commands/freezes.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"
#include "tests/a_signal.h"
#include "tests/command_stand.h"
#include "tests/sample.h"
#include "tests/support.h"

#include <math.h>
#include <stdio.h>

#define ADVICE "antifrod.freeze-recommendations"
#define SIGNALS "antifrod.signals"
#define ID(digit) "0123456789abcdef0123456789abcde" digit
enum { PARTITIONS = 2, HOUR = 3600, MICROS = 1000000 };
#define NOW SIGNALS_START_S

struct stand {
    struct command_stand base;
    struct freezes_query query;
};

static int setup(void **state) {
    static struct stand stand;
    *state = &stand;
    stand.query = (struct freezes_query){.options = &stand.base.options,
                                         .now_us = NOW * MICROS,
                                         .until_us = INT64_MAX,
                                         .csv = true,
                                         .quiet = true};
    return command_stand_open(&stand.base, ADVICE, PARTITIONS) ? 0 : -1;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    command_stand_close(&stand->base);
    return 0;
}

/* Of an hour ago, good for two days. */
static struct recommendation advice(const char *id, int32_t revision,
                                    enum recommendation_state state) {
    static const double vector[] = {1, NAN};
    struct recommendation r = {.revision = revision,
                               .state = state,
                               .mode = MODE_LIVE,
                               .action = ACTION_HOLD_AMOUNT,
                               .priority = PRIORITY_HIGH,
                               .addressee_bic = text_of("BANKKZKA"),
                               .target_account_token = text_of("account-token-0123456789"),
                               .hold_amount_present = true,
                               .hold_amount_kzt_minor = 100 * revision,
                               .at_risk_kzt_minor = 200 * revision,
                               .issued_at_us = (NOW - HOUR) * MICROS,
                               .decide_by_us = (NOW + HOUR) * MICROS,
                               .valid_until_us = (NOW + 48 * HOUR) * MICROS,
                               .score = 1.5,
                               .probability = 0.8,
                               .reason_count = 1,
                               .trail_count = 1,
                               .model_id = "m",
                               .policy_id = "p",
                               .build = text_of("b"),
                               .feature_vector = vector,
                               .feature_count = 2,
                               .input_topic = "in"};
    r.reasons[0] = (struct reason){.code = "CODE",
                                   .feature = "",
                                   .value = NAN,
                                   .baseline = NAN,
                                   .unit = "",
                                   .text_en = "e",
                                   .text_ru = "р",
                                   .text_kk = "қ"};
    r.money_trail[0] = (struct trail_hop){.hop = 1, .tx_id = text_of("t"), .from = text_of("f")};
    memcpy(r.id, id, RECOMMENDATION_ID_SIZE);
    return r;
}

static void publish(struct stand *stand, const struct recommendation *r, int32_t partition) {
    struct port_message message = {.topic = ADVICE, .partition = partition};
    assert_true(encode_recommendation(stand->base.encoder, r, &message.value, &stand->base.error));
    assert_true(memory_port_append(stand->base.memory, &message, -1));
}

static void publish_one(struct stand *stand, const char *id, int32_t revision,
                        enum recommendation_state state) {
    const struct recommendation r = advice(id, revision, state);
    publish(stand, &r, 0);
}

typedef bool verb(const struct freezes_query *, struct port *, FILE *, struct error *);

static bool run(struct stand *stand, verb *run_verb) {
    FILE *out = printed_begin(&stand->base.printed);
    stand->base.error = (struct error){.code = ERROR_NONE};
    const bool ok =
        run_verb(&stand->query, memory_port_port(stand->base.memory), out, &stand->base.error);
    fclose(out);
    return ok;
}

static void list(struct stand *stand) {
    if (!run(stand, freezes_list)) fail_msg("%s", stand->base.error.text);
}

/* Whether `first` is printed, and `second` behind it; NULL: nothing else is asked. */
static bool said(const struct stand *stand, const char *first, const char *second) {
    const char *at = strstr(stand->base.printed.text, first);
    return at != NULL && (second == NULL || strstr(at, second) != NULL);
}

static void the_latest_revision_counts_in_whatever_order_they_come(void **state) {
    struct stand *stand = *state;
    publish_one(stand, ID("1"), 2, RECOMMENDATION_AMENDED);
    publish_one(stand, ID("1"), 1, RECOMMENDATION_ISSUED);
    publish_one(stand, ID("1"), 2, RECOMMENDATION_WITHDRAWN); /* repeated, and changed */
    list(stand);
    assert_true(said(stand, ID("1") ",2,AMENDED,OPEN,HIGH,HOLD_AMOUNT,200,400,", NULL));
    assert_false(said(stand, ID("1"), ID("1")) && said(stand, "WITHDRAWN", NULL));
}

static void a_spreadsheet_computes_nothing_of_a_list(void **state) {
    struct stand *stand = *state;
    struct recommendation r = advice(ID("1"), 1, RECOMMENDATION_ISSUED);
    r.addressee_bic = text_of("@BANK\x1b");
    r.target_account_token = text_of("=HYPERLINK(1,2)");
    publish(stand, &r, 0);
    list(stand);
    assert_true(said(stand, ",'@BANK?,\"'=HY…,2)\",", NULL));
    stand->query.full = true;
    list(stand);
    assert_true(said(stand, ",'@BANK?,\"'=HYPERLINK(1,2)\",", NULL));
}

static void what_is_withdrawn_expired_or_past_its_term_is_not_open(void **state) {
    struct stand *stand = *state;
    publish_one(stand, ID("1"), 1, RECOMMENDATION_ISSUED);
    publish_one(stand, ID("1"), 2, RECOMMENDATION_WITHDRAWN);
    publish_one(stand, ID("2"), 1, RECOMMENDATION_ISSUED);
    publish_one(stand, ID("2"), 2, RECOMMENDATION_EXPIRED);
    publish_one(stand, ID("3"), 1, RECOMMENDATION_ISSUED);
    list(stand);
    assert_true(said(stand, ID("3"), NULL));
    assert_false(said(stand, ID("1"), NULL) || said(stand, ID("2"), NULL));
    stand->query.now_us = (NOW + 48 * HOUR) * MICROS - 1;
    list(stand);
    assert_true(said(stand, ID("3"), NULL));
    stand->query.now_us++;
    list(stand);
    assert_false(said(stand, ID("3"), NULL));
    stand->query.all = true;
    list(stand);
    assert_true(said(stand, ID("1") ",2,WITHDRAWN,WITHDRAWN,", NULL) &&
                said(stand, ID("2") ",2,EXPIRED,EXPIRED,", NULL) &&
                said(stand, ID("3") ",1,ISSUED,LAPSED,", NULL));
}

static void the_most_urgent_is_first(void **state) {
    struct stand *stand = *state;
    struct recommendation r = advice(ID("1"), 1, RECOMMENDATION_ISSUED);
    publish(stand, &r, 0);
    r = advice(ID("2"), 1, RECOMMENDATION_ISSUED);
    r.priority = PRIORITY_URGENT;
    publish(stand, &r, 1);
    r = advice(ID("3"), 1, RECOMMENDATION_ISSUED);
    r.decide_by_us -= 1;
    publish(stand, &r, 1);
    r = advice(ID("4"), 1, RECOMMENDATION_ISSUED);
    r.at_risk_kzt_minor = 1;
    publish(stand, &r, 0);
    list(stand);
    assert_true(said(stand, ID("2"), ID("3")) && said(stand, ID("3"), ID("1")) &&
                said(stand, ID("1"), ID("4")));
}

static void at_a_time_nothing_later_is_known(void **state) {
    struct stand *stand = *state;
    struct recommendation r = advice(ID("1"), 2, RECOMMENDATION_WITHDRAWN);
    publish_one(stand, ID("1"), 1, RECOMMENDATION_ISSUED);
    r.issued_at_us = NOW * MICROS;
    publish(stand, &r, 0);
    stand->query.until_us = NOW * MICROS - 1;
    list(stand);
    assert_true(said(stand, ID("1") ",1,ISSUED,OPEN", NULL));
    stand->query.until_us++;
    list(stand);
    assert_false(said(stand, ID("1"), NULL));
}

static void an_outcome_of_the_signals_topic_is_joined(void **state) {
    struct stand *stand = *state;
    struct signal s = a_signal("s", SUBJECT_ACCOUNT, "a", 0);
    s.kind = SIGNAL_OUTCOME;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.outcome_present = true;
    s.recommendation_id = text_of(ID("1"));
    s.outcome_result = OUTCOME_NO_FUNDS;
    publish_one(stand, ID("1"), 1, RECOMMENDATION_ISSUED);
    list(stand); /* the topic is absent */
    assert_false(said(stand, "NO_FUNDS", NULL));
    memory_port_create_topic(stand->base.memory, SIGNALS, 1);
    list(stand);
    assert_false(said(stand, "NO_FUNDS", NULL));
    sample_send_signal(stand->base.memory, stand->base.encoder, "s", &s, 1);
    list(stand);
    assert_true(said(stand, ID("1"), ",NO_FUNDS\n"));
    options_set(&stand->base.options, "topic.signals", "", "test", &stand->base.error);
    list(stand);
    assert_false(said(stand, "NO_FUNDS", NULL));
}

static void a_story_is_told_of_the_topic(void **state) {
    struct stand *stand = *state;
    publish_one(stand, ID("1"), 1, RECOMMENDATION_ISSUED);
    publish_one(stand, ID("2"), 1, RECOMMENDATION_ISSUED);
    publish_one(stand, ID("1"), 2, RECOMMENDATION_AMENDED);
    stand->query.id = ID("1") ".2";
    assert_true(run(stand, freezes_show));
    assert_true(said(stand, "Revision 1: issued", "Revision 2: amended"));
    assert_true(said(stand, "at_risk_kzt_minor: 2.00 → 4.00", NULL));
    assert_true(said(stand, "no account", NULL) && !said(stand, ID("2"), NULL));
    static const char *const absent[] = {ID("9"), ID("1") ".3", ID("2") ".2"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        stand->query.id = absent[i];
        assert_false(run(stand, freezes_show));
        assert_int_equal(stand->base.error.code, ERROR_FAILED);
    }
}

/* The account is the payer's, and nothing of it is to be held. */
static void advice_to_the_paying_side_names_what_it_rests_on(void **state) {
    struct stand *stand = *state;
    struct recommendation r = advice(ID("2"), 1, RECOMMENDATION_ISSUED);
    r.action = ACTION_ASK_PAYER;
    r.hold_amount_present = false;
    r.payee_id = text_of(ID("1"));
    publish(stand, &r, 0);
    publish_one(stand, ID("1"), 1, RECOMMENDATION_ISSUED);
    list(stand);
    assert_true(said(stand, ",payee_recommendation_id,score,", NULL));
    assert_true(said(stand, ID("2") ",1,ISSUED,OPEN,HIGH,ASK_PAYER,,200,", "," ID("1") ",1.5,"));
    stand->query.id = ID("2");
    assert_true(run(stand, freezes_show));
    assert_true(said(stand, "ASK_PAYER (", "Rests on, of the payee"));
    assert_true(said(stand, "Rests on, of the payee", ID("1")));
    stand->query.id = ID("1");
    assert_true(run(stand, freezes_show));
    assert_false(said(stand, "Rests on", NULL));
}

static void a_topic_that_is_not_there_is_named(void **state) {
    struct stand *stand = *state;
    options_set(&stand->base.options, "topic.recommendations", "absent", "test",
                &stand->base.error);
    assert_false(run(stand, freezes_list));
    assert_int_equal(stand->base.error.code, ERROR_CONFIG);
    assert_non_null(strstr(stand->base.error.text, "absent"));
}

/* Every value cut anywhere, and with any one byte changed, is read or passed over. */
static void broken_records_are_passed_over(void **state) {
    struct stand *stand = *state;
    const struct recommendation r = advice(ID("1"), 1, RECOMMENDATION_ISSUED);
    struct bytes value;
    uint8_t bytes[4096];
    assert_true(encode_recommendation(stand->base.encoder, &r, &value, &stand->base.error));
    assert_true(value.size <= sizeof bytes);
    memcpy(bytes, value.data, value.size);
    struct freeze_book *book = freeze_book_open(INT64_MAX, &stand->base.error);
    struct freeze_story *story = freeze_story_open(ID("1"), INT64_MAX, &stand->base.error);
    for (uint32_t size = 0; size < value.size; size++) {
        freeze_book_take(book, 0, 0, (struct bytes){bytes, size});
        assert_false(freeze_story_take(story, &(struct freeze_record){0, 0, {bytes, size}}));
    }
    assert_int_equal(freeze_book_useless(book), value.size);
    assert_int_equal(freeze_book_count(book), 0);
    for (uint32_t at = 0; at < value.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1u << bit);
            freeze_book_take(book, 0, 0, (struct bytes){bytes, value.size});
            freeze_story_take(story, &(struct freeze_record){0, 0, {bytes, value.size}});
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    freeze_story_end(story);
    freeze_book_sort(book);
    assert_true(freeze_story_count(story) >= 1);
    freeze_story_close(story);
    freeze_book_close(book);
}

static void a_record_is_json_by_its_schema(void **state) {
    struct stand *stand = *state;
    struct recommendation r = advice(ID("1"), 1, RECOMMENDATION_ISSUED);
    struct bytes value;
    const char *why = "";
    size_t size = 0;
    r.target_account_token = (struct text){"\xff\"", 2};
    r.probability = NAN;
    assert_true(encode_recommendation(stand->base.encoder, &r, &value, &stand->base.error));
    const char *schema = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    struct avro_text *text = avro_text_open(schema, size, &stand->base.error);
    const struct bytes body = {value.data + FRAME_SIZE, value.size - FRAME_SIZE};
    json_t *json = avro_json_read(text, body, &why);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "target_account_token")), "?\"");
    assert_true(json_is_null(json_object_get(json, "probability")));
    assert_true(json_is_true(json_object_get(json, "human_decision_required")));
    assert_int_equal(json_array_size(json_object_get(json, "signal_ids")), 0);
    assert_string_equal(json_string_value(json_object_get(json, "issued_at")),
                        "2025-12-31T23:00:00.000000Z");
    const json_t *vector = json_object_get(json, "feature_vector");
    assert_int_equal(json_array_size(vector), 2);
    assert_true(json_real_value(json_array_get(vector, 0)) == 1);
    assert_true(json_is_null(json_array_get(vector, 1)));
    const json_t *reason = json_array_get(json_object_get(json, "reasons"), 0);
    assert_string_equal(json_string_value(json_object_get(reason, "text_kk")), "қ");
    json_decref(json);
    assert_null(avro_json_read(text, (struct bytes){body.data, body.size - 1}, &why));
    avro_text_close(text);
}

static void a_span_is_said_in_words(void **state) {
    (void)state;
    char text[FREEZE_SPAN_SIZE];
    assert_string_equal(freeze_span(0, LANGUAGE_EN, text), "0 min");
    assert_string_equal(freeze_span(3 * HOUR + 300, LANGUAGE_EN, text), "3 h 05 min");
    assert_string_equal(freeze_span(-25 * HOUR, LANGUAGE_EN, text), "overdue 1 d 1 h");
    assert_string_equal(freeze_span(-60, LANGUAGE_RU, text), "просрочено 1 мин");
    assert_non_null(freeze_span(INT64_MIN, LANGUAGE_KK, text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_latest_revision_counts_in_whatever_order_they_come),
        TEST(a_spreadsheet_computes_nothing_of_a_list),
        TEST(what_is_withdrawn_expired_or_past_its_term_is_not_open),
        TEST(the_most_urgent_is_first),
        TEST(at_a_time_nothing_later_is_known),
        TEST(an_outcome_of_the_signals_topic_is_joined),
        TEST(a_story_is_told_of_the_topic),
        TEST(advice_to_the_paying_side_names_what_it_rests_on),
        TEST(a_topic_that_is_not_there_is_named),
        TEST(broken_records_are_passed_over),
        TEST(a_record_is_json_by_its_schema),
        TEST(a_span_is_said_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
