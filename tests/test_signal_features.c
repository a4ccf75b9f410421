/* SPDX-License-Identifier: Apache-2.0 */
/* What signals make of the features of a side, worked out by hand; and that citizens, whatever they
 * report of whom and when, change no feature and no recommendation. */
#include "tests/support.h"

#include "detector/account.h"
#include "detector/base/log.h"
#include "detector/batch.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "tests/a_signal.h"
#include "tests/chance.h"
#include "tests/fed.h"
#include "tests/sample.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(SIGNALS_START_S == SAMPLE_START_S, "signals and transactions begin together");

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, TENGE = 100 };

/* One engine, a batch a row. */

static struct signals *signals;
static char ids[256][8];

static int set_up(void **state) {
    const struct signals_options options = {.max = 256};
    struct error error;
    (void)state;
    signals = signals_open(&options, &error);
    if (signals == NULL) return -1;
    fed_open(signals);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fed_close();
    signals_close(signals);
    return 0;
}

static void take(struct transaction tx) {
    assert_int_equal(fed_take(tx), VERDICT_ACCEPTED);
}

static void tell(struct signal signal) {
    fed_tell(signal);
    assert_int_equal(fed.batch->signal_effect[0], EFFECT_ADDED);
}

/* With the phone, person and device of the payer, and the phone of the payee. */
static struct transaction transfer(const char *payer, const char *payee, int64_t second) {
    char *id = ids[fed.ordinal % 256];
    snprintf(id, sizeof ids[0], "t%u", (unsigned)fed.ordinal);
    struct transaction tx = sample_transfer(id, payer, payee, second, 1000 * TENGE);
    tx.payer.phone_token = text_of("payer's phone");
    tx.payer.person_token = text_of("payer himself");
    tx.payee.phone_token = text_of("payee's phone");
    tx.device_token = text_of("payer's device");
    return tx;
}

static void pay(const char *payer, const char *payee, int64_t second) {
    take(transfer(payer, payee, second));
}

