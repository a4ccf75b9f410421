/* SPDX-License-Identifier: Apache-2.0 */
/* How many episodes rest on which signals, so that a withdrawal knows at once whether any does.
 * Engine thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ground;

/* All zero: none. */
struct grounds {
    struct ground *map;
};

void grounds_close(struct grounds *grounds);
/* `key`: a hash of the signal's id. */
void grounds_add(struct grounds *grounds, uint64_t key);
/* One that was added. */
void grounds_remove(struct grounds *grounds, uint64_t key);
bool grounds_has(const struct grounds *grounds, uint64_t key);
