/* SPDX-License-Identifier: Apache-2.0 */
/* Anonymous memory in large regions: address space first, memory as it is needed, and back to the
 * system what is not. Sizes and addresses of pieces are multiples of PAGES_PIECE, so that the
 * system can give huge pages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PAGES_PIECE = 2 << 20 };

static inline size_t pages_round_up(size_t size) {
    return (size + PAGES_PIECE - 1) / PAGES_PIECE * PAGES_PIECE;
}

/* Address space that cannot be touched yet, aligned to a piece; NULL: there is none. */
void *pages_reserve(size_t size);
/* Makes part of a reservation memory of zeros that counts against the system's commit limit, and
 * asks for huge pages. False: the system refuses. */
bool pages_commit(void *at, size_t size);
/* Writes to every page of committed memory of zeros, so that no later write waits for one. */
void pages_touch(void *at, size_t size);
/* Committed memory becomes zeros that take no memory until they are written again. */
void pages_give_back(void *at, size_t size);
void pages_release(void *at, size_t size);

/* False: the system does not give huge pages by its settings, or `at`, which is memory that has
 * been touched, or NULL, is not on one. */
bool pages_are_huge(const void *at);
