/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/change.h"

struct advised change_advised(const struct episode *episode) {
    return (struct advised){
        .state = episode->revision > 1 ? RECOMMENDATION_AMENDED : RECOMMENDATION_ISSUED,
        .action = episode->action,
        .priority = episode->priority,
        .hold_tiyn = episode->hold_tiyn,
        .at_risk_tiyn = episode->at_risk_tiyn,
    };
}

void change_name(struct recommendation *r, const struct advised *before, const char *why) {
    const struct {
        const char *field;
        bool differs;
    } fields[CHANGED_FIELDS_MAX] = {
        {"state", r->state != before->state},
        {"action", r->action != before->action},
        {"priority", r->priority != before->priority},
        {"target_tx_ids", before->lacks_tx},
        {"hold_amount_kzt_minor", r->hold_amount_kzt_minor != before->hold_tiyn},
        {"at_risk_kzt_minor", r->at_risk_kzt_minor != before->at_risk_tiyn},
    };
    r->change.why = why;
    for (int i = 0; i < CHANGED_FIELDS_MAX; i++)
        if (fields[i].differs) r->change.what[r->change.what_count++] = fields[i].field;
}
