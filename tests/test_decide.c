/* SPDX-License-Identifier: Apache-2.0 */
/* From scored sides to recommendations. A scene is a list of transactions with the score the
 * payee's side gets; it is played through decide in batches of any size, and what came out is
 * compared as lines of text. */
#include "tests/support.h"

#include "tests/fake_account_defined.h"

#include "detector/base/calendar.h"
#include "detector/base/digest.h"
#include "detector/decide.h"
#include "detector/runs.h"
#include "detector/service/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR = 3600, DAY = 86400, SCENE_MAX = 600 };

/* One transaction; its payee's side is scored. `at` counts from a Monday, 09:00 at UTC+5. */
struct act {
    int64_t at;
    const char *account;
    const char *tx;
    double score;
    int64_t unspent_tiyn;
    enum tx_status status; /* UNKNOWN: settled */
    enum verdict verdict;
    bool balance_known; /* after the transaction, of the payee */
    int64_t balance_tiyn, protected_tiyn;
    int64_t traced_tiyn; /* reported money that is there */
    const char *told[3]; /* ids of signals; NULL: no more */
    double fast;         /* share of the day's credits that left within ten minutes */
    const char *bank;    /* of the payee; NULL: BANKKZ01 */
    bool payer_too; /* the payer's side is scored as well, under the name of the account + "-payer"
                     */
    /* An OUTCOME about the episode that `tx` opened for `account`, where there is a result: */
    enum outcome_result result;
    const char *names; /* an account; NULL: none */
    enum signal_source source;
    enum signal_effect effect; /* ADDED unless said */
    enum confidence confidence;
};

static const char written_policy[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"policy\", \"actions\": {"
    "\"REVIEW_ONLY\": {\"probability\": 0.5, \"per_hour\": %u, \"priority\": \"LOW\"%s},"
    "\"HOLD_AMOUNT\": {\"probability\": 0.75, \"per_hour\": %u, \"priority\": \"HIGH\"%s},"
    "\"SUSPEND_EBANKING\": {\"probability\": 0.95, \"per_hour\": 0, \"priority\": \"URGENT\"}},"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 60, \"max_hold_business_days\": 1,"
    "\"hold_counts_from\": \"NEXT_WORKING_DAY\", \"protected_flows\": [\"PENSION\"],"
    "\"allow\": [{\"account_token\": \"allowed\", \"reason\": \"a test\", \"expires\": "
    "\"2026-06-03\"}],"
    "\"holidays\": [], \"working_weekends\": [], \"provenance\": {}}";

struct stage {
    struct model *model;
    struct policy *policy;
    struct score *score;
    struct runs *runs;
    struct decide *decide;
    struct batch *batch;
    struct account accounts[SCENE_MAX];
    char payer_names[SCENE_MAX][64];
    char ids[SCENE_MAX][RECOMMENDATION_ID_SIZE + 1];
};

struct limits {
    unsigned review, hold, episodes;
    unsigned per_bank; /* of either action; 0: none */
    unsigned issued;   /* 0: enough */
};
static const struct limits wide = {1000, 1000, 1000, 0, 0};

static int64_t monday(void) {
    int32_t day;
    assert_true(calendar_parse("2026-06-01", &day));
    return calendar_day_start_s(day) + 9 * HOUR;
}

static struct model *make_model(void) {
    char json[2048];
    struct error error = {0};
    (void)snprintf(
        json, sizeof json,
        "{\"format\": \"saqshy-model/1\", \"id\": \"model\", \"features_sha256\": \"%s\", "
        "\"intercept\": 0, \"transforms\": {}, \"terms\": [{\"name\": \"first\", "
        "\"type\": \"linear\", \"feature\": \"%s\", \"weight\": 1, \"text\": {\"en\": "
        "\"first sign\", \"ru\": \"r\", \"kk\": \"k\"}}], \"provenance\": {}, "
        "\"calibration\": {\"type\": \"logistic\"}}",
        feature_table_sha256(), feature_table[0].name);
    struct model *model = model_parse(json, strlen(json), "model", &error);
    if (model == NULL) fail_msg("%s", error.text);
    return model;
}

static struct policy *make_policy(const struct model *model, const struct limits *caps) {
    char json[sizeof written_policy + 128], per_bank[48] = "";
    struct error error = {0};
    if (caps->per_bank > 0)
        (void)snprintf(per_bank, sizeof per_bank, ", \"per_hour_per_bank\": %u", caps->per_bank);
    (void)snprintf(json, sizeof json, written_policy, caps->review, per_bank, caps->hold, per_bank);
    struct policy *policy = policy_parse(json, strlen(json), "policy", model, &error);
    if (policy == NULL) fail_msg("%s", error.text);
    return policy;
}

static struct stage *stage_open(const struct limits *caps) {
    struct error error = {0};
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    stage->model = make_model();
    stage->policy = make_policy(stage->model, caps);
    stage->score = score_open(stage->model, BATCH_SIDES, "auto", &error);
    stage->runs = runs_new(&(struct inputs){{"in", ""}}, SCENE_MAX);
    const struct decide_options options = {
        stage->policy,    stage->model,   stage->score, stage->runs,
        text_of("build"), caps->episodes, 16,           caps->issued > 0 ? caps->issued : 1000};
    stage->decide = decide_open(&options, &error);
    stage->batch = batch_new();
    assert_non_null(stage->decide);
    assert_non_null(stage->batch);
    metrics_reset();
    return stage;
}

static void stage_close(struct stage *stage) {
    batch_free(stage->batch);
    decide_close(stage->decide);
    runs_free(stage->runs);
    score_close(stage->score);
    policy_free(stage->policy);
    model_free(stage->model);
    free(stage);
}

/* An account's number is made of its name. */
static uint32_t number_of(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint32_t)(uint8_t)*name) * 16777619u;
    return hash;
}

static void add_side(struct stage *stage, uint32_t event, enum side_role role, const char *name,
                     double score) {
    struct batch *batch = stage->batch;
    const uint32_t side = batch->sides++;
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][side] = NAN;
    batch->features[0][side] = score;
    batch->side[side] = (struct side){
        .event = event,
        .account_number = number_of(name),
        .role = role,
        .account = &stage->accounts[batch->input[event].ordinal],
    };
}

static int64_t event_time_s(const struct act *act) {
    return monday() + act->at - 2;
}

/* Of the episode that this act, or the latest one of its account and `tx` before it, opens. */
static void id_of(const struct act *first, const struct act *act,
                  char id[RECOMMENDATION_ID_SIZE + 1]) {
    char named[128];
    uint8_t digest[DIGEST_SIZE];
    const struct act *opening = act;
    while (opening > first &&
           (opening->result != OUTCOME_UNKNOWN || strcmp(opening->account, act->account) != 0 ||
            strcmp(opening->tx, act->tx) != 0))
        opening--;
    const int size = snprintf(named, sizeof named, "saqshy/1%cfreeze%c%s%c%s%cevent%c%lld000000", 0,
                              0, act->account, 0, act->tx, 0, 0, (long long)event_time_s(opening));
    digest_sha256(named, (size_t)size, digest);
    digest_hex(digest, RECOMMENDATION_ID_SIZE / 2, id);
}

