/* SPDX-License-Identifier: Apache-2.0 */
/* `saqshy signal` over a port in memory: what is published, once, and what is said of it; and JSON
 * in the names of a contract. */
#include "detector/commands/record_json.h"
#include "detector/commands/signal_verbs.h"
#include "tests/a_signal.h"
#include "tests/command_stand.h"
#include "tests/memory_logs.h"
#include "tests/sample.h"
#include "tests/support.h"

#include <stdio.h>
#include <unistd.h>

#define TOPIC "antifrod.signals"
enum { PARTITIONS = 3, DAY = 86400, MICROS = 1000000 };
#define NOW SIGNALS_START_S

struct stand {
    struct command_stand base;
    struct signal_query query;
};

static int setup(void **state) {
    static struct stand stand;
    *state = &stand;
    stand.query =
        (struct signal_query){.options = &stand.base.options, .now_s = NOW, .quiet = true};
    if (!command_stand_open(&stand.base, TOPIC, PARTITIONS)) return -1;
    memory_port_set_now(stand.base.memory, NOW * 1000);
    return 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    command_stand_close(&stand->base);
    return 0;
}

static size_t records(const struct stand *stand) {
    return logs_count(stand->base.memory, TOPIC, PARTITIONS);
}

static bool completed(struct stand *stand, struct signal_drafts *drafts, int64_t now_s) {
    bool ok = true;
    for (size_t i = 0; ok && i < drafts->count; i++)
        ok = signal_draft_complete(&drafts->items[i], now_s * MICROS, stand->base.encoder,
                                   &stand->base.error);
    return ok;
}

/* Adds what the JSON says, at so many seconds. */
static bool add_at(struct stand *stand, const char *json, int64_t now_s) {
    struct signal_drafts drafts = {0};
    FILE *in = fmemopen((void *)(uintptr_t)json, strlen(json), "r");
    FILE *out = printed_begin(&stand->base.printed);
    stand->base.error = (struct error){.code = ERROR_NONE};
    stand->query.now_s = now_s;
    const bool ok = signal_drafts_read(&drafts, in, &stand->base.error) &&
                    completed(stand, &drafts, now_s) &&
                    signal_publish(memory_port_port(stand->base.memory), &stand->query, &drafts,
                                   out, &stand->base.error);
    fclose(in);
    fclose(out);
    signal_drafts_free(&drafts);
    return ok;
}

static bool add(struct stand *stand, const char *json) {
    return add_at(stand, json, NOW);
}

static void must_add(struct stand *stand, const char *json) {
    if (!add(stand, json)) fail_msg("%s", stand->base.error.text);
}

typedef bool verb(struct port *, const struct signal_query *, FILE *, struct error *);

static bool run(struct stand *stand, verb *run_verb) {
    FILE *out = printed_begin(&stand->base.printed);
    stand->base.error = (struct error){.code = ERROR_NONE};
    const bool ok =
        run_verb(memory_port_port(stand->base.memory), &stand->query, out, &stand->base.error);
    fclose(out);
    return ok;
}

static bool said(const struct stand *stand, const char *what) {
    return strstr(stand->base.printed.text, what) != NULL;
}

#define SUBJECTS                                                                                   \
    "\"subjects\":[{\"type\":\"ACCOUNT\",\"token\":\"account-token-0123456789\",\"role\":"         \
    "\"DROPPER\"}]"
#define REPORT(more)                                                                               \
    "{\"kind\":\"INCIDENT\",\"source\":\"BANK\",\"confidence\":\"REPORTED\"," SUBJECTS             \
    ",\"valid_until\":\"2026-02-01T00:00:00Z\"" more "}"

static void the_same_again_is_published_once(void **state) {
    struct stand *stand = *state;
    must_add(stand, REPORT(""));
    assert_true(said(stand, "published") && !said(stand, "already there"));
    assert_int_equal(records(stand), 1);
    assert_true(add_at(stand, REPORT(""), NOW + 1000));
    assert_true(said(stand, "already there"));
    assert_int_equal(records(stand), 1);
    must_add(stand, REPORT(",\"category\":\"other\""));
    assert_int_equal(records(stand), 2);
}