#define assert_value(role, name, expected)                                                         \
    assert_true(fed_value(role, FEATURE_##name) == (double)(expected))

static struct signal confirmed(const char *id, enum subject_type type, const char *token) {
    struct signal s = a_signal(id, type, token, 0);
    s.confidence = CONFIDENCE_CONFIRMED;
    return s;
}

/* List evidence. */

static void nothing_is_known_without_a_signal(void **state) {
    (void)state;
    pay("anna", "vera", 0);
    assert_value(SIDE_PAYER, list_evidence, 0);
    assert_value(SIDE_PAYEE, list_evidence, 0);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
    assert_value(SIDE_PAYER, fraud_call, 0);
    assert_value(SIDE_PAYEE, fraud_call, 0);
}

static void evidence_is_that_of_account_person_phone_and_the_payers_device(void **state) {
    static const struct {
        enum subject_type type;
        const char *token;
        double payer, payee;
    } cases[] = {{SUBJECT_ACCOUNT, "anna", 1, 0},        {SUBJECT_PERSON, "payer himself", 1, 0},
                 {SUBJECT_PHONE, "payer's phone", 1, 0}, {SUBJECT_DEVICE, "payer's device", 1, 0},
                 {SUBJECT_ACCOUNT, "vera", 0, 1},        {SUBJECT_PHONE, "payee's phone", 0, 1},
                 {SUBJECT_PERSON, "vera", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i > 0) tear_down(state);
        if (i > 0) assert_int_equal(set_up(state), 0);
        pay("boris", "gleb", 0);
        tell(confirmed("s", cases[i].type, cases[i].token));
        pay("anna", "vera", 1);
        assert_value(SIDE_PAYER, list_evidence, cases[i].payer);
        assert_value(SIDE_PAYEE, list_evidence, cases[i].payee);
    }
}

static void it_decays_by_the_engine_clock_whatever_the_time_of_the_event(void **state) {
    (void)state;
    pay("boris", "gleb", 0);
    tell(a_signal("s", SUBJECT_ACCOUNT, "vera", 0));
    pay("anna", "vera", 5 * DAY);
    assert_value(SIDE_PAYEE, list_evidence, 0.15);
    pay("anna", "vera", DAY); /* late */
    assert_value(SIDE_PAYEE, list_evidence, 0.15);
    pay("anna", "vera", 10 * DAY);
    assert_value(SIDE_PAYEE, list_evidence, 0);
}

/* What the feature table says it stands at while a signal is new. */
static void the_levels_are_what_new_signals_weigh(void **state) {
    static const enum confidence rising[FEATURE_LEVELS_MAX] = {
        CONFIDENCE_REPORTED, CONFIDENCE_CORROBORATED, CONFIDENCE_CONFIRMED};
    for (int i = 0; i < FEATURE_LEVELS_MAX; i++) {
        if (i > 0) tear_down(state);
        if (i > 0) assert_int_equal(set_up(state), 0);
        pay("boris", "gleb", 0);
        struct signal s = a_signal("s", SUBJECT_ACCOUNT, "vera", 0);
        s.confidence = (uint8_t)rising[i];
        tell(s);
        pay("anna", "vera", 0);
        assert_value(SIDE_PAYEE, list_evidence, feature_table[FEATURE_list_evidence].levels[i]);
    }
}

static void a_signal_is_known_from_its_row_on(void **state) {
    (void)state;
    pay("boris", "gleb", 0);
    const struct transaction before = transfer("anna", "vera", 1);
    struct transaction after = transfer("anna", "vera", 2);
    const struct signal signal = confirmed("s", SUBJECT_ACCOUNT, "vera");
    after.tx_id = text_of("another");
    rows_clear(fed.batch);
    rows_add(fed.batch, &before, fed.ordinal);
    rows_add_signal(fed.batch, &signal, fed.ordinal + 1);
    rows_add(fed.batch, &after, fed.ordinal + 2);
    apply_batch(fed.apply, fed.batch);
    assert_int_equal(fed.batch->sides, 4);
    assert_true(fed.batch->features[FEATURE_list_evidence][1] == 0);
    assert_true(fed.batch->features[FEATURE_list_evidence][3] == 1);
}

static void a_victim_is_no_suspect(void **state) {
    (void)state;
    pay("boris", "gleb", 0);
    struct signal s = confirmed("s", SUBJECT_ACCOUNT, "anna");
    s.subjects[0].role = ROLE_VICTIM;
    tell(s);
    pay("anna", "vera", 1);
    assert_value(SIDE_PAYER, list_evidence, 0);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
}

/* Flagged payers. */

static void payers_are_flagged_by_what_was_known_when_they_paid(void **state) {
    (void)state;
    pay("anna", "vera", 0);
    tell(a_signal("a", SUBJECT_ACCOUNT, "anna", 0)); /* until day 10 */
    tell(a_signal("b", SUBJECT_ACCOUNT, "boris", 0));
    struct transaction tx = transfer("dina", "vera", 1);
    tx.payer.person_token = tx.payer.phone_token = tx.device_token = (struct text){0};
    take(tx);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0); /* Anna had paid before */
    pay("anna", "vera", 2);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 1);
    pay("anna", "vera", 3);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 1);
    pay("boris", "vera", 4);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 2);
    assert_value(SIDE_PAYEE, payers_24h, 3);
    pay("dina", "vera", DAY + 2);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 2); /* of the seconds 3 and 4 */
    pay("dina", "vera", DAY + 4);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
    pay("anna", "vera", 10 * DAY - 1);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 1);
    pay("anna", "vera", 10 * DAY); /* her signal has ended */
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
}

static void neither_attempts_nor_reversals_nor_own_transfers_flag(void **state) {
    (void)state;
    pay("gleb", "egor", 0);
    tell(confirmed("s", SUBJECT_ACCOUNT, "anna"));
    struct transaction tx = transfer("anna", "vera", 1);
    tx.tx_status = TX_STATUS_REFUSED;
    take(tx);
    tx = transfer("anna", "vera", 2);
    tx.tx_status = TX_STATUS_REVERSED;
    take(tx);
    tx = transfer("anna", "vera", 3);
    tx.event_type = EVENT_TYPE_OWN_TRANSFER;
    take(tx);
    pay("boris", "vera", 4);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
}

static void what_an_account_sends_abroad_flags_nobody_and_a_flag_is_not_abroad(void **state) {
    (void)state;
    pay("gleb", "egor", 0);
    tell(confirmed("s", SUBJECT_ACCOUNT, "anna"));
    pay("anna", "vera", 1);
    struct transaction tx = transfer("vera", "boris", 2);
    tx.country_to = text_of("RU");
    take(tx);
    assert_value(SIDE_PAYER, foreign_out_share_24h, 1);
    assert_value(SIDE_PAYER, flagged_payers_24h, 1);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
    pay("vera", "boris", 3);
    assert_value(SIDE_PAYER, foreign_out_share_24h, 0.5);
}

