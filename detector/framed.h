/* SPDX-License-Identifier: Apache-2.0 */
/* From a record's value to the plan that decodes it: presence, size, frame, schema id. Engine
 * thread only. */
#pragma once

#include "detector/verdict.h"
#include "schemas/catalog.h"

enum { VERDICT_WHY_SIZE = 128 };

struct framed;

struct framed_options {
    enum contract contract;
    const char *schema_dir; /* may be empty */
    uint32_t value_bytes_max;
};

struct framed *framed_open(const struct framed_options *options, struct error *error);
void framed_close(struct framed *framed);
/* ACCEPTED: the plan and the bytes behind the frame. Else *why says more, and may be `text`. */
enum verdict framed_find(struct framed *framed, struct bytes value, const struct plan **plan,
                         struct bytes *body, char text[VERDICT_WHY_SIZE], const char **why);
