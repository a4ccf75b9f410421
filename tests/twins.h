/* SPDX-License-Identifier: Apache-2.0 */
/* The engine and its slow twin over one history, side by side. */
#pragma once

#include "tests/histories.h"
#include "tests/naive_features.h"

struct kernels;

struct twins {
    const struct kernels *kernels; /* of the engine */
    enum naive_mutation mutation;  /* of the twin */
};

struct difference {
    bool found;
    uint32_t event;
    char what[160];
};

/* The first difference: a duplicate, an account's number, what is approximate, a feature. */
struct difference twins_compare(const struct twins *twins, const struct history *history);
/* Takes events out of a history that differs while it still does: whole stretches, then one by one
 * until none can go. */
void twins_shrink(const struct twins *twins, struct history *history);
/* Hash of every bit that the engine gives for a history: verdicts, numbers, marks, features. */
uint64_t twins_engine_hash(const struct kernels *kernels, const struct history *history);