static void the_engine_reads_what_was_published(void **state) {
    struct stand *stand = *state;
    struct port_record record;
    struct signal signal = {.revision = 0};
    char text[VERDICT_WHY_SIZE];
    const char *why = "";
    must_add(stand, REPORT(",\"signal_id\":\"s-1\",\"amount_kzt_minor\":500,\"telecom\":{"
                           "\"called_phone_token\":\"p\"},\"related_tx_ids\":[\"t\"]"));
    struct signal_reader *reader = signal_reader_open("", 1 << 20, &stand->base.error);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        if (!memory_port_get(stand->base.memory, TOPIC, p, 0, &record)) continue;
        assert_int_equal(record.key.size, 3);
        assert_memory_equal(record.key.data, "s-1", 3);
        assert_int_equal(signal_read(reader, &record, NOW, &signal, text, &why), VERDICT_ACCEPTED);
    }
    assert_true(text_equal(signal.signal_id, text_of("s-1")));
    assert_int_equal(signal.reported_at_us, NOW * MICROS);
    assert_int_equal(signal.valid_from_us, NOW * MICROS);
    assert_int_equal(signal.valid_until_s, NOW + 31 * DAY);
    assert_int_equal(signal.amount_kzt_minor, 500);
    assert_true(text_equal(signal.called_phone_token, text_of("p")));
    assert_int_equal(signal.tx_id_count, 1);
    signal_reader_close(reader);
}

static void many_come_in_one_input(void **state) {
    struct stand *stand = *state;
    must_add(stand, "[" REPORT("") "," REPORT(",\"category\":\"a\"") "]\n" REPORT(
                        ",\"category\":\"b\"") "\n" REPORT("") "\n");
    assert_int_equal(records(stand), 3);
    assert_true(said(stand, "already there"));
}

