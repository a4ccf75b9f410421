/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of the signals topic to a struct signal: binding, bounds, hostile bytes, and which
 * signals cannot be used. */
#include "detector/signal_read.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "tests/a_signal.h"
#include "tests/chance.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400, VALUE_BYTES_MAX = 1 << 16 };
#define NOW SIGNALS_START_S

struct stand {
    struct signal_reader *reader;
    struct encoder *encoder;
    char text[VERDICT_WHY_SIZE];
    const char *why;
    struct signal got;
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    stand = (struct stand){.reader = signal_reader_open("", VALUE_BYTES_MAX, &error),
                           .encoder = encoder_open(&error)};
    *state = &stand;
    return stand.reader != NULL && stand.encoder != NULL ? 0 : -1;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    signal_reader_close(stand->reader);
    encoder_close(stand->encoder);
    return 0;
}

static enum verdict read_bytes(struct stand *stand, struct bytes value) {
    const struct port_record record = {.value = value, .timestamp_ms = NOW * 1000};
    return signal_read(stand->reader, &record, NOW, &stand->got, stand->text, &stand->why);
}

static struct bytes encoded(struct stand *stand, const struct signal *signal) {
    struct bytes value;
    struct error error;
    assert_true(encode_signal(stand->encoder, signal, &value, &error));
    return value;
}

static enum verdict read(struct stand *stand, const struct signal *signal) {
    return read_bytes(stand, encoded(stand, signal));
}

static struct signal whole(void) {
    struct signal s = a_signal("signal-1", SUBJECT_ACCOUNT, "account", 0);
    signal_also(&s, SUBJECT_PHONE, "телефон", ROLE_CALLER);
    signal_also(&s, SUBJECT_DEVICE, "device", ROLE_OTHER);
    s.related_tx_ids[s.tx_id_count++] = text_of("tx-1");
    s.related_tx_ids[s.tx_id_count++] = text_of("tx-2");
    s.amount_present = s.occurred_at_present = s.telecom_present = true;
    s.amount_kzt_minor = 123456789;
    s.occurred_at_us = NOW * 1000000 - 1;
    s.telecom_operator = text_of("operator");
    s.telecom_slots_present = true;
    s.telecom_slots = 128;
    s.called_phone_token = text_of("called");
    return s;
}

static void what_was_encoded_is_read(void **state) {
    struct stand *stand = *state;
    const struct signal s = whole();
    assert_int_equal(read(stand, &s), VERDICT_ACCEPTED);
    const struct signal *g = &stand->got;
    assert_true(text_equal(g->signal_id, s.signal_id) && text_equal(g->category, s.category));
    assert_int_equal(g->revision, 1);
    assert_int_equal(g->kind, SIGNAL_INCIDENT);
    assert_int_equal(g->source, SOURCE_BANK);
    assert_int_equal(g->confidence, CONFIDENCE_REPORTED);
    assert_int_equal(g->list_colour, COLOUR_NULL);
    assert_int_equal(g->subject_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(text_equal(g->subjects[i].token, s.subjects[i].token));
        assert_int_equal(g->subjects[i].type, s.subjects[i].type);
        assert_int_equal(g->subjects[i].role, s.subjects[i].role);
    }
    assert_int_equal(g->tx_id_count, 2);
    assert_true(text_equal(g->related_tx_ids[1], text_of("tx-2")));
    assert_true(g->amount_present && g->amount_kzt_minor == 123456789);
    assert_true(g->occurred_at_present && g->occurred_at_us == s.occurred_at_us);
    assert_int_equal(g->occurred_at_s, NOW - 1);
    assert_int_equal(g->valid_from_s, NOW);
    assert_true(g->valid_until_present && g->valid_until_s == NOW + 10 * DAY);
    assert_true(g->telecom_present && g->telecom_slots_present && g->telecom_slots == 128);
    assert_true(text_equal(g->telecom_operator, text_of("operator")));
    assert_true(text_equal(g->called_phone_token, text_of("called")));
    assert_false(g->outcome_present);
    assert_null(g->withdraws_signal_id.data);
}

