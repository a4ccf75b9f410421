/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the incidents that the demo's feed tells of: whether their account had been
 * advised on before the first of them was reported, after it, or not. Any thread. */
#pragma once

#include "detector/recommendation.h"
#include "detector/signal.h"

struct demo_story;

struct demo_ending {
    int64_t incidents; /* that name an account, revisions apart */
    int64_t accounts;  /* that they name */
    int64_t before, after;
};

struct demo_story *demo_story_new(void);
void demo_story_free(struct demo_story *story);
void demo_story_tell(struct demo_story *story, const struct signal *signal);
void demo_story_advise(struct demo_story *story, const struct recommendation *recommendation);
struct demo_ending demo_story_ending(struct demo_story *story);
