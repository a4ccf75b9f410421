/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers: functions with a stack of their own that take turns on one thread, when and where they
 * say so. For simulated threads, whose turns a seed decides. */
#pragma once

#include <stdbool.h>

struct fiber;

/* Does not run yet. Stacks are kept for the next one. */
struct fiber *fiber_new(void (*run)(void *context), void *context);
/* Ended, or never resumed. */
void fiber_free(struct fiber *fiber);

/* Goes on with a fiber until it pauses or ends. Outside of fibers only. */
void fiber_resume(struct fiber *fiber);
/* Back to who resumed the present one. */
void fiber_pause(void);
/* NULL outside of fibers. */
struct fiber *fiber_present(void);
bool fiber_ended(const struct fiber *fiber);