static void an_outcome_and_a_colour_are_read(void **state) {
    struct stand *stand = *state;
    struct signal s = a_signal_of("o", SIGNAL_OUTCOME, SOURCE_BANK, CONFIDENCE_CONFIRMED, "a");
    s.outcome_present = s.held_amount_present = true;
    s.recommendation_id = text_of("0123");
    s.outcome_result = OUTCOME_PARTLY_HELD;
    s.held_amount_kzt_minor = 5;
    assert_int_equal(read(stand, &s), VERDICT_ACCEPTED);
    assert_true(stand->got.outcome_present && stand->got.held_amount_present);
    assert_true(text_equal(stand->got.recommendation_id, text_of("0123")));
    assert_int_equal(stand->got.outcome_result, OUTCOME_PARTLY_HELD);
    assert_int_equal(stand->got.held_amount_kzt_minor, 5);
    s = a_signal_of("l", SIGNAL_LIST_ENTRY, SOURCE_HUB, CONFIDENCE_CONFIRMED, "a");
    s.list_colour = COLOUR_BLACK;
    assert_int_equal(read(stand, &s), VERDICT_ACCEPTED);
    assert_int_equal(stand->got.list_colour, COLOUR_BLACK);
}

static void every_field_of_the_contract_binds(void **state) {
    (void)state;
    size_t size = 0, report_size = 0;
    char *report = NULL;
    const char *json = schema_shipped(SCHEMA_ID_SIGNAL, &size);
    FILE *out = open_memstream(&report, &report_size);
    assert_true(plan_report_for(CONTRACT_SIGNAL, json, size, out));
    fclose(out);
    assert_null(strstr(report, "skipped"));
    assert_null(strstr(report, "default"));
    assert_non_null(strstr(report, "binds\tsubjects.token\tstring\n"));
    assert_non_null(strstr(report, "binds\toutcome.result\tenum\n"));
    free(report);
}

/* Another writer: its own order of fields and symbols, an alias, fields that are not the
 * contract's, and most that it does not have. */
static const char foreign[] =
    "{\"type\":\"record\",\"name\":\"S\",\"fields\":["
    "{\"name\":\"valid_from\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"
    "{\"name\":\"extra\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
    "{\"name\":\"id\",\"aliases\":[\"signal_id\"],\"type\":\"string\"},"
    "{\"name\":\"subjects\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
    "\"T\",\"fields\":[{\"name\":\"note\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"token\",\"type\":\"string\"},{\"name\":\"type\",\"type\":{\"type\":\"enum\","
    "\"name\":\"E\",\"symbols\":[\"PHONE\",\"SATELLITE\",\"ACCOUNT\"]}}]}}},"
    "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"K\",\"symbols\":[\"SIM_BOX\","
    "\"INCIDENT\"]}},"
    "{\"name\":\"revision\",\"type\":\"int\"},{\"name\":\"category\",\"type\":\"string\"},"
    "{\"name\":\"reported_at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}}"
    "]}";

static void another_writers_schema_is_bound_by_name(void **state) {
    struct stand *stand = *state;
    static const uint8_t bytes[] = {4, 2, 2,   'x', 0,   2, 'i', 4, 0,  2, 'p', 0,
                                    2, 2, 'n', 2,   'a', 4, 0,   2, 14, 2, 'c', 6};
    struct error error;
    uint32_t used = 0;
    struct plan *plan = plan_compile_for(CONTRACT_SIGNAL, foreign, strlen(foreign), &error);
    assert_non_null(plan);
    struct signal *g = &stand->got;
    assert_true(
        plan_decode_signal(plan, (struct bytes){bytes, sizeof bytes}, g, &used, &stand->why));
    assert_int_equal(used, sizeof bytes);
    assert_true(text_equal(g->signal_id, text_of("i")));
    assert_int_equal(g->valid_from_us, 2000);
    assert_int_equal(g->subject_count, 2);
    assert_int_equal(g->subjects[0].type, SUBJECT_PHONE);
    assert_int_equal(g->subjects[1].type, SUBJECT_ACCOUNT);
    assert_true(text_equal(g->subjects[1].token, text_of("a")));
    assert_int_equal(g->kind, SIGNAL_INCIDENT);
    assert_int_equal(g->source, SOURCE_UNKNOWN);
    assert_int_equal(g->list_colour, COLOUR_NULL);
    assert_int_equal(g->tx_id_count, 0);
    plan_free(plan);
}