static void nothing_is_published_where_one_cannot_be(void **state) {
    struct stand *stand = *state;
    static const struct {
        const char *json, *why;
    } cases[] = {
        {REPORT("") "{", "behind signal 1: no JSON"},
        {REPORT("") "7", "behind signal 1: no JSON: '[' or '{' expected"},
        {REPORT("") "[7]", "signal 2: not an object"},
        {"", "no signal in the input"},
        {REPORT("") REPORT(",\"categry\":\"x\""),
         "signal 2: categry is no field here, did you mean category?"},
        {REPORT(",\"list_colour\":\"GRAY\""),
         "list_colour: GRAY is no symbol of it, did you mean GREY?"},
        {REPORT(",\"related_tx_ids\":[1]"), "related_tx_ids[0]: related_tx_ids: not a text"},
        {REPORT(",\"occurred_at\":\"yesterday\""), "occurred_at: not a time"},
        {REPORT(",\"revision\":4294967297"), "revision: not within 32 bits"},
        {REPORT(",\"revision\":2"), "a later revision needs its signal_id"},
        {REPORT(",\"revision\":0"), "BAD_VALUE: revision is less than 1"},
        {REPORT(",\"amount_kzt_minor\":-1"), "BAD_AMOUNT: an amount of the signal is negative"},
        {REPORT(",\"reported_at\":\"2026-01-01T01:00:00Z\""), "FUTURE_TIME: "},
        {REPORT(",\"outcome\":{\"result\":\"HELD\"}"), "BAD_VALUE: an outcome in a signal"},
        {REPORT(",\"outcome\":{\"result\":7}"), "outcome: result: not a symbol"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(add(stand, cases[i].json));
        assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
        if (strstr(stand->base.error.text, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].why, stand->base.error.text);
        assert_int_equal(records(stand), 0);
    }
}

static void a_contradiction_is_not_published(void **state) {
    struct stand *stand = *state;
    must_add(stand, REPORT(",\"signal_id\":\"s\",\"revision\":2"));
    static const struct {
        const char *json, *why;
    } cases[] = {
        {REPORT(",\"signal_id\":\"s\",\"revision\":1"), "a later revision is there"},
        {REPORT(",\"signal_id\":\"s\",\"revision\":2,\"category\":\"x\""),
         "another signal is there"},
        {"{\"signal_id\":\"s\",\"revision\":3,\"kind\":\"INCIDENT\",\"source\":\"MFO\","
         "\"confidence\":"
         "\"CONFIRMED\"," SUBJECTS "}",
         "only its own source and HUB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(add(stand, cases[i].json));
        assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
        assert_non_null(strstr(stand->base.error.text, cases[i].why));
    }
    /* The first of two is fine, and is not published without the other. */
    assert_false(add(stand, REPORT(",\"category\":\"fine\"") REPORT(",\"signal_id\":\"s\"")));
    assert_int_equal(records(stand), 1);
    must_add(stand, REPORT(",\"signal_id\":\"s\",\"revision\":3"));
    assert_int_equal(records(stand), 2);
}

#define SINCE_NEW_YEAR(more) REPORT(",\"reported_at\":\"2026-01-01\"" more)

/* The term of both ends with January. */
static void what_has_ended_is_not_already_there(void **state) {
    struct stand *stand = *state;
    const char *report = SINCE_NEW_YEAR(",\"signal_id\":\"s\"");
    must_add(stand, report);
    assert_true(add_at(stand, report, NOW + 31 * DAY - 1));
    assert_true(said(stand, "already there"));
    for (int dry = 0; dry < 2; dry++) {
        stand->query.dry_run = dry;
        assert_false(add_at(stand, report, NOW + 31 * DAY));
        assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
        assert_string_equal(stand->base.error.text,
                            "signal s: it ended on 2026-02-01T00:00:00Z; give a later revision");
    }
    stand->query.dry_run = false;
    assert_true(add_at(stand,
                       "{\"signal_id\":\"s\",\"revision\":2,\"kind\":\"INCIDENT\",\"source\":"
                       "\"BANK\",\"confidence\":\"CONFIRMED\"," SUBJECTS "}",
                       NOW + 31 * DAY));
    assert_true(said(stand, "published s revision 2"));
    assert_int_equal(records(stand), 2);
}

static void what_is_over_already_is_not_published(void **state) {
    struct stand *stand = *state;
    const char *over = SINCE_NEW_YEAR(",\"signal_id\":\"s\"");
    assert_false(add_at(stand, over, NOW + 31 * DAY));
    assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
    assert_string_equal(stand->base.error.text,
                        "signal s: it is over already, since 2026-02-01T00:00:00Z; give a later "
                        "valid_until");
    assert_int_equal(records(stand), 0);
    assert_true(add_at(stand, over, NOW + 31 * DAY - 1));
    assert_int_equal(records(stand), 1);
}

/* What the engine knows ends by a revision that is over; what it has forgotten does not. */
static void a_revision_that_is_over_ends_what_counts(void **state) {
    struct stand *stand = *state;
    static const char ending[] =
        "{\"signal_id\":\"s\",\"revision\":2,\"kind\":\"INCIDENT\",\"source\":\"BANK\","
        "\"confidence\":\"REPORTED\"," SUBJECTS ",\"reported_at\":\"2026-01-01\","
        "\"valid_until\":\"2026-01-10\"}";
    must_add(stand, REPORT(",\"signal_id\":\"s\""));
    must_add(stand, REPORT(",\"signal_id\":\"ended\""));
    assert_true(add_at(stand, ending, NOW + 20 * DAY));
    assert_int_equal(records(stand), 3);
    assert_false(
        add_at(stand, SINCE_NEW_YEAR(",\"signal_id\":\"ended\",\"revision\":2"), NOW + 40 * DAY));
    assert_non_null(strstr(stand->base.error.text, "signal ended: it is over already"));
    assert_int_equal(records(stand), 3);
}

/* Outcomes of a CSV. */

#define ID(digit) "0123456789abcdef0123456789abcde" digit

static bool read_outcomes(struct stand *stand, const char *csv, char separator,
                          struct signal_drafts *drafts, size_t *passed) {
    char path[] = "/tmp/saqshy-outcomes-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, csv, strlen(csv)), (ssize_t)strlen(csv));
    close(descriptor);
    stand->base.error = (struct error){.code = ERROR_NONE};
    const bool ok =
        signal_drafts_read_outcomes(drafts, path, separator, "BANK", passed, &stand->base.error);
    unlink(path);
    return ok;
}

static bool add_outcomes(struct stand *stand, const char *csv, char separator) {
    struct signal_drafts drafts = {0};
    size_t passed = 0;
    FILE *out = printed_begin(&stand->base.printed);
    const bool ok = read_outcomes(stand, csv, separator, &drafts, &passed) &&
                    completed(stand, &drafts, stand->query.now_s) &&
                    signal_publish(memory_port_port(stand->base.memory), &stand->query, &drafts,
                                   out, &stand->base.error);
    fclose(out);
    signal_drafts_free(&drafts);
    return ok;
}

static void outcomes_of_a_csv_are_published_once(void **state) {
    struct stand *stand = *state;
    static const char csv[] =
        "\xef\xbb\xbfresult;recommendation_id;held_amount_kzt;decided_at;note\r\n"
        "HELD;" ID("1") ";1234.5;2025-12-31T12:00:00Z;\"two\nlines; \"\"q\"\"\"\r\n"
                        ";" ID("3") ";;;\r\n"
                                    "FALSE_POSITIVE;" ID("2") ".7;;;\r\n";
    assert_true(add_outcomes(stand, csv, ';'));
    assert_int_equal(records(stand), 2);
    stand->query.now_s += 100;
    assert_true(add_outcomes(stand, csv, ';'));
    assert_int_equal(records(stand), 2);
    assert_true(said(stand, "already there"));
    stand->query.json = true;
    assert_true(run(stand, signal_list));
    assert_true(said(stand,
                     "\"recommendation_id\":\"" ID("1") "\",\"result\":\"HELD\",\"held_amount_"
                                                        "kzt_minor\":123450"));
    assert_true(said(stand, "\"reported_at\":\"2025-12-31T12:00:00Z\"") &&
                said(stand, "\"two\\nlines; \\\"q\\\"\""));
    assert_true(said(stand, "\"recommendation_id\":\"" ID("2") "\",\"result\":\"FALSE_POSITIVE\""));
    assert_true(said(stand, "\"source\":\"BANK\"") && said(stand, "\"confidence\":\"CONFIRMED\""));
    assert_false(said(stand, ID("3")));
}

/* A list of `saqshy freezes ls --csv --full` with a column more is a table of outcomes. */
static void a_list_of_recommendations_with_results_is_one(void **state) {
    struct stand *stand = *state;
    assert_true(add_outcomes(
        stand,
        "recommendation_id,revision,state,standing,priority,action,hold_amount_kzt_minor,at_risk_"
        "kzt_minor,issued_at,decide_by,valid_until,addressee_bic,account_token,score,probability,"
        "outcome,result,source\n" ID(
            "1") ",2,AMENDED,OPEN,HIGH,HOLD_AMOUNT,5,6,2025-12-30T00:00:00Z,x,"
                 "x,B,account-token,1,0.9,,CONFIRMED_FRAUD,POLICE\n",
        ','));
    stand->query.json = stand->query.full = true;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "\"occurred_at\":\"2025-12-30T00:00:00Z\"") &&
                said(stand, "\"type\":\"ACCOUNT\",\"token\":\"account-token\"") &&
                said(stand, "\"source\":\"POLICE\""));
    assert_false(said(stand, "held_amount"));
}

