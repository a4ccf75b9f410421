/* SPDX-License-Identifier: Apache-2.0 */
/* The name somebody meant. */
#pragma once

#include <stddef.h>

/* The candidate with the fewest letters to add, drop or change; NULL when none is near enough to
 * guess. */
const char *closest(const char *word, const char *const *candidates, size_t count);