static void assert_refused(const char *json, const char *why) {
    struct error error;
    assert_null(plan_compile_for(CONTRACT_SIGNAL, json, strlen(json), &error));
    assert_string_equal(error.text, why);
}

static void what_cannot_be_bound_is_named(void **state) {
    (void)state;
#define FIELDS(rest) "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" rest "]}"
#define LIST(name, items)                                                                          \
    FIELDS("{\"name\":\"" name "\",\"type\":{\"type\":\"array\",\"items\":" items "}}")
    assert_refused(FIELDS("{\"name\":\"subjects\",\"type\":\"string\"}"), "subjects: not an array");
    assert_refused(LIST("subjects", "\"string\""), "subjects: not an array of records");
    assert_refused(LIST("related_tx_ids", "\"int\""), "related_tx_ids: not a string");
    assert_refused(LIST("related_tx_ids", "\"null\""),
                   "related_tx_ids: an array whose items take no bytes is refused");
    assert_refused(LIST("subjects", "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":"
                                    "\"token\",\"type\":\"int\"}]}"),
                   "subjects.token: not a string");
    assert_refused(FIELDS("{\"name\":\"telecom\",\"type\":[\"null\",\"string\"]}"),
                   "telecom: not a record");
}

static void lists_are_bounded(void **state) {
    struct stand *stand = *state;
    struct signal s = whole();
    while (s.subject_count < SIGNAL_SUBJECTS_MAX)
        signal_also(&s, SUBJECT_IP, "ip", ROLE_OTHER);
    while (s.tx_id_count < SIGNAL_TX_IDS_MAX)
        s.related_tx_ids[s.tx_id_count++] = text_of("tx");
    assert_int_equal(read(stand, &s), VERDICT_ACCEPTED);
    /* The count of subjects is the byte before the first one's type. */
    const struct bytes value = encoded(stand, &s);
    uint8_t *copy = malloc((size_t)value.size + 6);
    const size_t at = FRAME_SIZE + 1 + 8 + 1 + 2 + 1 + 5;
    memcpy(copy, value.data, at);
    assert_int_equal(copy[at - 0] = value.data[at], 2 * SIGNAL_SUBJECTS_MAX);
    copy[at] = 2 * (SIGNAL_SUBJECTS_MAX + 1);
    const uint8_t one_more[] = {2 * SUBJECT_IP, 2, 'x', 0};
    memcpy(copy + at + 1, one_more, sizeof one_more);
    memcpy(copy + at + 1 + sizeof one_more, value.data + at + 1, value.size - at - 1);
    assert_int_equal(read_bytes(stand, (struct bytes){copy, value.size + 4}), VERDICT_MALFORMED);
    assert_string_equal(stand->why, "a list is longer than its field allows");
    free(copy);
}

static void what_was_cut_is_malformed(void **state) {
    struct stand *stand = *state;
    const struct signal s = whole();
    const struct bytes value = encoded(stand, &s);
    for (uint32_t size = 0; size < value.size; size++) {
        uint8_t *exact = malloc(size == 0 ? 1 : size);
        memcpy(exact, value.data, size);
        const enum verdict verdict = read_bytes(stand, (struct bytes){exact, size});
        assert_true(verdict == (size < FRAME_SIZE ? VERDICT_NOT_FRAMED : VERDICT_MALFORMED));
        assert_non_null(stand->why);
        free(exact);
    }
    uint8_t *longer = calloc(1, (size_t)value.size + 1);
    memcpy(longer, value.data, value.size);
    assert_int_equal(read_bytes(stand, (struct bytes){longer, value.size + 1}), VERDICT_MALFORMED);
    free(longer);
}

static void any_byte_may_be_another(void **state) {
    struct stand *stand = *state;
    const struct signal s = whole();
    const struct bytes value = encoded(stand, &s);
    uint8_t copy[1024];
    uint32_t accepted = 0;
    assert_true(value.size < sizeof copy);
    for (uint32_t at = 0; at < value.size; at++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(copy, value.data, value.size);
            copy[at] = (uint8_t)byte;
            accepted += read_bytes(stand, (struct bytes){copy, value.size}) == VERDICT_ACCEPTED;
            assert_true(stand->got.subject_count <= SIGNAL_SUBJECTS_MAX);
            assert_true(stand->got.tx_id_count <= SIGNAL_TX_IDS_MAX);
        }
    assert_true(accepted > 1000);
}