static void what_guards_a_cell_from_a_spreadsheet_is_not_of_its_text(void **state) {
    struct stand *stand = *state;
    assert_true(add_outcomes(stand,
                             "recommendation_id,account_token,note,result\n" ID(
                                 "1") ",'-1+1,'as they say',CONFIRMED_FRAUD\n",
                             ','));
    stand->query.json = stand->query.full = true;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "\"token\":\"-1+1\"") && said(stand, "\"'as they say'\""));
}

/* A CONFIRMED_FRAUD of it must not weigh on the payer. */
static void the_account_of_advice_on_a_payment_is_a_victims(void **state) {
    struct stand *stand = *state;
    assert_true(add_outcomes(stand,
                             "recommendation_id,account_token,payee_recommendation_id,result\n" ID(
                                 "1") ",payer," ID("2") ",CONFIRMED_FRAUD\n" ID("2") ",payee,,"
                                                                                     "CONFIRMED_"
                                                                                     "FRAUD\n",
                             ','));
    stand->query.json = stand->query.full = true;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "\"token\":\"payer\",\"role\":\"VICTIM\""));
    assert_false(said(stand, "\"token\":\"payee\",\"role\":\"VICTIM\""));
}

#define SIXTY_FOUR "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void nothing_is_published_of_a_csv_with_a_bad_row(void **state) {
    struct stand *stand = *state;
    static const struct {
        const char *csv, *why;
    } cases[] = {
        {"", "no row has a result"},
        {"recommendation_id,result\n" ID("1") ",\n", "no row has a result"},
        {"recommendation_id\n" ID("1") "\n", ":1: the head line has one column"},
        {"recommendation_id;result\n", "separator is another"},
        {"recommendation_id,note\n", ":1: the head line names no recommendation_id, or no result"},
        {"recommendation_id,result,held_amont_kzt\n",
         ":1: held_amont_kzt is no column of outcomes, did "
         "you mean held_amount_kzt?"},
        {"recommendation_id,result,result\n", ":1: a column is there twice"},
        {"recommendation_id,result,held_amount_kzt,held_amount_kzt_minor\n", "exclude each other"},
        {"recommendation_id,result\n" ID("1") ",HELD\n\n" ID("2") "\n", ":4: as many fields"},
        {"recommendation_id,result\n" ID("1") ",HELD\n" ID("2") ",HOLD\n",
         ":3: outcome: result: HOLD is no symbol of it"},
        {"recommendation_id,result\nx,HELD\n", ":2: \"x\" is no recommendation_id"},
        {"recommendation_id,result\n,HELD\n", ":2: \"\" is no recommendation_id"},
        {"recommendation_id,result\n" ID("1") ".0,HELD\n", ".0\" is no recommendation_id"},
        {"recommendation_id,result\n" ID("1") ".2147483648,HELD\n", "is no recommendation_id"},
        {"recommendation_id,result\n" ID("1") ",HELD\n" ID("2") ",HELD\n" ID("1") ".2,RELEASED\n",
         ":4: recommendation " ID("1") " has a result in line 2 already"},
        {"recommendation_id,result,held_amount_kzt\n" ID("1") ",HELD,12.345\n",
         ":2: the amount held"},
        {"recommendation_id,result,held_amount_kzt_minor\n" ID("1") ",HELD,1e9\n",
         ":2: the amount held"},
        {"recommendation_id,result,held_amount_kzt_minor\n" ID("1") ",HELD,-1\n",
         "an amount of the signal is negative"},
        {"recommendation_id,result,decided_at\n" ID("1") ",HELD,01.02.2026\n",
         ":2: decided_at: not a time, as 2026-01-31T12:00:00Z"},
        {"recommendation_id,result,decided_at\n" ID("1") ",HELD,2026-02-30\n",
         ":2: decided_at: not a time"},
        {"recommendation_id,result,issued_at,occurred_at\n" ID("1") ",HELD,yesterday,\n",
         ":2: issued_at: not a time"},
        {"recommendation_id,result,issued_at,occurred_at\n" ID("1") ",HELD,,yesterday\n",
         ":2: occurred_at: not a time"},
        {"recommendation_id,result,decided_at\n" ID("1") ",HELD,2027-01-01\n", "FUTURE_TIME"},
        {"recommendation_id,result,note\n" ID("1") ",HELD,\xff\xfe\n", ":2: note is no UTF-8"},
        {"recommendation_id,result,note\n" ID("1") ",HELD," SIXTY_FOUR "1\n",
         ":2: note: longer than 64 bytes"},
        {"recommendation_id,result,account_token\n" ID("1") ",HELD," SIXTY_FOUR SIXTY_FOUR "1\n",
         ":2: account_token: longer than 128 bytes"},
        {"recommendation_id,result,source\n" ID("1") ",HELD,BANKK\n", "did you mean BANK?"},
        {"recommendation_id,result\n" ID("1") ",UNKNOWN\n", "an OUTCOME without"},
        {"recommendation_id,result\n\"" ID("1") ",HELD\n", "never closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(add_outcomes(stand, cases[i].csv, ','));
        assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
        if (strstr(stand->base.error.text, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].why, stand->base.error.text);
        assert_int_equal(records(stand), 0);
    }
}

