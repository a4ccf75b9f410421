/* SPDX-License-Identifier: Apache-2.0 */
/* Dense numbers of pairs, in the order of their first appearance. Zeros: empty. */
#pragma once

#include "detector/base/lookup.h"

struct pairs {
    uint32_t (*pairs)[2];
    size_t count, room;
    struct lookup lookup;
};

/* Adds it where it is not there yet. */
uint32_t pairs_number(struct pairs *pairs, uint32_t first, uint32_t second);
/* LOOKUP_NONE where it is not there. */
uint32_t pairs_find(const struct pairs *pairs, uint32_t first, uint32_t second);
void pairs_clear(struct pairs *pairs);