static void records_that_are_no_signals_have_verdicts(void **state) {
    struct stand *stand = *state;
    static const uint8_t text[] = "{\"signal_id\":1}";
    static const uint8_t unknown[] = {0, 0, 0, 9, 9, 1};
    static const uint8_t transaction[] = {0, 0, 0, 0, SCHEMA_ID_TRANSACTION, 1};
    static uint8_t large[VALUE_BYTES_MAX + 1];
    assert_int_equal(read_bytes(stand, (struct bytes){NULL, 0}), VERDICT_TOMBSTONE);
    assert_int_equal(read_bytes(stand, (struct bytes){text, sizeof text}), VERDICT_NOT_FRAMED);
    assert_int_equal(read_bytes(stand, (struct bytes){unknown, sizeof unknown}),
                     VERDICT_SCHEMA_UNKNOWN);
    assert_int_equal(read_bytes(stand, (struct bytes){transaction, sizeof transaction}),
                     VERDICT_SCHEMA_REFUSED);
    assert_int_equal(read_bytes(stand, (struct bytes){large, sizeof large}), VERDICT_OVERSIZE);
}

/* Admission. */

static const char *admitted(struct signal s, enum verdict *verdict) {
    const char *why = "";
    *verdict = signal_admit(&s, NOW, &why);
    return why;
}

static void spoil_numbers(struct signal *s, int how) {
    switch (how) {
    case 0:
        s->signal_id = text_of("");
        return;
    case 1:
        s->signal_id = text_of("a\nb");
        return;
    case 2:
        s->revision = 0;
        return;
    case 3:
        s->kind = SIGNAL_UNKNOWN;
        return;
    case 4:
        s->source = SOURCE_UNKNOWN;
        return;
    case 5:
        s->valid_until_s = INT64_MAX;
        return;
    case 6:
        s->occurred_at_s = s->reported_at_s + SIGNAL_FUTURE_S + 1;
        return;
    case 7:
        s->valid_until_s = s->valid_from_s;
        return;
    case 8:
        s->valid_until_s = s->valid_from_s + SIGNAL_TERM_MAX_S + 1;
        return;
    default:
        return;
    }
}

static void spoil_meaning(struct signal *s, int how) {
    switch (how) {
    case 9:
        s->kind = SIGNAL_WITHDRAWAL;
        return;
    case 10:
        s->kind = SIGNAL_WITHDRAWAL;
        s->withdraws_signal_id = s->signal_id;
        return;
    case 11:
        s->withdraws_signal_id = text_of("other");
        return;
    case 12:
        s->kind = SIGNAL_OUTCOME;
        return;
    case 13:
        s->outcome_present = true;
        return;
    case 14:
        s->subject_count = 0;
        return;
    case 15:
        s->subjects[2].token.size = 0;
        return;
    case 16:
        signal_also(s, SUBJECT_ACCOUNT, "account", ROLE_VICTIM);
        return;
    case 17:
        s->confidence = CONFIDENCE_UNKNOWN;
        return;
    case 18:
        s->valid_until_present = false;
        return;
    case 19:
        s->kind = SIGNAL_LIST_ENTRY;
        return;
    case 20:
        s->list_colour = COLOUR_GREY;
        return;
    case 21:
        s->kind = SIGNAL_LIST_ENTRY;
        s->list_colour = COLOUR_BLACK;
        return;
    case 22:
        s->amount_kzt_minor = -1;
        return;
    case 23:
        s->related_tx_ids[1].size = 0;
        return;
    case 24:
        s->reported_at_s = NOW + SIGNAL_FUTURE_S + 1;
        return;
    default:
        return;
    }
}
enum { SPOILT = 25 };