static void a_dry_run_writes_nothing(void **state) {
    struct stand *stand = *state;
    stand->query.dry_run = true;
    must_add(stand, REPORT(""));
    assert_true(said(stand, "would be published"));
    assert_int_equal(records(stand), 0);
}

static void a_list_masks_tokens_and_says_what_counts(void **state) {
    struct stand *stand = *state;
    must_add(stand, REPORT(",\"signal_id\":\"one\"")
                        REPORT(",\"signal_id\":\"two\",\"valid_from\":\"2025-01-01\""));
    stand->query.now_s = NOW + 40 * DAY;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "one ") && said(stand, " ended "));
    stand->query.now_s = NOW;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, " live ") && said(stand, "ACCOUNT:acco…6789:DROPPER"));
    assert_false(said(stand, "account-token-0123456789"));
    stand->query.full = true;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "account-token-0123456789"));
    stand->query.json = true;
    stand->query.full = false;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "\"state\":\"live\"") && said(stand, "acco…6789"));
    assert_false(said(stand, "account-token-0123456789"));
}

static void a_list_is_filtered(void **state) {
    struct stand *stand = *state;
    must_add(stand, REPORT(",\"signal_id\":\"one\"") "{\"signal_id\":\"box\",\"kind\":\"SIM_BOX\","
                                                     "\"source\":\"MOBILE_OPERATOR\","
                                                     "\"confidence\":\"CONFIRMED\",\"subjects\":[{"
                                                     "\"type\":\"PHONE\",\"token\":\"a:b\"}]}");
    stand->query.kind = "SIM_BOX";
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "box ") && !said(stand, "one "));
    stand->query.kind = NULL;
    stand->query.subject = "PHONE:a:b";
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "box ") && !said(stand, "one "));
    stand->query.subject = "PHONE:other";
    assert_true(run(stand, signal_list));
    assert_false(said(stand, "box "));
    stand->query.subject = "PHONE";
    assert_false(run(stand, signal_list));
    assert_int_equal(stand->base.error.code, ERROR_USAGE);
    stand->query.subject = NULL;
    stand->query.kind = "SIMBOX";
    assert_false(run(stand, signal_list));
    assert_int_equal(stand->base.error.code, ERROR_USAGE);
    assert_non_null(strstr(stand->base.error.text, "did you mean SIM_BOX?"));
}

