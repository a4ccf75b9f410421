/* SPDX-License-Identifier: Apache-2.0 */
/* What the demo shows on stderr: on a terminal a picture redrawn in place, elsewhere plain lines.
 * Recommendations come from the engine thread, pictures are drawn by one other. */
#pragma once

#include "detector/commands/demo_words.h"

struct demo_view;

/* `quiet`: nothing is shown. The tally outlives it. NULL when memory is short. */
struct demo_view *demo_view_new(bool quiet, const struct demo_tally *tally);
void demo_view_take(struct demo_view *view, const struct recommendation *recommendation);
void demo_view_draw(struct demo_view *view, const struct demo_numbers *numbers);
/* Draws once more and leaves the picture above what is printed next. */
void demo_view_end(struct demo_view *view, const struct demo_numbers *numbers);
void demo_view_free(struct demo_view *view);
