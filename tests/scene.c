/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scene.h"

#include "tests/fake_account.h"
#include "tests/support.h"

#include "detector/base/digest.h"
#include "detector/service/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char written_policy[] =
    "{\"format\": \"saqshy-policy/1\", \"id\": \"policy\", \"actions\": {"
    "\"REVIEW_ONLY\": {\"probability\": 0.5, \"per_hour\": %u, \"priority\": \"LOW\"%s},"
    "\"HOLD_AMOUNT\": {\"probability\": 0.75, \"per_hour\": %u, \"priority\": \"HIGH\"%s}%s},"
    "\"cool_down_hours\": 24, \"decide_within_minutes\": 60, \"max_hold_business_days\": 1,"
    "\"hold_counts_from\": \"NEXT_WORKING_DAY\", \"protected_flows\": [\"PENSION\"],"
    "\"left_available_minor\": %u,"
    "\"allow\": [{\"account_token\": \"allowed\", \"reason\": \"a test\", \"author\": \"me\", "
    "\"expires\": "
    "\"2026-06-03\"}],"
    "\"holidays\": [], \"working_weekends\": [], \"provenance\": {}}";

static const char *const suspends[] = {
    [SUSPEND_AS_BEFORE] = ", \"SUSPEND_EBANKING\": {\"probability\": 0.95, \"per_hour\": 0, "
                          "\"priority\": \"URGENT\"}",
    [SUSPEND_HIGH] = ", \"SUSPEND_EBANKING\": {\"probability\": 0.95, \"per_hour\": 0, "
                     "\"priority\": \"HIGH\"}",
    [SUSPEND_NONE] = ""};

const struct limits wide = {1000, 1000, 1000, 0, 0, 0};

struct scene {
    struct decide_stand stand;
    struct limits limits;
    struct account accounts[SCENE_MAX];
    char payer_names[SCENE_MAX][64];
    char ids[SCENE_MAX][RECOMMENDATION_ID_SIZE + 1];
};

enum { POLICY_SIZE = sizeof written_policy + 256 };

static const char *write_policy(const struct limits *caps, enum scene_suspend suspend,
                                char out[POLICY_SIZE]) {
    char per_bank[48] = "";
    if (caps->per_bank > 0)
        (void)snprintf(per_bank, sizeof per_bank, ", \"per_hour_per_bank\": %u", caps->per_bank);
    (void)snprintf(out, POLICY_SIZE, written_policy, caps->review, per_bank, caps->hold, per_bank,
                   suspends[suspend], caps->left);
    return out;
}

struct scene *scene_open(const struct limits *caps) {
    char policy[POLICY_SIZE];
    struct scene *scene = calloc(1, sizeof *scene);
    assert_true(account_is_fake);
    assert_non_null(scene);
    scene->limits = *caps;
    decide_stand_open(&scene->stand, decide_stand_model(),
                      write_policy(caps, SUSPEND_AS_BEFORE, policy),
                      &(struct decide_room){.runs = SCENE_MAX,
                                            .episodes = caps->episodes,
                                            .instructions = 16,
                                            .issued = caps->issued > 0 ? caps->issued : 1000});
    metrics_reset();
    return scene;
}

void scene_close(struct scene *scene) {
    decide_stand_close(&scene->stand);
    free(scene);
}

static void change_policy(struct scene *scene, enum scene_suspend suspend) {
    struct decide_stand *at = &scene->stand;
    struct error error = {0};
    char json[POLICY_SIZE];
    struct policy *policy =
        decide_stand_policy(write_policy(&scene->limits, suspend, json), at->model);
    assert_true(decide_use(at->decide, at->model, policy, at->score, &error));
    policy_free(at->policy);
    at->policy = policy;
}

static void add_side(struct scene *scene, uint32_t event, enum side_role role, const char *name,
                     double score) {
    struct batch *batch = scene->stand.batch;
    const uint32_t side = batch->sides++;
    for (int f = 0; f < FEATURE_COUNT; f++)
        batch->features[f][side] = NAN;
    batch->features[0][side] = score;
    batch->side[side] = (struct side){
        .event = event,
        .account_number = decide_stand_number(name),
        .role = role,
        .account = &scene->accounts[batch->input[event].ordinal],
    };
}

static int64_t event_time_s(const struct act *act) {
    return decide_stand_monday() + act->at - 2;
}

static bool is_signal(const struct act *act) {
    return act->result != OUTCOME_UNKNOWN || act->withdraws != NULL;
}

/* Of the episode that this act, or the latest one of its account and `tx` before it, opens. */
static void id_of(const struct act *first, const struct act *act,
                  char id[RECOMMENDATION_ID_SIZE + 1]) {
    char named[128];
    uint8_t digest[DIGEST_SIZE];
    const struct act *opening = act;
    while (opening > first && (is_signal(opening) || strcmp(opening->account, act->account) != 0 ||
                               strcmp(opening->tx, act->tx) != 0))
        opening--;
    const int size = snprintf(named, sizeof named, "saqshy/1%cfreeze%c%s%c%s%cevent%c%lld000000", 0,
                              0, act->account, 0, act->tx, 0, 0, (long long)event_time_s(opening));
    digest_sha256(named, (size_t)size, digest);
    digest_hex(digest, RECOMMENDATION_ID_SIZE / 2, id);
}

