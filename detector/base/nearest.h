/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the candidate with the smallest edit distance. */
#pragma once

#include <stddef.h>

/* NULL when no candidate is near: more than a third of the word (at least 2 edits) would have to
 * change. */
const char *nearest(const char *word, const char *const *candidates, size_t count);