static void their_credits_are_the_evidence(void **state) {
    uint32_t slots[8];
    (void)state;
    pay("boris", "vera", 0);
    tell(confirmed("s", SUBJECT_ACCOUNT, "anna"));
    pay("anna", "vera", 1);
    pay("boris", "vera", 2);
    struct transaction abroad = transfer("vera", "boris", 3);
    abroad.country_to = text_of("RU");
    take(abroad);
    const struct account *account = fed.batch->side[0].account;
    assert_int_equal(
        account_evidence(account, FEATURE_flagged_payers_24h, SAMPLE_START_S + 3, slots, 8), 1);
    assert_int_equal(slots[0], 1);
}

/* Calls. */

static struct signal call_to(const char *id, const char *phone, int64_t second) {
    struct signal s = a_signal(id, SUBJECT_PHONE, "caller", 0);
    s.kind = SIGNAL_FRAUD_CALL;
    s.source = SOURCE_MOBILE_OPERATOR;
    s.telecom_present = true;
    s.called_phone_token = text_of(phone);
    s.occurred_at_present = true;
    s.occurred_at_s = SAMPLE_START_S + second;
    s.occurred_at_us = s.occurred_at_s * 1000000;
    return s;
}

static void who_was_called_and_pays_somebody_new_is_told_apart(void **state) {
    (void)state;
    pay("anna", "vera", 0);
    tell(call_to("s", "payer's phone", 10));
    pay("anna", "vera", 20);
    assert_value(SIDE_PAYER, fraud_call, 0); /* she knows her */
    struct transaction tx = transfer("anna", "gleb", 30);
    tx.tx_status = TX_STATUS_ATTEMPTED;
    take(tx);
    assert_value(SIDE_PAYER, fraud_call, 1);
    assert_value(SIDE_PAYEE, fraud_call, 0);
    pay("anna", "dina", 40);
    assert_value(SIDE_PAYER, fraud_call, 1);
    tx = transfer("anna", "savings", 50);
    tx.event_type = EVENT_TYPE_OWN_TRANSFER;
    take(tx);
    assert_value(SIDE_PAYER, fraud_call, 0);
    tx = transfer("anna", "", 60);
    tx.event_type = EVENT_TYPE_CASH_WITHDRAWAL;
    take(tx);
    assert_value(SIDE_PAYER, fraud_call, 0);
    pay("anna", "egor", 10 + DAY - 1);
    assert_value(SIDE_PAYER, fraud_call, 1);
    pay("anna", "zoya", 10 + DAY);
    assert_value(SIDE_PAYER, fraud_call, 0);
}

static void the_call_comes_before_the_payment(void **state) {
    (void)state;
    pay("boris", "egor", HOUR);
    tell(call_to("s", "payer's phone", 10));
    pay("anna", "vera", 9);
    assert_value(SIDE_PAYER, fraud_call, 0);
    pay("anna", "gleb", 10);
    assert_value(SIDE_PAYER, fraud_call, 1);
}

static void it_is_no_evidence_against_anybody(void **state) {
    (void)state;
    pay("boris", "egor", 0);
    struct signal s = call_to("s", "payer's phone", 10);
    s.kind = SIGNAL_SIM_BOX;
    s.confidence = CONFIDENCE_CONFIRMED;
    s.subjects[0].token = text_of("payee's phone"); /* the caller is who is paid */
    tell(s);
    pay("anna", "vera", 20);
    assert_value(SIDE_PAYER, fraud_call, 1);
    assert_value(SIDE_PAYER, list_evidence, 0);
    assert_value(SIDE_PAYEE, list_evidence, 0);
    assert_value(SIDE_PAYEE, flagged_payers_24h, 0);
}

/* Citizens, through the whole program. */

enum { PARTITIONS = 2, PEOPLE = 40, STEPS = 12, STEP_TRANSACTIONS = 40, FLOOD = 30, SEEDS = 12 };

/* Who is told of by whom. */
enum telling { BANKS_ALONE, CITIZENS_TOO, POLICE_TOO };

static struct town {
    struct memory_port *memory;
    struct encoder *encoder;
    struct pipeline *pipeline;
    struct options options;
    struct port_ops ops;
    enum telling telling;
    struct chance crowd, citizens;
    int step;
    uint64_t vectors; /* hash of all that was computed */
    int flagged, called, named;
} town;