static void add_outcome(struct stage *stage, const struct act *act, uint64_t ordinal,
                        int64_t clock_s) {
    const struct act *first = act - ordinal; /* of the scene */
    struct batch *batch = stage->batch;
    const uint32_t event = batch->count++;
    const int64_t second = monday() + act->at;
    id_of(first, act, stage->ids[ordinal]);
    batch->input[event] = (struct input){.kind = INPUT_SIGNALS, .topic = "s", .ordinal = ordinal};
    batch->verdict[event] = VERDICT_SIGNAL;
    batch->signal_effect[event] = act->effect;
    batch->clock_s[event] = clock_s;
    batch->signal[event] = (struct signal){
        .signal_id = text_of("answer"),
        .kind = SIGNAL_OUTCOME,
        .source = (uint8_t)(act->source == SOURCE_UNKNOWN ? SOURCE_BANK : act->source),
        .confidence = (uint8_t)act->confidence,
        .reported_at_us = second * 1000000 + 7,
        .recommendation_id = text_of(stage->ids[ordinal]),
        .outcome_present = true,
        .outcome_result = (uint8_t)act->result,
        .subject_count = act->names != NULL,
        .subjects = {{text_of(act->names), SUBJECT_ACCOUNT, ROLE_BENEFICIARY}},
    };
    runs_add(stage->runs, ordinal, INPUT_SIGNALS, 0, (int64_t)ordinal);
}

static void add_act(struct stage *stage, const struct act *act, uint64_t ordinal, int64_t clock_s) {
    struct batch *batch = stage->batch;
    const uint32_t event = batch->count++;
    const int64_t second = monday() + act->at;
    char *payer = stage->payer_names[ordinal];
    (void)snprintf(payer, sizeof stage->payer_names[0], "%s-payer", act->account);
    batch->input[event] = (struct input){
        .record.offset = (int64_t)ordinal, .topic = "in", .partition = 3, .ordinal = ordinal};
    batch->verdict[event] = act->verdict;
    batch->clock_s[event] = clock_s;
    batch->tx[event] = (struct transaction){
        .tx_id = text_of(act->tx),
        .tx_status = (uint8_t)(act->status == TX_STATUS_UNKNOWN ? TX_STATUS_SETTLED : act->status),
        .payer = {.account_token = text_of(payer)},
        .payee = {.account_token = text_of(act->account),
                  .bank_bic = text_of(act->bank == NULL ? "BANKKZ01" : act->bank),
                  .balance_after_present = act->balance_known,
                  .balance_after_minor = act->balance_tiyn},
        .event_id = text_of("event"),
        .event_time_s = event_time_s(act),
        .event_time_us = event_time_s(act) * 1000000,
        .ingest_time_s = second,
        .ingest_time_us = second * 1000000 + 5,
        .ingest_time_present = true,
        .amount_tiyn = 1000,
    };
    stage->accounts[ordinal] = (struct account){.unspent_tiyn = act->unspent_tiyn,
                                                .protected_tiyn = act->protected_tiyn,
                                                .event_count = 1,
                                                .events = {{.ordinal = ordinal}}};
    runs_add(stage->runs, ordinal, INPUT_TRANSACTIONS, 3, (int64_t)ordinal);
    if (act->verdict != VERDICT_ACCEPTED) return;
    if (act->payer_too) add_side(stage, event, SIDE_PAYER, payer, act->score);
    add_side(stage, event, SIDE_PAYEE, act->account, act->score);
    if (act->fast > 0) batch->features[FEATURE_rapid_cash_out_10m][batch->sides - 1] = act->fast;
    struct side *side = &batch->side[batch->sides - 1];
    side->traced_tiyn = act->traced_tiyn;
    for (side->told = 0; side->told < 3 && act->told[side->told] != NULL; side->told++)
        strcpy(batch->told[batch->sides - 1][side->told], act->told[side->told]);
}

static void print_recommendation(FILE *out, const struct recommendation *r, uint64_t ordinal) {
    static const char *const states[] = {"?", "ISSUED", "AMENDED", "WITHDRAWN", "EXPIRED"};
    static const char *const actions[] = {
#define X(name) #name,
        ACTION_TABLE(X)
#undef X
    };
    (void)fprintf(out, "%s.%d %s %s %.*s at %llu risk %lld", r->id, (int)r->revision,
                  states[r->state], actions[r->action], (int)r->target_account_token.size,
                  r->target_account_token.data, (unsigned long long)ordinal,
                  (long long)r->at_risk_kzt_minor);
    (void)fprintf(out, " hold %lld score %a threshold %a p %a issued %lld by %lld until %lld tx",
                  r->hold_amount_present ? (long long)r->hold_amount_kzt_minor : -1, r->score,
                  r->threshold, r->probability, (long long)r->issued_at_us,
                  (long long)r->decide_by_us, (long long)r->valid_until_us);
    for (uint32_t i = 0; i < r->target_tx_count; i++)
        (void)fprintf(out, " %.*s", (int)r->target_tx_ids[i].size, r->target_tx_ids[i].data);
    for (uint32_t i = 0; i < r->reason_count; i++)
        (void)fprintf(out, " %s=%a", r->reasons[i].code, r->reasons[i].contribution);
    (void)fprintf(out, " why %s", r->change.why == NULL ? "first" : r->change.why);
    for (uint32_t i = 0; i < r->change.what_count; i++)
        (void)fprintf(out, " %s", r->change.what[i]);
    (void)fputc('\n', out);
}

/* What came out of a played scene. */
static struct recommendation seen[SCENE_MAX];
static char seen_bic[SCENE_MAX][16];
static char seen_account[SCENE_MAX][64], seen_tx[SCENE_MAX][TARGET_TX_MAX][64];
static char seen_told[SCENE_MAX][64]; /* ids of signals, a space behind each */
static uint64_t seen_at[SCENE_MAX];
static size_t seen_count;
static uint8_t decided[SCENE_MAX];  /* of the payee's side, by ordinal */
static uint8_t answered[SCENE_MAX]; /* of the signals, by ordinal */

