/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/unreached.h"

#include "detector/base/printable.h"
#include "detector/commands/backtest_report.h"

#include <math.h>
#include <stdio.h>

void unreached_warn(const struct policy *policy, const struct model *model) {
    for (int a = 0; a < ACTION_COUNT; a++) {
        const struct policy_rule *rule = policy_rule(policy, (enum action)a);
        if (rule == NULL || isfinite(rule->threshold)) continue;
        fputs("warning: the model \"", stderr);
        printable_put(model_id(model), stderr);
        fputs("\" never gives the probability at which the policy \"", stderr);
        printable_put(policy_id(policy), stderr);
        fprintf(stderr,
                "\" takes %s (at most %.4f): it counts as never reached here, and `saqshy run` "
                "refuses the two; choose a lower threshold with `saqshy tune`\n",
                backtest_action_name(a), model_probability(model, HUGE_VAL));
    }
}
