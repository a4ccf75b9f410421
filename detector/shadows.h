/* SPDX-License-Identifier: Apache-2.0 */
/* Shadow models: scored beside the live one, to see what they would have advised. Their scores
 * reach no decision, no state and no recommendation; they are counted, and on wish published
 * (shadow_output.c). Engine thread. */
#pragma once

#include "detector/batch.h"
#include "detector/policy.h"
#include "detector/service/options.h"

struct shadows;

/* The documents of `model.shadow`, each with the live policy read by its own calibration. None is
 * no failure. ERROR_CONFIG: one is refused, there twice, or one too many. */
struct shadows *shadows_open(const struct options *options, const struct policy *live,
                             struct error *error);
void shadows_close(struct shadows *shadows);

/* SCORE_SHADOWS_MAX at most. */
uint32_t shadows_count(const struct shadows *shadows);
const struct model *shadows_model(const struct shadows *shadows, uint32_t index);
/* The live policy as its calibration reads it, or the one before (shadows_follow). */
const struct policy *shadows_policy(const struct shadows *shadows, uint32_t index);
/* Whether its logit reaches the mildest threshold of that. */
bool shadows_advise(const struct shadows *shadows, uint32_t index, double logit);
/* Its file, as model.shadow names it. */
const char *shadows_path(const struct shadows *shadows, uint32_t index);

/* Another policy is live. A shadow whose model never gives what it asks for keeps the one before,
 * and that is said. */
void shadows_follow(struct shadows *shadows, const struct policy *live);

/* Puts a scored batch into the metrics. A side is advised when its logit reaches the mildest
 * threshold of the policy: before caps, cool-down and allow-list. */
void shadows_tally(const struct shadows *shadows, const struct policy *live,
                   const struct batch *batch);
