/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/kernel_case.h"
#include "bench/random_model.h"

#include "detector/batch.h"
#include "models/score.h"

#include <stdio.h>
#include <stdlib.h>

struct scorer {
    struct score *score;
};

enum { MODELS = 4 };

static double features[FEATURE_COUNT][BATCH_COLUMN], logits[BATCH_SIDES];
static struct scorer scorers[MODELS][CPU_TIER_COUNT];

static void run_score(const void *table) {
    score_batch(((const struct scorer *)table)->score, &features[0][0], BATCH_COLUMN, BATCH_SIDES,
                logits);
}

#define SCORE_CASE(text)                                                                           \
    {                                                                                              \
        .name = text, .unit = "ns/row", .items = BATCH_SIDES, .run = run_score, .out = logits,     \
        .out_size = sizeof logits                                                                  \
    }
static struct kernel_case cases[MODELS] = {
    SCORE_CASE("score, shipped model"),
    SCORE_CASE("score, 64 terms"),
    SCORE_CASE("score, 256 terms"),
    SCORE_CASE("score, 512 terms"),
};

static struct score *scorer_of(const struct model *model, enum cpu_tier tier) {
    struct error error = {.text = "no model"};
    struct score *score =
        model == NULL ? NULL : score_open(model, BATCH_SIDES, cpu_tier_name(tier), &error);
    if (score != NULL) return score;
    (void)fprintf(stderr, "%s\n", error.text);
    exit(1);
}

struct kernel_cases score_cases(uint64_t seed) {
    static const uint32_t terms[MODELS] = {0, 64, 256, 512};
    random_features(&features[0][0], BATCH_SIDES, BATCH_COLUMN, seed);
    for (size_t i = 0; i < MODELS; i++) {
        struct error error = {0};
        const struct model *model =
            terms[i] == 0 ? model_shipped(&error) : random_model(terms[i], seed);
        for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
            scorers[i][tier].score = scorer_of(model, tier);
            cases[i].table[tier] = &scorers[i][tier];
        }
        cases[i].terms = model_term_count(model);
    }
    return (struct kernel_cases){cases, MODELS};
}
