/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model with so many more terms: steps, hinges and conjunctions at random features and
 * knots, of weights too small to make a decision another one. */
#pragma once

#include "models/model.h"

struct model *wide_model(uint32_t terms, uint64_t seed, struct error *error);