static void note(const struct recommendation *r, uint64_t ordinal) {
    assert_true(seen_count < SCENE_MAX);
    seen_at[seen_count] = ordinal;
    (void)snprintf(seen_account[seen_count], sizeof seen_account[0], "%.*s",
                   (int)r->target_account_token.size, r->target_account_token.data);
    (void)snprintf(seen_bic[seen_count], sizeof seen_bic[0], "%.*s", (int)r->addressee_bic.size,
                   r->addressee_bic.data == NULL ? "" : r->addressee_bic.data);
    for (uint32_t i = 0; i < r->target_tx_count; i++)
        (void)snprintf(seen_tx[seen_count][i], sizeof seen_tx[0][0], "%.*s",
                       (int)r->target_tx_ids[i].size, r->target_tx_ids[i].data);
    seen_told[seen_count][0] = '\0';
    for (uint32_t i = 0; i < r->signal_id_count; i++)
        strcat(strncat(seen_told[seen_count], r->signal_ids[i].data, r->signal_ids[i].size), " ");
    seen[seen_count++] = *r;
}

static void play_batch(struct stage *stage, FILE *out) {
    struct batch *batch = stage->batch;
    const struct recommendation *r;
    uint32_t event;
    score_batch(stage->score, &batch->features[0][0], BATCH_COLUMN, batch->sides, batch->logit);
    decide_batch(stage->decide, batch);
    while ((r = decide_next(stage->decide, &event)) != NULL) {
        print_recommendation(out, r, batch->input[event].ordinal);
        note(r, batch->input[event].ordinal);
    }
    assert_null(decide_next(stage->decide, &event));
    for (uint32_t i = 0; i < batch->sides; i++)
        decided[batch->input[batch->side[i].event].ordinal] = batch->decision[i];
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->verdict[i] == VERDICT_SIGNAL)
            answered[batch->input[i].ordinal] = batch->answered[i];
    batch->count = batch->sides = 0;
}

/* Plays the scene in batches of `size`; the lines are the caller's to free. */
static char *play_on(struct stage *stage, const struct act *acts, size_t count, uint32_t size) {
    char *lines = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&lines, &length);
    int64_t clock_s = 0;
    seen_count = 0;
    for (size_t i = 0; i < count; i++) {
        const bool dead = verdict_is_dead_letter(acts[i].verdict);
        const bool outcome = acts[i].result != OUTCOME_UNKNOWN;
        if (!dead && !outcome && monday() + acts[i].at > clock_s) clock_s = monday() + acts[i].at;
        (outcome ? add_outcome : add_act)(stage, &acts[i], i, dead ? INT64_MAX : clock_s);
        if (stage->batch->count == size) play_batch(stage, out);
    }
    play_batch(stage, out);
    (void)fclose(out);
    return lines;
}

static void play_capped(const struct act *acts, size_t count, const struct limits *caps) {
    struct stage *stage = stage_open(caps);
    free(play_on(stage, acts, count, 1));
    stage_close(stage);
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define PLAY(acts) play_capped(acts, COUNT_OF(acts), &wide)

static void assert_seen(size_t i, enum recommendation_state state, enum action action,
                        uint64_t at) {
    assert_true(i < seen_count);
    assert_int_equal(seen[i].state, state);
    assert_int_equal(seen[i].action, action);
    assert_int_equal(seen_at[i], at);
}

/* `fields`: the names of what changed, a space behind each. */
static void assert_change(size_t i, const char *why, const char *fields) {
    char names[256] = "";
    size_t size = 0;
    assert_true(i < seen_count);
    const struct changed *change = &seen[i].change;
    if (why == NULL) {
        assert_null(change->why);
    } else {
        assert_string_equal(change->why, why);
    }
    for (uint32_t f = 0; f < change->what_count; f++)
        size += (size_t)snprintf(names + size, sizeof names - size, "%s ", change->what[f]);
    assert_string_equal(names, fields);
}

static void test_below_every_threshold_nothing_is_said(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = -0x1p-16, .payer_too = true}};
    PLAY(acts);
    assert_int_equal(seen_count, 0);
}

static void test_the_first_crossing_opens_an_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = -1},
        {.at = 60, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 70}};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 1);
    const struct recommendation *r = &seen[0];
    const int64_t second = monday() + 60;
    assert_int_equal(r->revision, 1);
    assert_int_equal(r->mode, MODE_LIVE);
    assert_int_equal(r->priority, PRIORITY_HIGH);
    assert_string_equal(seen_account[0], "a");
    assert_string_equal(seen_tx[0][0], "2");
    assert_int_equal(r->target_tx_count, 1);
    assert_true(r->hold_amount_present && r->hold_amount_kzt_minor == 70);
    assert_int_equal(r->at_risk_kzt_minor, 70);
    assert_int_equal(r->issued_at_us, second * 1000000 + 5);
    assert_int_equal(r->decide_by_us, (second + HOUR) * 1000000 + 5);
    /* One working day after Monday: to the end of Tuesday. */
    assert_int_equal(r->valid_until_us, (monday() + 15 * HOUR + DAY) * 1000000);
    assert_true(r->score == 2 && r->threshold <= 2 && r->probability > 0.75);
    assert_int_equal(r->trail_count, 1);
    assert_int_equal(r->input_partition, 3);
    assert_int_equal(r->input_offset, 1);
    assert_int_equal(r->feature_count, FEATURE_COUNT);
}

static void test_the_id_is_of_the_account_and_the_event_that_opened_it(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "token", .tx = "tx-7", .score = 2}};
    PLAY(acts);
    static const char named[] = "saqshy/1\0freeze\0token\0tx-7\0event\0001780286398000000";
    uint8_t digest[DIGEST_SIZE];
    char id[RECOMMENDATION_ID_SIZE + 1];
    digest_sha256(named, sizeof named - 1, digest);
    digest_hex(digest, 16, id);
    assert_string_equal(seen[0].id, id);
}

/* A payment that was advised on, and is told of once more by another event when the cool-down is
 * over. */
static void test_the_same_transaction_by_another_event_is_another_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.at = 4 * DAY, .account = "b", .tx = "2", .score = -1},
                               {.at = 5 * DAY, .account = "a", .tx = "1", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 2);
    assert_int_equal(seen[2].revision, 1);
    assert_string_not_equal(seen[2].id, seen[0].id);
}

static void test_a_mild_action_holds_nothing(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 0.5, .unspent_tiyn = 70},
                               {.account = "b", .tx = "2", .score = 3, .unspent_tiyn = 0}};
    PLAY(acts);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 0);
    assert_false(seen[0].hold_amount_present);
    assert_int_equal(seen[0].at_risk_kzt_minor, 70);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 1);
    assert_false(seen[1].hold_amount_present);
}

static void test_reported_money_is_at_risk_however_it_came(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70, .traced_tiyn = 50},
        {.account = "b", .tx = "2", .score = 2, .unspent_tiyn = 70, .traced_tiyn = 90},
        {.account = "c",
         .tx = "3",
         .score = 2,
         .traced_tiyn = 90,
         .balance_known = true,
         .balance_tiyn = 100,
         .protected_tiyn = 40},
        {.at = 1, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 70, .traced_tiyn = 88}};
    static const int64_t at_risk[] = {70, 90, 90, 88}, hold[] = {70, 90, 60, 88};
    PLAY(acts);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(seen[i].at_risk_kzt_minor, at_risk[i]);
        assert_int_equal(seen[i].hold_amount_kzt_minor, hold[i]);
    }
    assert_change(3, "MORE_MONEY", "state target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
}

