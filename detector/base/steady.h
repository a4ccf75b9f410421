/* SPDX-License-Identifier: Apache-2.0 */
/* The steady clock, since some moment in the past: for intervals and rates, never for state. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline int64_t steady_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t steady_us(void) {
    return steady_ns() / 1000;
}

static inline int64_t steady_ms(void) {
    return steady_ns() / 1000000;
}

static inline double steady_s(void) {
    return (double)steady_ns() / 1e9;
}
