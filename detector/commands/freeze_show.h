/* SPDX-License-Identifier: Apache-2.0 */
/* A recommendation's whole story, for people and for machines. */
#pragma once

#include "detector/commands/freeze_story.h"

struct freeze_show {
    const struct freezes_query *query;
    const struct freeze_story *story;
    const struct outcome *outcome; /* NULL: none is known */
    enum freeze_standing standing;
    int64_t decide_in_s;
};

void freeze_show_text(const struct freeze_show *show, FILE *out);
/* One line; account tokens masked unless the query wants them whole. Changes its revisions. */
void freeze_show_json(const struct freeze_show *show, FILE *out);