static void test_it_names_the_signals_that_speak_of_the_side(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70, .told = {"one", "two"}},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 700, .told = {"three"}},
        {.at = 2, .account = "a", .tx = "1", .score = 2, .status = TX_STATUS_REVERSED}};
    PLAY(acts);
    assert_string_equal(seen_told[0], "one two ");
    assert_string_equal(seen_told[1], "three ");
    assert_int_equal(seen[2].state, RECOMMENDATION_WITHDRAWN);
    assert_string_equal(seen_told[2], "");
}

static void test_it_is_amended_when_the_action_rises(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 0.5},
                               {.at = 1, .account = "a", .tx = "2", .score = 1},
                               {.at = 2, .account = "a", .tx = "3", .score = 2},
                               {.at = 3, .account = "a", .tx = "4", .score = 0.5},
                               {.at = 4, .account = "a", .tx = "5", .score = 4}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 0);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 2);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_SUSPEND_EBANKING, 4);
    assert_int_equal(seen[2].revision, 3);
    assert_string_equal(seen[2].id, seen[0].id);
    assert_int_equal(seen[2].valid_until_us, seen[0].valid_until_us);
    assert_int_equal(seen[2].target_tx_count, 3);
    assert_string_equal(seen_tx[2][0], "1");
    assert_string_equal(seen_tx[2][1], "3");
    assert_string_equal(seen_tx[2][2], "5");
}

static void test_it_is_amended_when_the_money_at_risk_grows_by_a_quarter(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 1001},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 1251},
        {.at = 2, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 1252},
        {.at = 3, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 500},
        {.at = 4, .account = "a", .tx = "5", .score = 2, .unspent_tiyn = 1564},
        {.at = 5, .account = "a", .tx = "6", .score = 2, .unspent_tiyn = 1565},
        {.at = 6, .account = "a", .tx = "7", .score = 1, .unspent_tiyn = 9999}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 2);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 5);
    assert_int_equal(seen[2].hold_amount_kzt_minor, 1565);
}

static void test_every_revision_names_what_changed_and_why(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 0.5, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "2", .score = 0.5, .unspent_tiyn = 200},
        {.at = 2, .account = "a", .tx = "2", .score = 0.5, .unspent_tiyn = 300},
        {.at = 3, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 300},
        {.at = 4, .account = "a", .tx = "4", .score = 4, .unspent_tiyn = 500},
        {.at = 5, .account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED},
        {.at = 6, .account = "b", .tx = "5", .score = 0.5},
        {.at = 15 * HOUR + DAY, .account = "c", .tx = "6", .score = -1}};
    PLAY(acts);
    assert_int_equal(seen_count, 8);
    assert_change(0, NULL, "");
    assert_change(1, "MORE_MONEY", "state target_tx_ids at_risk_kzt_minor ");
    assert_change(2, "MORE_MONEY", "at_risk_kzt_minor ");
    assert_change(3, "STRONGER_ACTION", "action priority target_tx_ids hold_amount_kzt_minor ");
    assert_change(4, "STRONGER_ACTION",
                  "action priority target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
    assert_change(5, "TRANSACTION_REVERSED", "state hold_amount_kzt_minor ");
    assert_change(6, NULL, "");
    assert_change(7, "TERM_OVER", "state ");
}

static void test_no_more_is_held_than_is_there_and_wages_stay(void **unused) {
    (void)unused;
    static const struct {
        int64_t unspent, balance, wages, hold; /* balance −1: unknown */
    } cases[] = {{100, -1, 30, 100}, {100, 500, 30, 100}, {100, 120, 30, 90},
                 {100, 100, 0, 100}, {100, 60, 0, 60},    {100, 30, 30, -1},
                 {100, 20, 30, -1},  {100, 0, 0, -1},     {0, 500, 0, -1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct act acts[] = {{.account = "a",
                                    .tx = "1",
                                    .score = 2,
                                    .unspent_tiyn = cases[i].unspent,
                                    .balance_known = cases[i].balance >= 0,
                                    .balance_tiyn = cases[i].balance,
                                    .protected_tiyn = cases[i].wages}};
        PLAY(acts);
        assert_int_equal(seen_count, 1);
        assert_int_equal(seen[0].at_risk_kzt_minor, cases[i].unspent);
        assert_int_equal(seen[0].hold_amount_present, cases[i].hold >= 0);
        if (cases[i].hold >= 0) assert_int_equal(seen[0].hold_amount_kzt_minor, cases[i].hold);
    }
}

static void test_priority_is_by_money_still_there_and_how_fast_it_leaves(void **unused) {
    (void)unused;
    static const struct {
        double score, fast;
        int64_t unspent;
        enum priority due;
    } cases[] = {
        {2, 0, 1, PRIORITY_HIGH},       {2, 0.49, 1, PRIORITY_HIGH},  {2, 0.5, 1, PRIORITY_URGENT},
        {2, 0.9, 0, PRIORITY_NORMAL},   {2, 0, 0, PRIORITY_NORMAL},   {0.5, 0, 0, PRIORITY_LOW},
        {0.5, 0.9, 1, PRIORITY_NORMAL}, {4, 0.9, 1, PRIORITY_URGENT}, {4, 0, 0, PRIORITY_HIGH}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct act acts[] = {{.account = "a",
                                    .tx = "1",
                                    .score = cases[i].score,
                                    .fast = cases[i].fast,
                                    .unspent_tiyn = cases[i].unspent}};
        PLAY(acts);
        assert_int_equal(seen_count, 1);
        assert_int_equal(seen[0].priority, cases[i].due);
    }
}

static void test_an_overdrawn_account_has_nothing_to_hold(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a",
                                .tx = "1",
                                .score = 4,
                                .unspent_tiyn = 100,
                                .balance_known = true,
                                .balance_tiyn = INT64_MIN,
                                .protected_tiyn = INT64_MAX}};
    PLAY(acts);
    assert_false(seen[0].hold_amount_present);
}

static void test_at_most_four_transactions_are_named_the_newest_last(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 1},
                               {.account = "a", .tx = "2", .score = 2, .unspent_tiyn = 10},
                               {.account = "a", .tx = "3", .score = 2, .unspent_tiyn = 100},
                               {.account = "a", .tx = "3", .score = 2, .unspent_tiyn = 1000},
                               {.account = "a", .tx = "5", .score = 2, .unspent_tiyn = 10000},
                               {.account = "a", .tx = "six", .score = 2, .unspent_tiyn = 100000}};
    PLAY(acts);
    assert_int_equal(seen_count, 6);
    assert_int_equal(seen[3].target_tx_count, 3);
    assert_int_equal(seen[5].target_tx_count, 4);
    assert_string_equal(seen_tx[5][0], "1");
    assert_string_equal(seen_tx[5][2], "3");
    assert_string_equal(seen_tx[5][3], "six");
}

