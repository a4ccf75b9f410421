/* SPDX-License-Identifier: Apache-2.0 */
/* Actions of a policy that a model never comes to. */
#pragma once

#include "detector/policy.h"

/* A line on stderr for each, with the next step. The policy is of policy_load_offline. */
void unreached_warn(const struct policy *policy, const struct model *model);
