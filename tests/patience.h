/* SPDX-License-Identifier: Apache-2.0 */
/* How long a test waits for a broker: by the clock, since rounds say nothing about a machine that
 * is slow or under a sanitizer. Whoever gives up fails. */
#pragma once

#include "detector/base/steady.h"

#include <stdbool.h>

enum { PATIENCE_MS = 60000 };

static inline int64_t patience_until(void) {
    return steady_ms() + PATIENCE_MS;
}
static inline bool patience_left(int64_t until) {
    return steady_ms() < until;
}
