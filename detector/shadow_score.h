/* SPDX-License-Identifier: Apache-2.0 */
/* What a shadow model would have advised on one side, before it is encoded: the fields of
 * schemas/ShadowScore.avsc. Texts are borrowed. */
#pragma once

#include "detector/recommendation.h"

enum scored_side { SCORED_UNKNOWN, SCORED_PAYER, SCORED_PAYEE };

/* Of one model. */
struct shadow_opinion {
    enum action action; /* UNKNOWN: none */
    double score;       /* the logit */
    double probability;
    const char *model_sha256;
};

struct shadow_score {
    struct text account_token, tx_id;
    enum scored_side side;
    int64_t event_time_us;
    struct shadow_opinion shadow, live;
    const char *model_id; /* of the shadow */
    const char *policy_sha256;
    const char *build, *shard;
    const char *input_topic;
    int32_t input_partition;
    int64_t input_offset;
};