static void add_signal(struct scene *scene, const struct act *act, uint64_t ordinal,
                       int64_t clock_s) {
    const struct act *first = act - ordinal; /* of the scene */
    struct batch *batch = scene->stand.batch;
    const uint32_t event = batch->count++;
    const int64_t second = decide_stand_monday() + act->at;
    if (act->withdraws == NULL) id_of(first, act, scene->ids[ordinal]);
    batch->input[event] = (struct input){.kind = INPUT_SIGNALS, .topic = "s", .ordinal = ordinal};
    batch->verdict[event] = VERDICT_SIGNAL;
    batch->signal_effect[event] = act->withdraws == NULL ? act->effect : EFFECT_WITHDRAWN;
    batch->clock_s[event] = clock_s;
    batch->signal[event] = (struct signal){
        .signal_id = text_of(act->id == NULL ? "answer" : act->id),
        .kind = act->withdraws == NULL ? SIGNAL_OUTCOME : SIGNAL_WITHDRAWAL,
        .withdraws_signal_id = text_of(act->withdraws),
        .source = (uint8_t)(act->source == SOURCE_UNKNOWN ? SOURCE_BANK : act->source),
        .confidence = (uint8_t)act->confidence,
        .reported_at_us = (second - act->told_after_s) * 1000000 + 7,
        .recommendation_id = text_of(scene->ids[ordinal]),
        .outcome_present = act->withdraws == NULL,
        .outcome_result = (uint8_t)act->result,
        .subject_count = act->names != NULL,
        .subjects = {{text_of(act->names), SUBJECT_ACCOUNT, ROLE_BENEFICIARY}},
    };
    runs_add(scene->stand.runs, ordinal, INPUT_SIGNALS, 0, (int64_t)ordinal);
}

static void add_act(struct scene *scene, const struct act *act, uint64_t ordinal, int64_t clock_s) {
    struct batch *batch = scene->stand.batch;
    const uint32_t event = batch->count++;
    const int64_t second = decide_stand_monday() + act->at;
    char *payer = scene->payer_names[ordinal];
    (void)snprintf(payer, sizeof scene->payer_names[0], "%s-payer", act->account);
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
    scene->accounts[ordinal] = (struct account){.unspent_tiyn = act->unspent_tiyn,
                                                .protected_tiyn = act->protected_tiyn,
                                                .event_count = 1,
                                                .events = {{.ordinal = ordinal}}};
    runs_add(scene->stand.runs, ordinal, INPUT_TRANSACTIONS, 3, (int64_t)ordinal);
    if (act->verdict != VERDICT_ACCEPTED) return;
    if (act->payer_too) add_side(scene, event, SIDE_PAYER, payer, act->score);
    add_side(scene, event, SIDE_PAYEE, act->account, act->score);
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

struct recommendation seen[SCENE_MAX];
char seen_bic[SCENE_MAX][16];
char seen_account[SCENE_MAX][64], seen_tx[SCENE_MAX][TARGET_TX_MAX][64];
char seen_told[SCENE_MAX][64];
uint64_t seen_at[SCENE_MAX];
size_t seen_count;
uint8_t decided[SCENE_MAX];
uint8_t answered[SCENE_MAX];
struct unsaid unsaid[SCENE_MAX];

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

static void play_batch(struct scene *scene, FILE *out) {
    struct batch *batch = scene->stand.batch;
    const struct recommendation *r;
    uint32_t event;
    score_batch(scene->stand.score, &batch->features[0][0], BATCH_COLUMN, batch->sides,
                batch->logit);
    decide_batch(scene->stand.decide, batch);
    while ((r = decide_next(scene->stand.decide, &event)) != NULL) {
        print_recommendation(out, r, batch->input[event].ordinal);
        note(r, batch->input[event].ordinal);
    }
    assert_null(decide_next(scene->stand.decide, &event));
    for (uint32_t i = 0; i < batch->sides; i++)
        decided[batch->input[batch->side[i].event].ordinal] = batch->decision[i];
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->verdict[i] == VERDICT_SIGNAL) {
            answered[batch->input[i].ordinal] = batch->answered[i];
            unsaid[batch->input[i].ordinal] = batch->unsaid[i];
        }
    batch->count = batch->sides = 0;
}

char *scene_play(struct scene *scene, const struct act *acts, size_t count, uint32_t size) {
    char *lines = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&lines, &length);
    int64_t clock_s = 0;
    seen_count = 0;
    for (size_t i = 0; i < count; i++) {
        const bool dead = verdict_is_dead_letter(acts[i].verdict);
        const bool signal = is_signal(&acts[i]);
        if (acts[i].suspend != SUSPEND_AS_BEFORE) change_policy(scene, acts[i].suspend);
        if (!dead && !signal && decide_stand_monday() + acts[i].at > clock_s)
            clock_s = decide_stand_monday() + acts[i].at;
        (signal ? add_signal : add_act)(scene, &acts[i], i, dead ? INT64_MAX : clock_s);
        if (scene->stand.batch->count == size) play_batch(scene, out);
    }
    play_batch(scene, out);
    (void)fclose(out);
    return lines;
}

void scene_play_capped(const struct act *acts, size_t count, const struct limits *caps) {
    struct scene *scene = scene_open(caps);
    free(scene_play(scene, acts, count, 1));
    scene_close(scene);
}

void assert_seen(size_t i, enum recommendation_state state, enum action action, uint64_t at) {
    assert_true(i < seen_count);
    assert_int_equal(seen[i].state, state);
    assert_int_equal(seen[i].action, action);
    assert_int_equal(seen_at[i], at);
}

void assert_change(size_t i, const char *why, const char *fields) {
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
