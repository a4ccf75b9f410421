/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/advice.h"

#include <math.h>

enum { MICROSECONDS = 1000000 };

int64_t advice_time_us(const struct transaction *tx) {
    return tx->ingest_time_present ? tx->ingest_time_us : tx->event_time_us;
}

int64_t advice_decide_by_us(const struct policy *policy, int64_t issued_us,
                            int64_t valid_until_us) {
    const int64_t decide_by_us = issued_us + policy_decide_within_s(policy) * MICROSECONDS;
    return decide_by_us < valid_until_us ? decide_by_us : valid_until_us;
}

static void fill_documents(struct recommendation *out, const struct decide_options *options) {
    const struct policy *policy = options->policy;
    const char *const *flows = policy_protected_flows(policy, &out->protected_count);
    for (uint32_t i = 0; i < out->protected_count; i++)
        out->protected_flows[i] = flows[i];
    out->max_hold_business_days = policy_hold_business_days(policy);
    out->model_id = model_id(options->model);
    out->policy_id = policy_id(policy);
    out->build = options->build;
    memcpy(out->model_sha256, model_sha256(options->model), sizeof out->model_sha256);
    memcpy(out->policy_sha256, policy_sha256(policy), sizeof out->policy_sha256);
}

/* A signal may tell late what was found out before the advice was issued. */
static int64_t moment_us(const struct batch *batch, uint32_t event) {
    if (batch->input[event].kind != INPUT_SIGNALS) return advice_time_us(&batch->tx[event]);
    const int64_t clock_us = batch->clock_s[event] * MICROSECONDS;
    const int64_t reported_us = batch->signal[event].reported_at_us;
    return reported_us > clock_us ? reported_us : clock_us;
}

void advice_fill(struct recommendation *out, const struct decide_options *documents,
                 const struct batch *batch, uint32_t event, const struct episode *episode,
                 enum recommendation_state state) {
    const struct input *input = &batch->input[event];
    *out = (struct recommendation){
        .revision = episode->revision,
        .state = state,
        .mode = MODE_LIVE,
        .action = episode->action,
        .priority = episode->priority,
        .addressee_bic = episode->bic,
        .target_account_token = episode->account_token,
        .target_tx_count = episode->tx_count,
        .at_risk_kzt_minor = episode->at_risk_tiyn,
        .issued_at_us = moment_us(batch, event),
        .decide_by_us = episode->decide_by_us,
        .valid_until_us = episode->valid_until_us,
        .score = episode->score,
        .probability = model_probability(documents->model, episode->score),
        .threshold = episode->threshold,
        .input_topic = input->topic,
        .input_partition = input->partition,
        .input_offset = input->record.offset,
    };
    memcpy(out->id, episode->id, sizeof out->id);
    for (uint32_t i = 0; i < episode->tx_count; i++)
        out->target_tx_ids[i] = episode->tx_ids[i];
    fill_documents(out, documents);
}

void advice_fill_trail(struct recommendation *out, const struct transaction *tx) {
    out->trail_count = 1;
    out->money_trail[0] = (struct trail_hop){
        .hop = 1,
        .tx_id = tx->tx_id,
        .from = tx->payer.account_token,
        .to = tx->payee.account_token,
        .amount_minor = tx->amount_tiyn,
        .event_time_us = tx->event_time_us,
    };
}

void advice_fill_reason(struct recommendation *out, const char *code, const char *en,
                        const char *ru, const char *kk) {
    out->reason_count = 1;
    out->reasons[0] = (struct reason){
        .code = code,
        .feature = "",
        .value = NAN,
        .baseline = NAN,
        .unit = "",
        .contribution = out->score,
        .text_en = en,
        .text_ru = ru,
        .text_kk = kk,
        .quality = QUALITY_EXACT,
    };
}