static void test_expiry_comes_before_the_record_that_moved_the_clock(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 5},
                               {.at = 60, .account = "b", .tx = "2", .score = 2},
                               {.at = end - 1, .account = "c", .tx = "3", .score = -1},
                               {.at = end, .account = "d", .tx = "4", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 5);
    assert_seen(2, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(3, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(4, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_true(strcmp(seen[2].id, seen[3].id) < 0);
    const size_t of_a = strcmp(seen_account[2], "a") == 0 ? 2 : 3;
    assert_string_equal(seen[of_a].id, seen[0].id);
    assert_int_equal(seen[of_a].revision, 2);
    assert_false(seen[of_a].hold_amount_present);
    assert_int_equal(seen[of_a].at_risk_kzt_minor, 5);
    assert_int_equal(seen[of_a].issued_at_us, (monday() + end) * 1000000 + 5);
    assert_int_equal(seen[of_a].reason_count, 1);
    assert_true(seen[of_a].reasons[0].contribution == seen[of_a].score);
}

static void test_no_advice_is_given_that_is_over_already(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct limits one = {1000, 1, 1000, 0, 0};
    const struct act acts[] = {{.at = end, .account = "clock", .tx = "1", .score = -1},
                               {.at = 0, .account = "a", .tx = "2", .score = 2},
                               {.at = end - DAY - 1, .account = "a", .tx = "3", .score = 2},
                               {.at = end - DAY, .account = "a", .tx = "4", .score = 2}};
    play_capped(acts, COUNT_OF(acts), &one); /* what is not given is not counted against a cap */
    assert_int_equal(seen_count, 1);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_string_equal(seen_tx[0][0], "4");
    assert_int_equal(metrics_get(METRIC_OVERDUE), 2);
    assert_int_equal(metrics_get(METRIC_CAPPED), 0);
}

static void test_an_advice_may_be_about_to_be_over(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY;
    const struct act acts[] = {{.at = end - 1, .account = "clock", .tx = "1", .score = -1},
                               {.at = 0, .account = "a", .tx = "2", .score = 2},
                               {.at = end, .account = "clock", .tx = "3", .score = -1}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 1);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 2);
    assert_int_equal(metrics_get(METRIC_OVERDUE), 0);
}

static void test_a_dead_letter_moves_no_clock(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.at = 30 * DAY, .account = "b", .tx = "2", .score = 2, .verdict = VERDICT_MALFORMED},
        {.at = 60, .account = "b", .tx = "3", .score = -1}};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
}

static void test_the_cool_down_is_by_the_engine_clock(void **unused) {
    (void)unused;
    const int64_t end = 15 * HOUR + DAY, late = end + HOUR;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.at = late, .account = "b", .tx = "2", .score = -1},
                               {.at = late + DAY - 1, .account = "a", .tx = "3", .score = 4},
                               {.at = late + DAY, .account = "a", .tx = "4", .score = 2}};
    PLAY(acts);
    assert_int_equal(seen_count, 3);
    assert_seen(1, RECOMMENDATION_EXPIRED, ACTION_HOLD_AMOUNT, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_int_equal(seen[2].revision, 1);
    assert_string_not_equal(seen[2].id, seen[0].id);
}

static void test_a_reversal_of_the_opening_transaction_withdraws(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 1},
        {.at = 1, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 100},
        {.at = 2, .account = "a", .tx = "2", .score = 4, .status = TX_STATUS_REVERSED},
        {.at = 3, .account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED},
        {.at = 4, .account = "a", .tx = "3", .score = 4},
        {.at = 5, .account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED}};
    PLAY(acts);
    assert_int_equal(seen_count, 4);
    assert_seen(3, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 4); /* no cool-down */
    assert_string_not_equal(seen[3].id, seen[0].id);
    assert_seen(2, RECOMMENDATION_WITHDRAWN, ACTION_HOLD_AMOUNT, 3);
    assert_int_equal(seen[2].revision, 3);
    assert_string_equal(seen[2].id, seen[0].id);
    assert_string_equal(seen[2].reasons[0].code, "TRANSACTION_REVERSED");
}

static void test_a_reversal_opens_nothing(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 4, .status = TX_STATUS_REVERSED}};
    PLAY(acts);
    assert_int_equal(seen_count, 0);
}

static void test_an_allowed_account_is_counted_and_left_alone_until_its_day(void **unused) {
    (void)unused;
    const int64_t wednesday = 15 * HOUR + DAY;
    const struct act acts[] = {{.account = "allowed", .tx = "1", .score = 4},
                               {.at = wednesday - 1, .account = "allowed", .tx = "2", .score = 4},
                               {.at = wednesday, .account = "allowed", .tx = "3", .score = 4}};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 2);
    assert_int_equal(metrics_get(METRIC_ALLOWED), 2);
}

static void test_a_full_cap_leaves_the_next_milder_action_until_the_hour_is_over(void **unused) {
    (void)unused;
    const struct act acts[] = {{.at = 0, .account = "a", .tx = "1", .score = 2},
                               {.at = 1, .account = "b", .tx = "2", .score = 2},
                               {.at = 2, .account = "c", .tx = "3", .score = 2},
                               {.at = 3, .account = "b", .tx = "4", .score = 2},
                               {.at = HOUR, .account = "b", .tx = "5", .score = 2}};
    play_capped(acts, COUNT_OF(acts), &(struct limits){1, 1, 1000, 0, 0});
    assert_int_equal(seen_count, 3);
    assert_seen(0, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 0);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 1);
    assert_seen(2, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 4);
    assert_int_equal(metrics_get(METRIC_CAPPED), 3);
}

static void test_beyond_the_room_for_episodes_a_crossing_is_only_counted(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.account = "b", .tx = "2", .score = 2},
                               {.account = "c", .tx = "3", .score = 2}};
    play_capped(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 2, 0, 0});
    assert_int_equal(seen_count, 2);
    assert_int_equal(metrics_get(METRIC_CAPPED), 1);
    assert_int_equal(metrics_get(METRIC_EPISODES), 2);
}

static void test_a_bank_has_a_cap_of_its_own(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .bank = "A"},
                               {.account = "b", .tx = "2", .score = 2, .bank = "A"},
                               {.account = "c", .tx = "3", .score = 2, .bank = "A"},
                               {.account = "d", .tx = "4", .score = 2, .bank = "B"},
                               {.account = "e", .tx = "5", .score = 2, .bank = ""},
                               {.account = "c", .tx = "6", .score = 4, .bank = "A"},
                               {.at = HOUR, .account = "f", .tx = "7", .score = 2, .bank = "A"}};
    play_capped(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 1000, 1, 0});
    assert_int_equal(seen_count, 6);
    assert_seen(1, RECOMMENDATION_ISSUED, ACTION_REVIEW_ONLY, 1);
    assert_seen(2, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 3);
    assert_seen(3, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 4);
    assert_seen(4, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 5); /* urgent */
    assert_seen(5, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 6);
    assert_int_equal(metrics_get(METRIC_CAPPED), 2);
    assert_int_equal(metrics_get(METRIC_CAPPED_BANK), 2);
    assert_int_equal(metrics_get(METRIC_HELD_BACK), 1);
}

