/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/decide_stand.h"

#include "tests/decide_saved.h"
#include "tests/support.h"

#include "detector/base/calendar.h"

#include <stdio.h>
#include <stdlib.h>

struct model *decide_stand_model_of(double intercept, const char *terms) {
    char json[2048];
    struct error error = {0};
    (void)snprintf(json, sizeof json,
                   "{\"format\": \"saqshy-model/1\", \"id\": \"model\", \"features_sha256\": "
                   "\"%s\", \"intercept\": %.17g, \"transforms\": {}, \"terms\": [%s], "
                   "\"provenance\": {}, \"calibration\": {\"type\": \"logistic\"}}",
                   feature_table_sha256(), intercept, terms);
    struct model *model = model_parse(json, strlen(json), "model", &error);
    if (model == NULL) fail_msg("%s", error.text);
    return model;
}

struct model *decide_stand_model(void) {
    char term[256];
    (void)snprintf(term, sizeof term,
                   "{\"name\": \"first\", \"type\": \"linear\", \"feature\": \"%s\", \"weight\": "
                   "1, \"text\": {\"en\": \"e\", \"ru\": \"r\", \"kk\": \"k\"}}",
                   feature_table[0].name);
    return decide_stand_model_of(0, term);
}

struct policy *decide_stand_policy(const char *json, const struct model *model) {
    struct error error = {0};
    struct policy *policy = policy_parse(json, strlen(json), "policy", model, &error);
    if (policy == NULL) fail_msg("%s: %s", error.text, json);
    return policy;
}

void decide_stand_open(struct decide_stand *stand, struct model *model, const char *policy,
                       const struct decide_room *room) {
    struct error error = {0};
    *stand = (struct decide_stand){
        .model = model,
        .policy = decide_stand_policy(policy, model),
        .score = score_open(model, BATCH_SIDES, "auto", &error),
        .runs = runs_new(&(struct inputs){{"in", "signals"}}, room->runs),
        .batch = batch_new(),
    };
    stand->options = (struct decide_options){.policy = stand->policy,
                                             .model = model,
                                             .score = stand->score,
                                             .runs = stand->runs,
                                             .build = text_of("build"),
                                             .episodes_max = room->episodes,
                                             .instructions_max = room->instructions,
                                             .issued_max = room->issued};
    stand->decide = decide_open(&stand->options, &error);
    assert_non_null(stand->decide);
    assert_non_null(stand->batch);
}

void decide_stand_close(struct decide_stand *stand) {
    batch_free(stand->batch);
    decide_close(stand->decide);
    runs_free(stand->runs);
    score_close(stand->score);
    policy_free(stand->policy);
    model_free(stand->model);
}

void decide_stand_restart(struct decide_stand *stand) {
    struct error error = {0};
    struct pack pack = {0}, again = {0};
    decide_save(stand->decide, &pack);
    decide_close(stand->decide);
    stand->decide = decide_open(&stand->options, &error);
    struct unpack unpack = {.at = pack.data, .end = pack.data + pack.size};
    assert_true(decide_load(stand->decide, &unpack));
    assert_ptr_equal(unpack.at, unpack.end);
    decide_save(stand->decide, &again);
    assert_int_equal(again.size, pack.size);
    assert_memory_equal(again.data, pack.data, pack.size);
    free(pack.data);
    free(again.data);
}

int64_t decide_stand_monday(void) {
    int32_t day;
    assert_true(calendar_parse("2026-06-01", &day));
    return calendar_day_start_s(day) + 9 * INT64_C(3600);
}

uint32_t decide_stand_number(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint32_t)(uint8_t)*name) * 16777619u;
    return hash;
}

void decide_stand_print(char *out, size_t room, struct text text) {
    (void)snprintf(out, room, "%.*s", (int)text.size, text.data == NULL ? "" : text.data);
}
