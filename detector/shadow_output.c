/* SPDX-License-Identifier: Apache-2.0 */
/* What the shadows of a batch would have advised, for topic.shadow: a record for each side and
 * model that shadows_tally counts as advised, in the order of the rows, up to shadow.per.hour of a
 * model. */
#include "detector/base/build_info.h"
#include "detector/service/metrics.h"
#include "detector/session.h"

enum { HOUR_S = 3600 };

static bool is_wanted(const struct session *s) {
    return s->batch->shadows > 0 && s->pipeline->options.publish_shadows &&
           s->pipeline->settings->topic_shadow[0] != '\0';
}

/* False: the model has had its records of this hour. */
static bool take_room(struct session *s, uint32_t shadow, int64_t clock_s) {
    struct shadow_hour *h = &s->shadow_hour;
    const int64_t hour = clock_s / HOUR_S;
    if (hour != h->hour) *h = (struct shadow_hour){.hour = hour};
    const bool room = h->taken[shadow] < s->pipeline->settings->shadow_per_hour;
    h->taken[shadow] += room;
    metrics_add_shadow(room ? SHADOW_PUBLISHED : SHADOW_WITHHELD, shadow, 1);
    return room;
}

static struct shadow_opinion opinion(const struct model *model, const struct policy *policy,
                                     double logit) {
    return (struct shadow_opinion){.action = policy_action(policy, logit),
                                   .score = logit,
                                   .probability = model_probability(model, logit),
                                   .model_sha256 = model_sha256(model)};
}

static struct shadow_score score_of(const struct session *s, uint32_t shadow, uint32_t row) {
    const struct pipeline *p = s->pipeline;
    const struct batch *b = s->batch;
    const struct side *side = &b->side[row];
    const struct input *input = &b->input[side->event];
    const struct transaction *tx = &b->tx[side->event];
    const struct model *model = shadows_model(p->shadows, shadow);
    const struct policy *policy = shadows_policy(p->shadows, shadow);
    const bool payer = side->role == SIDE_PAYER;
    return (struct shadow_score){
        .account_token = payer ? tx->payer.account_token : tx->payee.account_token,
        .tx_id = tx->tx_id,
        .side = payer ? SCORED_PAYER : SCORED_PAYEE,
        .event_time_us = tx->event_time_us,
        .shadow = opinion(model, policy, b->shadow_logit[shadow][row]),
        .live = opinion(s->scored_by, documents_policy(p->documents), b->logit[row]),
        .model_id = model_id(model),
        .policy_sha256 = policy_sha256(policy),
        .build = build_info_version(),
        .shard = p->settings->shard_id,
        .input_topic = input->topic,
        .input_partition = input->partition,
        .input_offset = input->record.offset,
    };
}

static bool publish_side(struct session *s, uint32_t shadow, uint32_t row, struct error *error) {
    const struct shadows *shadows = s->pipeline->shadows;
    const int64_t clock_s = s->batch->clock_s[s->batch->side[row].event];
    if (!shadows_advise(shadows, shadow, s->batch->shadow_logit[shadow][row])) return true;
    if (!take_room(s, shadow, clock_s)) return true;
    const struct shadow_score score = score_of(s, shadow, row);
    return publish_shadow_score(s->publish, &score, error);
}

bool session_publish_shadows(struct session *s, struct error *error) {
    if (!is_wanted(s)) return true;
    for (uint32_t row = 0; row < s->batch->sides; row++)
        for (uint32_t shadow = 0; shadow < s->batch->shadows; shadow++)
            if (!publish_side(s, shadow, row, error)) return false;
    return true;
}
