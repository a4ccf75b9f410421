/* SPDX-License-Identifier: Apache-2.0 */
/* A set of block numbers, of which the smallest is taken first: bits, and above them a bit for each
 * word that has any, up to one word. What is taken next depends on what is in the set alone, not on
 * how it got there. Private to slabs.c and the table of signals. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOLES_LEVELS = 5 }; /* 64^5 numbers */

struct holes {
    uint64_t *levels[HOLES_LEVELS]; /* the numbers first, one word last */
    size_t words[HOLES_LEVELS];
    uint32_t count;
};

void holes_free(struct holes *holes);
/* Makes room for the numbers below `numbers`, in steps. False: there is no memory. */
bool holes_reserve(struct holes *holes, uint32_t numbers);
/* A number that is not in the set, and below what was reserved. */
void holes_add(struct holes *holes, uint32_t number);
/* The numbers from one to another, none of which is. */
void holes_add_range(struct holes *holes, uint32_t from, uint32_t to);
/* A number that is. */
void holes_remove(struct holes *holes, uint32_t number);
/* The smallest of a set that is not empty. */
uint32_t holes_smallest(const struct holes *holes);

static inline bool holes_has(const struct holes *holes, uint32_t number) {
    return number / 64 < holes->words[0] && (holes->levels[0][number / 64] >> number % 64 & 1) != 0;
}