static void test_a_storm_on_one_account_is_one_case(void **unused) {
    enum { STORM = 500, REVISIONS_MAX = 24 }; /* 1.25^23 > 1 + STORM / 100 × 34 */
    static struct act acts[STORM];
    (void)unused;
    for (int i = 0; i < STORM; i++)
        acts[i] = (struct act){.at = i,
                               .account = "a",
                               .tx = i % 2 == 0 ? "even" : "odd",
                               .score = i % 3 == 0 ? 2 : 0.5,
                               .unspent_tiyn = 1000 * (i + 1)};
    play_capped(acts, STORM, &(struct limits){1000, 1000, 1, 0, 0});
    assert_int_equal(seen[0].state, RECOMMENDATION_ISSUED);
    assert_true(seen_count > 10 && seen_count <= REVISIONS_MAX + 10);
    for (size_t i = 1; i < seen_count; i++) {
        assert_int_equal(seen[i].state, RECOMMENDATION_AMENDED);
        assert_int_equal(seen[i].revision, i + 1);
        assert_string_equal(seen[i].id, seen[0].id);
        assert_true(4 * seen[i].at_risk_kzt_minor >= 5 * seen[i - 1].at_risk_kzt_minor);
    }
}

static void assert_decided(const struct act *acts, size_t count, const struct limits *caps,
                           const enum decision *due) {
    memset(decided, DECISION_COUNT, sizeof decided);
    play_capped(acts, count, caps);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(decided[i], due[i]);
}

static void test_a_side_is_told_what_was_made_of_it(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = -1},
        {.account = "a", .tx = "2", .score = 2},
        {.account = "a", .tx = "3", .score = 2},
        {.account = "a", .tx = "4", .score = 1},
        {.account = "a", .tx = "5", .score = 4},
        {.account = "a", .tx = "6", .score = 4, .status = TX_STATUS_REVERSED},
        {.account = "a", .tx = "2", .score = 4, .status = TX_STATUS_REVERSED},
        {.account = "a", .tx = "7", .score = 4},
        {.account = "a", .tx = "7", .result = OUTCOME_DECLINED},
        {.account = "a", .tx = "11", .score = 4},
        {.account = "allowed", .tx = "8", .score = 4},
        {.at = 30 * DAY, .account = "b", .tx = "9", .score = -1},
        {.account = "c", .tx = "10", .score = 4}};
    const enum decision due[] = {DECISION_BELOW,    DECISION_ISSUED,  DECISION_STANDING,
                                 DECISION_STANDING, DECISION_AMENDED, DECISION_REVERSAL,
                                 DECISION_REVERSAL, DECISION_ISSUED,  DECISION_COUNT,
                                 DECISION_COOLING,  DECISION_ALLOWED, DECISION_BELOW,
                                 DECISION_OVERDUE};
    assert_decided(acts, COUNT_OF(acts), &wide, due);
}

/* The event itself once more, which both rings have forgotten, when the cool-down is over. */
static void test_an_event_opens_one_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.account = "a", .tx = "1", .result = OUTCOME_DECLINED},
                               {.at = 25 * HOUR, .account = "b", .tx = "2", .score = -1},
                               {.account = "a", .tx = "1", .score = 2},
                               {.at = 25 * HOUR, .account = "a", .tx = "1", .score = 2}};
    const enum decision due[] = {DECISION_ISSUED, DECISION_COUNT, DECISION_BELOW, DECISION_REPEATED,
                                 DECISION_ISSUED};
    assert_decided(acts, COUNT_OF(acts), &wide, due);
}

static void test_a_side_that_found_no_room_is_told_which(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2},
                               {.account = "b", .tx = "2", .score = 2},
                               {.account = "c", .tx = "3", .score = 2},
                               {.account = "b", .tx = "4", .score = 2, .unspent_tiyn = 1}};
    const enum decision capped[] = {DECISION_ISSUED, DECISION_ISSUED, DECISION_CAPPED,
                                    DECISION_CAPPED};
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1, 1, 1000, 0, 0}, capped);
    const enum decision crowded[] = {DECISION_ISSUED, DECISION_ISSUED, DECISION_CROWDED,
                                     DECISION_AMENDED};
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 2, 0, 0}, crowded);
    assert_decided(acts, COUNT_OF(acts), &(struct limits){1000, 1000, 1000, 0, 2}, crowded);
}

static void test_both_sides_of_a_transaction_have_their_own_episode(void **unused) {
    (void)unused;
    const struct act acts[] = {{.account = "a", .tx = "1", .score = 2, .payer_too = true}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_string_equal(seen_account[0], "a-payer");
    assert_null(seen[0].addressee_bic.data);
    assert_string_equal(seen_account[1], "a");
}

static void test_an_outcome_that_overturns_withdraws(void **unused) {
    (void)unused;
    const enum outcome_result results[] = {OUTCOME_FALSE_POSITIVE, OUTCOME_RELEASED};
    const char *const why[] = {"OUTCOME_FALSE_POSITIVE", "OUTCOME_RELEASED"};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        const struct act acts[] = {
            {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70},
            {.at = 60, .account = "a", .tx = "1", .result = results[i], .names = "a"},
            {.at = 61, .account = "a", .tx = "2", .score = 4},
            {.at = DAY, .account = "a", .tx = "3", .score = 4}};
        PLAY(acts);
        assert_int_equal(seen_count, 3);
        assert_seen(1, RECOMMENDATION_WITHDRAWN, ACTION_HOLD_AMOUNT, 1);
        assert_change(1, why[i], "state hold_amount_kzt_minor ");
        assert_true(text_equal(seen[1].change.signal_id, text_of("answer")));
        assert_string_equal(seen[1].id, seen[0].id);
        assert_int_equal(seen[1].revision, 2);
        assert_int_equal(seen[1].issued_at_us, (monday() + 60) * 1000000 + 7);
        assert_string_equal(seen[1].input_topic, "s");
        assert_string_equal(seen[1].reasons[0].code, why[i]);
        assert_seen(2, RECOMMENDATION_ISSUED, ACTION_SUSPEND_EBANKING, 3);
        assert_int_equal(answered[1], ACTION_HOLD_AMOUNT);
    }
}

