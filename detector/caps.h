/* SPDX-License-Identifier: Apache-2.0 */
/* How many recommendations an hour has had, and each bank in it, against the caps of the policy.
 *
 * What finds no room is taken down to the next milder action that has some. So REVIEW_ONLY is held
 * back first: when anything is held back altogether, there is no room for that either. What is
 * URGENT, by the policy or by what is known of the case, always has room. Hours are those of the
 * engine clock. A fixed size; engine thread. */
#pragma once

#include "detector/base/pack.h"
#include "detector/policy.h"

/* Banks that an hour tells apart; the rest count as one, and so do those without a BIC. */
enum { CAPS_BANKS_MAX = 256 };

enum caps_full { CAPS_ROOM, CAPS_FULL_HOUR, CAPS_FULL_BANK };

struct caps;

struct caps *caps_new(void); /* NULL when memory is short */
void caps_free(struct caps *caps);

/* Another hour begins with nothing. */
void caps_move(struct caps *caps, int64_t clock_s);
/* policy_rule, or policy_payer_rule. */
typedef const struct policy_rule *caps_rule(const struct policy *policy, enum action action);

struct caps_ask {
    struct text bic;
    enum action wanted, least; /* the strongest and the mildest that would do */
    int step;                  /* of its priority from the rule's, as episode_step */
};
/* The strongest action that there is room for at the bank; ACTION_UNKNOWN: none. `*full`: what kept
 * `wanted` back. */
enum action caps_find(const struct caps *caps, const struct policy *policy, caps_rule *rule_of,
                      const struct caps_ask *ask, enum caps_full *full);
/* One is given. */
void caps_take(struct caps *caps, struct text bic, enum action action);

void caps_save(const struct caps *caps, struct pack *pack);
/* Into one that is new. */
bool caps_load(struct caps *caps, struct unpack *unpack);