static void a_withdrawal_is_published_once_and_shown(void **state) {
    struct stand *stand = *state;
    must_add(stand, REPORT(",\"signal_id\":\"s\""));
    stand->query.id = "s";
    stand->query.reason = "mistaken identity";
    assert_true(run(stand, signal_withdraw));
    assert_true(said(stand, "WITHDRAWAL of BANK"));
    assert_int_equal(records(stand), 2);
    stand->query.now_s = NOW + 5;
    assert_true(run(stand, signal_withdraw));
    assert_true(said(stand, "already there"));
    assert_int_equal(records(stand), 2);
    assert_true(run(stand, signal_list));
    assert_true(said(stand, " withdrawn "));
    stand->query.live = true;
    assert_true(run(stand, signal_list));
    assert_false(said(stand, "withdrawn"));
    assert_true(run(stand, signal_show));
    assert_true(said(stand, "INCIDENT of BANK, revision 1: partition") &&
                said(stand, "WITHDRAWAL of BANK") && said(stand, "mistaken identity"));
    assert_false(add(stand, REPORT(",\"signal_id\":\"s\",\"revision\":2")));
    assert_non_null(strstr(stand->base.error.text, "it was withdrawn"));
}

/* The id of what is written last, as it was said. */
static void published_id(const struct stand *stand, char id[SIGNAL_UUID_SIZE]) {
    assert_int_equal(sscanf(stand->base.printed.text, "published %36s", id), 1);
}

