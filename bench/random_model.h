/* SPDX-License-Identifier: Apache-2.0 */
/* A model of any size for benchmarks, and vectors for it. */
#pragma once

#include "models/model.h"

#include <stdint.h>

/* Even over 64 bits, from a state that is any number. */
uint64_t random_next(uint64_t *state);

/* `terms` terms like the shipped model's: of eight, four conjunctions, two hinges, a step and a
 * straight line, at one of four knots of their feature; amounts through log1p. Exits when it cannot
 * be made. */
struct model *random_model(uint32_t terms, uint64_t seed);

/* FEATURE_COUNT columns of `rows`, `stride` apart: one value in eight is null. */
void random_features(double *features, size_t rows, size_t stride, uint64_t seed);