static const char *text(char out[32], const char *what, uint32_t number) {
    snprintf(out, 32, "%s-%u", what, number);
    return out;
}

static void send(const struct signal *s) {
    char id[SIGNAL_ID_SIZE];
    snprintf(id, sizeof id, "%.*s", (int)s->signal_id.size, s->signal_id.data);
    sample_send_signal(town.memory, town.encoder, id, s, PARTITIONS);
}

static int64_t step_s(int step) {
    return (int64_t)step * HOUR;
}

/* Banks and operators tell of people 0 to 7: they are what the features are seen by. */
static void send_true_ones(void) {
    char id[32], account[32], phone[32];
    struct signal s =
        a_signal(text(id, "bank", (uint32_t)town.step), SUBJECT_ACCOUNT,
                 text(account, "account", (uint32_t)town.step % 8), step_s(town.step));
    if (town.step % 3 == 2) {
        s = call_to(id, text(phone, "phone", (uint32_t)town.step % 8), step_s(town.step));
        signal_times(&s, SAMPLE_START_S + step_s(town.step),
                     SAMPLE_START_S + step_s(town.step) + 10 * DAY);
    }
    send(&s);
}

/* What a citizen may have sent, or had passed on; ids are also those that banks use, before and
 * after they do. */
static struct signal report(struct chance *c, char texts[6][32]) {
    static const uint8_t kinds[] = {SIGNAL_BOT_REPORT,
                                    SIGNAL_INCIDENT,
                                    SIGNAL_LIST_ENTRY,
                                    SIGNAL_OUTCOME,
                                    SIGNAL_SIM_BOX,
                                    SIGNAL_FRAUD_CALL,
                                    SIGNAL_MULTI_LOAN_APPLICATION};
    const uint32_t who = 8 + chance_below(c, PEOPLE - 8), of_bank = chance_below(c, STEPS);
    const bool squats = chance_is(c, 20);
    const char *id =
        squats ? text(texts[0], "bank", of_bank) : text(texts[0], "bot", chance_below(c, 1000000));
    struct signal s = a_signal(id, SUBJECT_ACCOUNT, text(texts[1], "account", who),
                               step_s(town.step) - chance_below(c, 2 * HOUR));
    s.kind = kinds[chance_below(c, sizeof kinds)];
    s.source = SOURCE_CITIZEN_BOT;
    if (s.kind == SIGNAL_BOT_REPORT && !squats)
        s.source = (uint8_t)(SOURCE_BANK + chance_below(c, SOURCE_COUNT - SOURCE_BANK));
    s.confidence = (uint8_t)(CONFIDENCE_REPORTED + chance_below(c, 3));
    s.revision = 1 + (int32_t)chance_below(c, 1000);
    if (s.kind == SIGNAL_LIST_ENTRY) s.list_colour = COLOUR_GREY;
    if (s.kind == SIGNAL_OUTCOME) {
        s.outcome_present = true;
        s.recommendation_id = text_of("r");
        s.outcome_result = OUTCOME_CONFIRMED_FRAUD;
    }
    signal_also(&s, SUBJECT_PERSON, text(texts[2], "person", who), ROLE_DROPPER);
    signal_also(&s, SUBJECT_PHONE, text(texts[3], "phone", who), ROLE_DROPPER);
    signal_also(&s, SUBJECT_DEVICE, text(texts[4], "device", chance_below(c, PEOPLE)),
                ROLE_ORGANISER);
    s.telecom_present = true;
    s.called_phone_token = text_of(text(texts[5], "phone", chance_below(c, PEOPLE)));
    return s;
}

static void send_reports(void) {
    for (int i = 0; i < FLOOD; i++) {
        char texts[6][32];
        struct signal s = report(&town.citizens, texts);
        if (chance_is(&town.citizens, 10)) {
            text(texts[0], "undo", chance_below(&town.citizens, 1000000));
            text(texts[1], "bank", chance_below(&town.citizens, STEPS));
            s = a_withdrawal(texts[0], texts[1], SOURCE_CITIZEN_BOT);
        }
        send(&s);
    }
}

/* A policeman tells of somebody whom citizens tell of too: the test can fail. */
static void send_police(void) {
    char id[32];
    struct signal s = a_signal(text(id, "police", (uint32_t)town.step), SUBJECT_ACCOUNT,
                               "account-9", step_s(town.step));
    s.source = SOURCE_POLICE;
    send(&s);
}

