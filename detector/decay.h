/* SPDX-License-Identifier: Apache-2.0 */
/* Exponential decay with a half-life of 14 days over whole seconds, from tables: two products in
 * place of an exp, and the same bits everywhere. */
#pragma once

#include <stdint.h>

#define DECAY_HALF_LIFE_S (14.0 * 86400.0)

/* Fills the tables once; before the first decay_factor, from any thread. */
void decay_open(void);
/* 2^(-age_s / half-life), to a few units in the last place; 0 beyond four years. */
double decay_factor(uint32_t age_s);