static void test_an_outcome_of_the_bank_that_dealt_with_it_closes_in_silence(void **unused) {
    (void)unused;
    const enum outcome_result results[] = {OUTCOME_DECLINED, OUTCOME_REFUNDED,
                                           OUTCOME_CONFIRMED_FRAUD};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        const struct act acts[] = {
            {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 70},
            {.at = 60, .account = "a", .tx = "1", .result = results[i]},
            {.at = 61, .account = "a", .tx = "2", .score = 4, .unspent_tiyn = 700},
            {.at = DAY - 1, .account = "a", .tx = "3", .score = 4, .unspent_tiyn = 700},
            {.at = DAY, .account = "a", .tx = "4", .score = 2}};
        PLAY(acts);
        assert_int_equal(seen_count, 2);
        assert_seen(1, RECOMMENDATION_ISSUED, ACTION_HOLD_AMOUNT, 4);
        assert_string_not_equal(seen[1].id, seen[0].id);
    }
}

static void test_a_hold_changes_nothing(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "1", .result = OUTCOME_HELD},
        {.at = 2, .account = "a", .tx = "1", .result = OUTCOME_PARTLY_HELD},
        {.at = 3, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 124},
        {.at = 4, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 125}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 4);
}

static void test_where_a_bank_found_nothing_any_money_is_news(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2, .unspent_tiyn = 100},
        {.at = 1, .account = "a", .tx = "1", .result = OUTCOME_NO_FUNDS},
        {.at = 2, .account = "a", .tx = "2", .score = 2, .unspent_tiyn = 0},
        {.at = 3, .account = "a", .tx = "3", .score = 2, .unspent_tiyn = 50},
        {.at = 4, .account = "a", .tx = "4", .score = 2, .unspent_tiyn = 51}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_seen(1, RECOMMENDATION_AMENDED, ACTION_HOLD_AMOUNT, 3);
    assert_int_equal(seen[1].hold_amount_kzt_minor, 50);
    assert_change(1, "MONEY_AGAIN", "state target_tx_ids hold_amount_kzt_minor at_risk_kzt_minor ");
}

static void test_what_is_no_answer_changes_nothing(void **unused) {
    (void)unused;
    const enum outcome_result wrong = OUTCOME_FALSE_POSITIVE;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 2},
        {.account = "a", .tx = "1", .result = wrong, .source = SOURCE_CITIZEN_BOT},
        {.account = "a", .tx = "1", .result = wrong, .effect = EFFECT_REPLAYED},
        {.account = "a", .tx = "1", .result = wrong, .effect = EFFECT_STRANGER},
        {.account = "a", .tx = "1", .result = wrong, .effect = EFFECT_WITHDRAWN},
        {.account = "a", .tx = "1", .result = wrong, .confidence = CONFIDENCE_REJECTED},
        {.account = "a", .tx = "1", .result = wrong, .names = "b"},
        {.account = "a", .tx = "2", .result = wrong},
        {.account = "b", .tx = "1", .result = wrong}};
    const uint8_t due[] = {ACTION_COUNT, ACTION_COUNT,   ACTION_COUNT,   ACTION_COUNT,
                           ACTION_COUNT, ACTION_UNKNOWN, ACTION_UNKNOWN, ACTION_UNKNOWN};
    PLAY(acts);
    assert_int_equal(seen_count, 1);
    assert_memory_equal(answered + 1, due, sizeof due);
}

static void test_an_answer_after_the_end_is_counted_and_no_more(void **unused) {
    (void)unused;
    const struct act acts[] = {
        {.account = "a", .tx = "1", .score = 0.5},
        {.account = "a", .tx = "1", .result = OUTCOME_FALSE_POSITIVE},
        {.account = "a", .tx = "1", .result = OUTCOME_CONFIRMED_FRAUD, .effect = EFFECT_REVISED},
        {.at = 2 * DAY, .account = "b", .tx = "2", .score = -1},
        {.account = "a", .tx = "1", .result = OUTCOME_RELEASED, .effect = EFFECT_REVISED}};
    PLAY(acts);
    assert_int_equal(seen_count, 2);
    assert_int_equal(answered[1], ACTION_REVIEW_ONLY);
    assert_int_equal(answered[2], ACTION_REVIEW_ONLY);
    assert_int_equal(answered[4], ACTION_UNKNOWN);
}

static size_t random_scene(struct act *acts) {
    static const char *const accounts[] = {"a", "b", "c", "d", "e", "f", "g", "allowed"};
    static const char *const txs[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    uint64_t state = 5;
    int64_t at = 0;
    for (size_t i = 0; i < SCENE_MAX; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const uint64_t r = state >> 20;
        at += (int64_t)(r % 4000);
        if (r % 19 == 0) {
            acts[i] = (struct act){.at = at,
                                   .account = accounts[r / 3 % 8],
                                   .tx = txs[r / 29 % 8],
                                   .result = 1 + (enum outcome_result)(r / 7 % 8)};
            continue;
        }
        acts[i] = (struct act){
            .at = r % 13 == 0 ? at - 5000 : at,
            .account = accounts[r / 3 % 8],
            .tx = txs[r / 29 % 8],
            .score = (double)(int64_t)(r / 7 % 10) - 5,
            .unspent_tiyn = (int64_t)(r / 11 % 100000),
            .balance_known = r / 5 % 2 == 0,
            .balance_tiyn = (int64_t)(r / 17 % 150000) - 10000,
            .protected_tiyn = r / 41 % 3 == 0 ? (int64_t)(r / 43 % 80000) : 0,
            .status = r % 11 == 0 ? TX_STATUS_REVERSED : TX_STATUS_SETTLED,
            .verdict = r % 17 == 0 ? VERDICT_BAD_TIME : VERDICT_ACCEPTED,
            .payer_too = r % 5 == 0,
            .bank = r / 3 % 8 < 4 ? "BANKKZ01" : "BANKKZ02",
        };
    }
    return SCENE_MAX;
}

/* What an hour has had, of all and of one bank. */
static unsigned given_since(size_t i, int64_t hour, const int64_t *hours, const char *bic) {
    unsigned count = 0;
    for (size_t k = 0; k <= i; k++) {
        const bool given =
            seen[k].state == RECOMMENDATION_ISSUED || seen[k].state == RECOMMENDATION_AMENDED;
        if (given && hours[seen_at[k]] == hour && seen[k].action == seen[i].action &&
            (bic == NULL || strcmp(seen_bic[k], bic) == 0))
            count++;
    }
    return count;
}

/* No cap is passed but by what is urgent, which is never held back; and what is held back is so
 * while not even a review is to be had. */
static void test_whatever_comes_caps_hold_and_the_urgent_pass(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    static int64_t hours[SCENE_MAX];
    static char names[SCENE_MAX][16];
    const size_t count = random_scene(acts);
    const struct limits caps = {4, 3, 1000, 2, 0};
    struct stage *stage = stage_open(&caps);
    int64_t clock_s = 0;
    size_t capped = 0, urgent = 0;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof names[i], "crowd-%zu", i % 150);
        acts[i].account = names[i];
        acts[i].at /= 10; /* more to an hour */
        if (acts[i].verdict == VERDICT_ACCEPTED && acts[i].result == OUTCOME_UNKNOWN &&
            monday() + acts[i].at > clock_s)
            clock_s = monday() + acts[i].at;
        hours[i] = clock_s / HOUR;
    }
    memset(decided, DECISION_COUNT, sizeof decided);
    free(play_on(stage, acts, count, 64));
    for (size_t i = 0; i < seen_count; i++) {
        const int64_t hour = hours[seen_at[i]];
        const bool review = seen[i].action == ACTION_REVIEW_ONLY;
        if (seen[i].action == ACTION_SUSPEND_EBANKING) continue;
        if (seen[i].state > RECOMMENDATION_AMENDED) continue;
        assert_true(given_since(i, hour, hours, NULL) <= (review ? caps.review : caps.hold));
        assert_true(given_since(i, hour, hours, seen_bic[i]) <= caps.per_bank);
    }
    for (size_t i = 0; i < count; i++) {
        capped += decided[i] == DECISION_CAPPED;
        if (decided[i] == DECISION_COUNT || acts[i].score < 3) continue;
        assert_int_not_equal(decided[i], DECISION_CAPPED);
        urgent += decided[i] == DECISION_ISSUED;
    }
    assert_true(capped > 5 && urgent > 3);
    stage_close(stage);
}