static void send_crowd(void) {
    for (uint32_t i = 0; i < STEP_TRANSACTIONS; i++) {
        char id[32], texts[6][32];
        struct chance *c = &town.crowd;
        const uint32_t payer = chance_below(c, PEOPLE), payee = chance_below(c, PEOPLE / 3);
        struct transaction tx =
            sample_transfer(text(id, "tx", (uint32_t)town.step * STEP_TRANSACTIONS + i),
                            text(texts[0], "account", payer), text(texts[1], "account", payee),
                            step_s(town.step) + MINUTE * (i + 1), 1000 + chance_below(c, 5000000));
        tx.payer.person_token = text_of(text(texts[2], "person", payer));
        tx.payer.phone_token = text_of(text(texts[3], "phone", payer));
        tx.payee.phone_token = text_of(text(texts[4], "phone", payee));
        tx.device_token = text_of(text(texts[5], "device", payer));
        sample_send(town.memory, town.encoder, &tx, PARTITIONS);
    }
}

/* Whenever all was taken, the next hour is told of, and then it happens. */
static void next_hour(struct port *port, int timeout_ms) {
    (void)port;
    (void)timeout_ms;
    const uint64_t taken = metrics_get_verdict(VERDICT_ACCEPTED);
    if (taken < (uint64_t)town.step * STEP_TRANSACTIONS) return;
    if (town.step == STEPS) {
        pipeline_stop(town.pipeline);
        return;
    }
    if (town.telling == CITIZENS_TOO) send_reports();
    if (town.telling == POLICE_TOO) send_police();
    send_true_ones();
    if (town.telling == CITIZENS_TOO) send_reports();
    send_crowd();
    town.step++;
}

static bool look_at(void *context, const struct batch *b, struct error *error) {
    (void)context;
    (void)error;
    for (uint32_t i = 0; i < b->sides; i++) {
        const struct text id = b->tx[b->side[i].event].tx_id;
        double values[FEATURE_COUNT + 1];
        batch_vector(b, i, values);
        values[FEATURE_COUNT] = b->logit[i];
        const uint64_t parts[] = {town.vectors, XXH3_64bits(id.data, id.size), b->side[i].role,
                                  XXH3_64bits(values, sizeof values)};
        town.vectors = XXH3_64bits(parts, sizeof parts);
        town.named += values[FEATURE_list_evidence] > 0;
        town.flagged += values[FEATURE_flagged_payers_24h] > 0;
        town.called += values[FEATURE_fraud_call] > 0;
    }
    return true;
}

/* All three features weigh, so that what changes one is seen in the advice. */
static void write_model(void) {
    FILE *file = fopen(town.options.model_path, "w");
    assert_non_null(file);
    fprintf(file,
            "{\"format\":\"saqshy-model/1\",\"id\":\"signals\",\"features_sha256\":\"%s\","
            "\"intercept\":-2.0,\"transforms\":{},\"terms\":[",
            feature_table_sha256());
    static const char *const used[] = {"list_evidence", "flagged_payers_24h", "fraud_call"};
    for (int i = 0; i < 3; i++)
        fprintf(file,
                "%s{\"name\":\"%s\",\"type\":\"linear\",\"feature\":\"%s\",\"weight\":8.0,"
                "\"text\":{\"en\":\"e\",\"ru\":\"r\",\"kk\":\"k\"}}",
                i == 0 ? "" : ",", used[i], used[i]);
    fprintf(file,
            "],\"calibration\":{\"type\":\"logistic\"},\"provenance\":{\"how\":\"by hand\"}}");
    assert_int_equal(fclose(file), 0);
}

static void run_town(enum telling telling, uint64_t seed, const char *tier) {
    struct error error = {.code = ERROR_NONE};
    metrics_reset();
    town.telling = telling;
    town.crowd = (struct chance){seed};
    town.citizens = (struct chance){seed ^ 77};
    town.step = town.flagged = town.called = town.named = 0;
    town.vectors = 0;
    town.memory = sample_cluster(PARTITIONS);
    assert_true(memory_port_create_topic(town.memory, "antifrod.signals", PARTITIONS));
    struct port *port = memory_port_port(town.memory);
    const struct port_ops *real = port->ops;
    town.ops = *real;
    town.ops.wait = next_hour;
    port->ops = &town.ops;
    snprintf(town.options.kernel_tier, sizeof town.options.kernel_tier, "%s", tier);
    const struct pipeline_options how = {
        .options = &town.options, .port = port, .on_batch = look_at};
    town.pipeline = pipeline_open(&how, &error);
    if (town.pipeline == NULL || !pipeline_run(town.pipeline, &error)) fail_msg("%s", error.text);
    pipeline_close(town.pipeline);
    port->ops = real;
    assert_int_equal(metrics_get_verdict(VERDICT_ACCEPTED), STEPS * STEP_TRANSACTIONS);
}

