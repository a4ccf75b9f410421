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

/* What is scored; terms 0: the shipped model. Shadows are as large as the live model, and of its
 * knots at other terms. */
static const struct {
    const char *name;
    uint32_t terms, heads;
} sizes[] = {
    {"score, shipped model", 0, 1},
    {"score, 64 terms", 64, 1},
    {"score, 256 terms", 256, 1},
    {"score, 512 terms", 512, 1},
    {"score, 512 terms and 1 shadow", 512, 2},
    {"score, 512 terms and 3 shadows", 512, 4},
};
enum { CASES = sizeof sizes / sizeof *sizes };

static double features[FEATURE_COUNT][BATCH_COLUMN], logits[SCORE_HEADS_MAX][BATCH_SIDES];
static struct scorer scorers[CASES][CPU_TIER_COUNT];
static struct kernel_case cases[CASES];

static void run_score(const void *table) {
    double *out[SCORE_HEADS_MAX];
    for (uint32_t h = 0; h < SCORE_HEADS_MAX; h++)
        out[h] = logits[h];
    score_heads(((const struct scorer *)table)->score, &features[0][0], BATCH_COLUMN, BATCH_SIDES,
                out);
}

static struct score *scorer_of(const struct model *const *heads, uint32_t count,
                               enum cpu_tier tier) {
    struct error error = {.text = ""};
    struct score *score = score_open_heads(heads, count, BATCH_SIDES, cpu_tier_name(tier), &error);
    if (score != NULL) return score;
    (void)fprintf(stderr, "%s\n", error.text);
    exit(1);
}

static const struct model *model_of(uint32_t terms, uint64_t seed) {
    struct error error = {.text = ""};
    const struct model *model = terms == 0 ? model_shipped(&error) : random_model(terms, seed);
    if (model != NULL) return model;
    (void)fprintf(stderr, "%s\n", error.text);
    exit(1);
}

static void make_case(size_t i, uint64_t seed) {
    const struct model *heads[SCORE_HEADS_MAX];
    cases[i] = (struct kernel_case){.name = sizes[i].name,
                                    .unit = "ns/row",
                                    .items = BATCH_SIDES,
                                    .run = run_score,
                                    .out = logits,
                                    .out_size = sizeof logits};
    for (uint32_t h = 0; h < sizes[i].heads; h++) {
        heads[h] = model_of(sizes[i].terms, seed + h);
        cases[i].terms += model_term_count(heads[h]);
    }
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
        scorers[i][tier].score = scorer_of(heads, sizes[i].heads, tier);
        cases[i].table[tier] = &scorers[i][tier];
    }
}

struct kernel_cases score_cases(uint64_t seed) {
    random_features(&features[0][0], BATCH_SIDES, BATCH_COLUMN, seed);
    for (size_t i = 0; i < CASES; i++)
        make_case(i, seed);
    return (struct kernel_cases){cases, CASES};
}
