/* SPDX-License-Identifier: Apache-2.0 */
/* What the demo shows on stderr: on a terminal a picture redrawn in place, elsewhere plain lines.
 * Recommendations come from the engine thread, pictures are drawn by one other. */
#pragma once

#include "detector/commands/demo_story.h"
#include "detector/recommendation.h"

struct demo_view;

struct demo_numbers {
    int64_t start_s, now_s, end_s; /* of the feed, seconds since 1970 */
    int64_t sent, taken;           /* records */
    int64_t signals;               /* that were taken */
    int64_t accounts, dead_letters;
    struct demo_ending ending;
};

/* What victims said, and what had been advised, in a line. */
enum { DEMO_STORY_SIZE = 192 };
const char *demo_view_story(const struct demo_numbers *numbers, char out[DEMO_STORY_SIZE]);

/* `quiet`: nothing is shown. NULL when memory is short. */
struct demo_view *demo_view_new(bool quiet);
void demo_view_take(struct demo_view *view, const struct recommendation *recommendation);
void demo_view_draw(struct demo_view *view, const struct demo_numbers *numbers);
/* Draws once more and leaves the picture above what is printed next. */
void demo_view_end(struct demo_view *view, const struct demo_numbers *numbers);
void demo_view_free(struct demo_view *view);