static bool page_says(const char *why) {
    static char page[1 << 16];
    FILE *file = fopen(SOURCE_DIR "/docs/SIGNALS.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    return strstr(page, why) != NULL;
}

static void every_rule_has_its_verdict_and_its_line_in_the_page(void **state) {
    (void)state;
    enum verdict verdict;
    struct signal good = whole();
    const char *seen[SPOILT];
    good.occurred_at_s = NOW;
    assert_string_equal(admitted(good, &verdict), "");
    assert_int_equal(verdict, VERDICT_ACCEPTED);
    for (int how = 0; how < SPOILT; how++) {
        struct signal s = good;
        spoil_numbers(&s, how);
        spoil_meaning(&s, how);
        seen[how] = admitted(s, &verdict);
        assert_true(verdict_is_dead_letter(verdict));
        if (!page_says(seen[how])) fail_msg("docs/SIGNALS.md does not say: %s", seen[how]);
        for (int i = 0; i < how; i++)
            assert_string_not_equal(seen[how], seen[i]);
        assert_int_equal(verdict == VERDICT_BAD_AMOUNT, how == 22);
        assert_int_equal(verdict == VERDICT_BAD_TIME, how == 5);
        assert_int_equal(verdict == VERDICT_FUTURE_TIME, how == 24);
    }
}

static void a_control_character_of_two_bytes_is_one(void **state) {
    (void)state;
    enum verdict verdict;
    struct signal s = whole();
    s.occurred_at_s = NOW;
    s.signal_id = text_of("a\xc2\x9b"
                          "b");
    assert_string_equal(admitted(s, &verdict), "an id of a signal has a control character");
    assert_int_equal(verdict, VERDICT_BAD_VALUE);
    s.signal_id = text_of("a\xc2\xa0Л");
    assert_string_equal(admitted(s, &verdict), "");
}

static void the_bounds_themselves_are_allowed(void **state) {
    (void)state;
    enum verdict verdict;
    struct signal s = whole();
    s.occurred_at_present = false;
    s.valid_until_s = s.valid_from_s + SIGNAL_TERM_MAX_S;
    admitted(s, &verdict);
    assert_int_equal(verdict, VERDICT_ACCEPTED);
    s.reported_at_s = s.valid_from_s = NOW + SIGNAL_FUTURE_S;
    admitted(s, &verdict);
    assert_int_equal(verdict, VERDICT_ACCEPTED);
    s.confidence = CONFIDENCE_CONFIRMED;
    s.valid_until_present = false;
    admitted(s, &verdict);
    assert_int_equal(verdict, VERDICT_ACCEPTED);
    assert_int_equal(signal_until_s(&s), s.valid_from_s + SIGNAL_TERM_MAX_S);
    s.kind = SIGNAL_BOT_REPORT;
    assert_string_equal(admitted(s, &verdict),
                        "REPORTED, or a citizen's report, without valid_until");
}

/* An engine that was down for days reads signals first: they are not of the future. */
static void the_future_begins_behind_clock_and_record(void **state) {
    struct stand *stand = *state;
    struct signal s = whole();
    const struct bytes value = encoded(stand, &s);
    const struct {
        int64_t record_s, clock_s;
        enum verdict verdict;
    } cases[] = {{NOW, NOW - 3 * DAY, VERDICT_ACCEPTED},
                 {0, NOW - 3 * DAY, VERDICT_FUTURE_TIME},
                 {NOW - 3 * DAY, NOW - 3 * DAY, VERDICT_FUTURE_TIME},
                 {NOW - 3 * DAY, NOW, VERDICT_ACCEPTED},
                 {-1, 0, VERDICT_ACCEPTED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct port_record record = {.value = value,
                                           .timestamp_ms = cases[i].record_s * 1000};
        assert_int_equal(signal_read(stand->reader, &record, cases[i].clock_s, &stand->got,
                                     stand->text, &stand->why),
                         cases[i].verdict);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_is_read),
        cmocka_unit_test(an_outcome_and_a_colour_are_read),
        cmocka_unit_test(every_field_of_the_contract_binds),
        cmocka_unit_test(another_writers_schema_is_bound_by_name),
        cmocka_unit_test(what_cannot_be_bound_is_named),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(what_was_cut_is_malformed),
        cmocka_unit_test(any_byte_may_be_another),
        cmocka_unit_test(records_that_are_no_signals_have_verdicts),
        cmocka_unit_test(every_rule_has_its_verdict_and_its_line_in_the_page),
        cmocka_unit_test(a_control_character_of_two_bytes_is_one),
        cmocka_unit_test(the_bounds_themselves_are_allowed),
        cmocka_unit_test(the_future_begins_behind_clock_and_record),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