/* No record has the id that the second one would have. */
static void a_second_withdrawal_names_the_first(void **state) {
    struct stand *stand = *state;
    char id[SIGNAL_UUID_SIZE], due[128];
    must_add(stand, REPORT(",\"signal_id\":\"s\""));
    stand->query.id = "s";
    stand->query.reason = "one";
    assert_true(run(stand, signal_withdraw));
    published_id(stand, id);
    stand->query.reason = "two";
    assert_true(run(stand, signal_withdraw));
    snprintf(due, sizeof due, "s is withdrawn already, by %s\n", id);
    assert_string_equal(stand->base.printed.text, due);
    stand->query.json = true;
    assert_true(run(stand, signal_withdraw));
    snprintf(due, sizeof due,
             "{\"signal_id\":\"%s\",\"withdraws_signal_id\":\"s\",\"result\":\"there\"}\n", id);
    assert_string_equal(stand->base.printed.text, due);
    assert_int_equal(records(stand), 2);
    stand->query.json = false;
    stand->query.source = "HUB";
    assert_true(run(stand, signal_withdraw));
    assert_true(said(stand, "WITHDRAWAL of HUB"));
    assert_int_equal(records(stand), 3);
}

/* A withdrawal may be in the topic before what it withdraws. */
static void a_withdrawal_that_came_first_is_named_too(void **state) {
    struct stand *stand = *state;
    must_add(stand, "{\"signal_id\":\"early\",\"kind\":\"WITHDRAWAL\",\"source\":\"BANK\","
                    "\"withdraws_signal_id\":\"s\",\"valid_until\":\"2026-03-01T00:00:00Z\"}");
    assert_false(add(stand, REPORT(",\"signal_id\":\"s\"")));
    must_add(stand, "{\"signal_id\":\"later\",\"kind\":\"WITHDRAWAL\",\"source\":\"BANK\","
                    "\"withdraws_signal_id\":\"s\",\"valid_until\":\"2026-02-01T00:00:00Z\"}");
    assert_string_equal(stand->base.printed.text, "s is withdrawn already, by early\n");
    assert_int_equal(records(stand), 1);
}

/* It would be told as published, and the signal would stay in force. */
static void a_withdrawal_that_nobody_could_read_is_not_published(void **state) {
    struct stand *stand = *state;
    static const char *const reasons[] = {
        "ошибка при установлении лица, отзыв банка", /* 41 letters, 76 bytes */
        "\xff",
    };
    must_add(stand, REPORT(",\"signal_id\":\"s\""));
    stand->query.id = "s";
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        stand->query.reason = reasons[i];
        assert_false(run(stand, signal_withdraw));
        assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
        assert_non_null(strstr(stand->base.error.text, ": MALFORMED: "));
        assert_int_equal(records(stand), 1);
    }
}

static void what_a_signal_says_steers_no_terminal(void **state) {
    struct stand *stand = *state;
    static const char id[] = "s\u202e";
    stand->query.full = true;
    must_add(stand, "{\"kind\":\"INCIDENT\",\"source\":\"BANK\",\"confidence\":\"REPORTED\","
                    "\"subjects\":[{\"type\":\"ACCOUNT\",\"token\":\"\\u001b[2J\\u009b\"}],"
                    "\"signal_id\":\"s\\u202e\",\"valid_until\":\"2026-02-01T00:00:00Z\"}");
    assert_true(said(stand, "published s? revision 1"));
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "s?   ") && said(stand, " ACCOUNT:?[2J?\n"));
    stand->query.id = id;
    assert_true(run(stand, signal_show));
    assert_true(said(stand, "\"token\": \"\\u001B[2J?\""));
}

static void only_its_source_and_the_hub_withdraw(void **state) {
    struct stand *stand = *state;
    must_add(stand, REPORT(",\"signal_id\":\"s\""));
    stand->query.id = "s";
    stand->query.reason = "r";
    stand->query.source = "MFO";
    assert_false(run(stand, signal_withdraw));
    assert_int_equal(stand->base.error.code, ERROR_BAD_DATA);
    stand->query.source = "HUB";
    assert_true(run(stand, signal_withdraw));
    stand->query.id = "nobody";
    assert_false(run(stand, signal_withdraw));
    assert_int_equal(stand->base.error.code, ERROR_FAILED);
    assert_false(run(stand, signal_show));
    assert_int_equal(stand->base.error.code, ERROR_FAILED);
}

