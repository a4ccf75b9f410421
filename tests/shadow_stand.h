/* SPDX-License-Identifier: Apache-2.0 */
/* An engine with two shadows beside the live model, and a burst of credits that they judge
 * differently. */
#pragma once

#include "tests/memory_stand.h"

#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define ORDER "antifrod.order"
enum { PARTITIONS = 2, CREDITS = 6 };

/* Fixtures: the state is a struct memory_stand; metrics are 0. */
int shadow_set_up(void **state);
int shadow_tear_down(void **state);

/* The first advises from 4 credits on, the second from 2 on; the live model does from 3 on. */
void add_both(struct memory_stand *stand);
/* Credits to `dropper`, by sample_send_burst. */
void send_burst(const struct memory_stand *stand, int first, int count);
