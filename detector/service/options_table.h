/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the options table as data; private to options.c and options_doc.c. */
#pragma once

#include "detector/service/options.h"

enum option_kind { OPTION_SECTION, OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG, OPTION_CHOICE };

struct option_row {
    enum option_kind kind;
    const char *key, *standard, *unit, *choices, *text;
    int64_t low, high;
    int state; /* 0, 1, or OPTION_STATE_LATER */
    size_t offset, room;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;
