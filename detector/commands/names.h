/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with dense numbers, both ways. The texts are borrowed. Zeros: empty. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/lookup.h"

struct names {
    struct text *texts;
    size_t count, room;
    struct lookup lookup;
};

/* Adds it where it is not there yet. */
uint32_t names_number(struct names *names, struct text text);
/* LOOKUP_NONE where it is not there. */
uint32_t names_find(const struct names *names, struct text text);
size_t names_bytes(const struct names *names);
void names_clear(struct names *names);