/* Also closes the town. */
static uint64_t advice(size_t *count) {
    uint64_t hash = 0;
    struct port_record r;
    *count = 0;
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (size_t i = 0;
             memory_port_get(town.memory, "antifrod.freeze-recommendations", p, i, &r); i++) {
            const uint64_t parts[] = {hash, XXH3_64bits(r.value.data, r.value.size)};
            hash = XXH3_64bits(parts, sizeof parts);
            ++*count;
        }
    struct port *port = memory_port_port(town.memory);
    port->ops->close(port);
    return hash;
}

static int open_town(void **state) {
    struct error error;
    static char directory[64];
    *state = directory;
    if (!sample_directory_make(directory, &town.options)) return -1;
    write_model();
    town.encoder = encoder_open(&error);
    return town.encoder == NULL ? -1 : 0;
}

static int close_town(void **state) {
    encoder_close(town.encoder);
    sample_directory_remove(*state, &town.options);
    return 0;
}

static void no_citizens_report_alone_enters_a_feature_or_a_recommendation(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        size_t count, with_count;
        run_town(BANKS_ALONE, seed, "auto");
        const uint64_t vectors = town.vectors, recommendations = advice(&count);
        assert_true(town.named > 0 && town.flagged > 0 && town.called > 0 && count > 0);
        run_town(CITIZENS_TOO, seed, "auto");
        assert_true(metrics_get_verdict(VERDICT_SIGNAL) > STEPS * FLOOD);
        if (town.vectors != vectors) fail_msg("seed %d: a feature has changed", (int)seed);
        if (advice(&with_count) != recommendations || with_count != count)
            fail_msg("seed %d: a recommendation has changed", (int)seed);
    }
}

static void somebody_elses_report_does(void **state) {
    size_t count;
    (void)state;
    run_town(BANKS_ALONE, 1, "auto");
    const uint64_t vectors = town.vectors, recommendations = advice(&count);
    run_town(POLICE_TOO, 1, "auto");
    assert_true(town.vectors != vectors);
    assert_true(advice(&count) != recommendations);
}

static void what_signals_make_is_the_same_for_any_tier(void **state) {
    size_t count;
    (void)state;
    run_town(POLICE_TOO, 1, "auto");
    const uint64_t vectors = town.vectors, recommendations = advice(&count);
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
        run_town(POLICE_TOO, 1, cpu_tier_name(tier));
        assert_true(town.vectors == vectors);
        assert_true(advice(&count) == recommendations);
    }
}

#define ENGINE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TOWN(name) cmocka_unit_test_setup_teardown(name, open_town, close_town)

int main(void) {
    const struct CMUnitTest tests[] = {
        ENGINE(nothing_is_known_without_a_signal),
        ENGINE(evidence_is_that_of_account_person_phone_and_the_payers_device),
        ENGINE(it_decays_by_the_engine_clock_whatever_the_time_of_the_event),
        ENGINE(the_levels_are_what_new_signals_weigh),
        ENGINE(a_signal_is_known_from_its_row_on),
        ENGINE(a_victim_is_no_suspect),
        ENGINE(payers_are_flagged_by_what_was_known_when_they_paid),
        ENGINE(neither_attempts_nor_reversals_nor_own_transfers_flag),
        ENGINE(what_an_account_sends_abroad_flags_nobody_and_a_flag_is_not_abroad),
        ENGINE(their_credits_are_the_evidence),
        ENGINE(who_was_called_and_pays_somebody_new_is_told_apart),
        ENGINE(the_call_comes_before_the_payment),
        ENGINE(it_is_no_evidence_against_anybody),
        TOWN(no_citizens_report_alone_enters_a_feature_or_a_recommendation),
        TOWN(somebody_elses_report_does),
        TOWN(what_signals_make_is_the_same_for_any_tier),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