/* Whatever happens, what is advised is suspect money, no more than may be held of the account, and
 * nothing once the advice is over. */
static void test_whatever_happens_a_hold_keeps_its_bounds(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    const size_t count = random_scene(acts);
    struct stage *stage = stage_open(&wide);
    size_t holds = 0, bounded = 0;
    free(play_on(stage, acts, count, 64));
    for (size_t i = 0; i < seen_count; i++) {
        const struct recommendation *r = &seen[i];
        const struct act *act = &acts[seen_at[i]];
        const bool over =
            r->state == RECOMMENDATION_WITHDRAWN || r->state == RECOMMENDATION_EXPIRED;
        if (over || r->action < ACTION_HOLD_AMOUNT) assert_false(r->hold_amount_present);
        if (!r->hold_amount_present) continue;
        holds++;
        assert_true(r->hold_amount_kzt_minor > 0);
        assert_true(r->hold_amount_kzt_minor <= r->at_risk_kzt_minor);
        if (strcmp(seen_account[i], act->account) != 0 || !act->balance_known) continue;
        assert_true(r->hold_amount_kzt_minor <= act->balance_tiyn - act->protected_tiyn);
        bounded++;
    }
    assert_true(holds > 30 && bounded > 10);
    stage_close(stage);
}

static void test_the_size_of_batches_changes_nothing(void **unused) {
    (void)unused;
    static struct act acts[SCENE_MAX];
    const size_t count = random_scene(acts);
    const struct limits caps = {3, 2, 6, 2, 0};
    char *first = NULL;
    const uint32_t sizes[] = {1, 2, 3, 7, 64, 128};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct stage *stage = stage_open(&caps);
        char *lines = play_on(stage, acts, count, sizes[i]);
        stage_close(stage);
        if (first == NULL)
            first = lines;
        else
            assert_string_equal(lines, first);
        if (lines != first) free(lines);
    }
    size_t states[RECOMMENDATION_EXPIRED + 1] = {0};
    for (size_t i = 0; i < seen_count; i++)
        states[seen[i].state]++;
    assert_true(states[RECOMMENDATION_ISSUED] > 20 && states[RECOMMENDATION_AMENDED] > 5);
    assert_true(states[RECOMMENDATION_WITHDRAWN] > 0 && states[RECOMMENDATION_EXPIRED] > 10);
    free(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below_every_threshold_nothing_is_said),
        cmocka_unit_test(test_the_first_crossing_opens_an_episode),
        cmocka_unit_test(test_the_id_is_of_the_account_and_the_event_that_opened_it),
        cmocka_unit_test(test_the_same_transaction_by_another_event_is_another_episode),
        cmocka_unit_test(test_a_mild_action_holds_nothing),
        cmocka_unit_test(test_reported_money_is_at_risk_however_it_came),
        cmocka_unit_test(test_it_names_the_signals_that_speak_of_the_side),
        cmocka_unit_test(test_it_is_amended_when_the_action_rises),
        cmocka_unit_test(test_it_is_amended_when_the_money_at_risk_grows_by_a_quarter),
        cmocka_unit_test(test_every_revision_names_what_changed_and_why),
        cmocka_unit_test(test_no_more_is_held_than_is_there_and_wages_stay),
        cmocka_unit_test(test_priority_is_by_money_still_there_and_how_fast_it_leaves),
        cmocka_unit_test(test_an_overdrawn_account_has_nothing_to_hold),
        cmocka_unit_test(test_at_most_four_transactions_are_named_the_newest_last),
        cmocka_unit_test(test_expiry_comes_before_the_record_that_moved_the_clock),
        cmocka_unit_test(test_no_advice_is_given_that_is_over_already),
        cmocka_unit_test(test_an_advice_may_be_about_to_be_over),
        cmocka_unit_test(test_a_dead_letter_moves_no_clock),
        cmocka_unit_test(test_the_cool_down_is_by_the_engine_clock),
        cmocka_unit_test(test_a_reversal_of_the_opening_transaction_withdraws),
        cmocka_unit_test(test_a_reversal_opens_nothing),
        cmocka_unit_test(test_an_allowed_account_is_counted_and_left_alone_until_its_day),
        cmocka_unit_test(test_a_full_cap_leaves_the_next_milder_action_until_the_hour_is_over),
        cmocka_unit_test(test_beyond_the_room_for_episodes_a_crossing_is_only_counted),
        cmocka_unit_test(test_a_bank_has_a_cap_of_its_own),
        cmocka_unit_test(test_a_storm_on_one_account_is_one_case),
        cmocka_unit_test(test_a_side_is_told_what_was_made_of_it),
        cmocka_unit_test(test_an_event_opens_one_episode),
        cmocka_unit_test(test_a_side_that_found_no_room_is_told_which),
        cmocka_unit_test(test_both_sides_of_a_transaction_have_their_own_episode),
        cmocka_unit_test(test_an_outcome_that_overturns_withdraws),
        cmocka_unit_test(test_an_outcome_of_the_bank_that_dealt_with_it_closes_in_silence),
        cmocka_unit_test(test_a_hold_changes_nothing),
        cmocka_unit_test(test_where_a_bank_found_nothing_any_money_is_news),
        cmocka_unit_test(test_what_is_no_answer_changes_nothing),
        cmocka_unit_test(test_an_answer_after_the_end_is_counted_and_no_more),
        cmocka_unit_test(test_whatever_happens_a_hold_keeps_its_bounds),
        cmocka_unit_test(test_whatever_comes_caps_hold_and_the_urgent_pass),
        cmocka_unit_test(test_the_size_of_batches_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
