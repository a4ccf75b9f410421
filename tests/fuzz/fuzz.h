/* SPDX-License-Identifier: Apache-2.0 */
/* One boundary under fuzz: each fuzz_NAME.c opens with its property and defines fuzz_one. Built
 * with libfuzzer.c under the preset `fuzz`, else with replay.c, which runs the corpus. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Aborts where the property does not hold. True: the input got past the boundary. */
bool fuzz_one(const uint8_t *data, size_t size);

/* Says what broke and aborts. */
_Noreturn void fuzz_broken(const char *what);
static inline void fuzz_must(bool holds, const char *what) {
    if (!holds) fuzz_broken(what);
}
