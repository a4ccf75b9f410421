/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Fetches the line of memory at an address, which may be any, ahead of who reads or writes it. For
 * gcc (12.2) a function that does nothing but this has no effect, and goes with all its calls: so
 * it has one that costs nothing. */
static inline void prefetch(const void *at) {
    __builtin_prefetch(at);
    __asm__ volatile("");
}