static void what_cannot_be_used_is_passed_over(void **state) {
    struct stand *stand = *state;
    const struct port_message message = {
        .topic = TOPIC, .key = {(const uint8_t *)"k", 1}, .value = {(const uint8_t *)"{}", 2}};
    memory_port_append(stand->base.memory, &message, -1);
    must_add(stand, REPORT(",\"signal_id\":\"s\""));
    stand->query.json = true;
    assert_true(run(stand, signal_list));
    assert_true(said(stand, "\"signal_id\":\"s\""));
}

static void a_topic_that_is_not_there_is_named(void **state) {
    struct stand *stand = *state;
    options_set(&stand->base.options, "topic.signals", "absent", "test", &stand->base.error);
    assert_false(add(stand, REPORT("")));
    assert_int_equal(stand->base.error.code, ERROR_CONFIG);
    assert_non_null(strstr(stand->base.error.text, "absent"));
}

static void a_signal_is_the_same_behind_json(void **state) {
    struct stand *stand = *state;
    struct signal s = a_signal("id \"quoted\"", SUBJECT_PHONE, "токен", 0), again;
    struct bytes value;
    uint8_t copy[1024];
    s.occurred_at_present = s.telecom_present = s.amount_present = s.outcome_present = true;
    s.occurred_at_us = NOW * MICROS - 1;
    s.telecom_operator = text_of("op");
    s.recommendation_id = text_of("r");
    s.outcome_result = OUTCOME_HELD;
    s.related_tx_ids[s.tx_id_count++] = text_of("t");
    json_t *json = record_json_write(CONTRACT_SIGNAL, &s);
    if (!record_json_read(CONTRACT_SIGNAL, json, &again, &stand->base.error))
        fail_msg("%s", stand->base.error.text);
    assert_true(encode_signal(stand->base.encoder, &s, &value, &stand->base.error));
    const uint32_t size = value.size;
    memcpy(copy, value.data, size);
    assert_true(encode_signal(stand->base.encoder, &again, &value, &stand->base.error));
    assert_int_equal(size, value.size);
    assert_memory_equal(copy, value.data, size);
    json_decref(json);
}

static void times_of_any_size_are_written(void **state) {
    (void)state;
    char text[TIME_JSON_SIZE];
    assert_string_equal(time_json(NOW * MICROS, text), "2026-01-01T00:00:00Z");
    assert_string_equal(time_json(NOW * MICROS + 7, text), "2026-01-01T00:00:00.000007Z");
    assert_string_equal(time_json(INT64_MAX, text), "9223372036854775807 us");
    assert_string_equal(time_json(-1, text), "-1 us");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_same_again_is_published_once),
        TEST(the_engine_reads_what_was_published),
        TEST(many_come_in_one_input),
        TEST(nothing_is_published_where_one_cannot_be),
        TEST(a_contradiction_is_not_published),
        TEST(what_has_ended_is_not_already_there),
        TEST(what_is_over_already_is_not_published),
        TEST(a_revision_that_is_over_ends_what_counts),
        TEST(outcomes_of_a_csv_are_published_once),
        TEST(what_guards_a_cell_from_a_spreadsheet_is_not_of_its_text),
        TEST(a_list_of_recommendations_with_results_is_one),
        TEST(the_account_of_advice_on_a_payment_is_a_victims),
        TEST(nothing_is_published_of_a_csv_with_a_bad_row),
        TEST(a_dry_run_writes_nothing),
        TEST(a_list_masks_tokens_and_says_what_counts),
        TEST(a_list_is_filtered),
        TEST(a_withdrawal_is_published_once_and_shown),
        TEST(a_second_withdrawal_names_the_first),
        TEST(a_withdrawal_that_came_first_is_named_too),
        TEST(a_withdrawal_that_nobody_could_read_is_not_published),
        TEST(what_a_signal_says_steers_no_terminal),
        TEST(only_its_source_and_the_hub_withdraw),
        TEST(what_cannot_be_used_is_passed_over),
        TEST(a_topic_that_is_not_there_is_named),
        TEST(a_signal_is_the_same_behind_json),
        TEST(times_of_any_size_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
