/* SPDX-License-Identifier: Apache-2.0 */
/* The steady clock, since some moment in the past: for intervals and rates, never for state. It
 * goes on while the machine is suspended, as the brokers' clocks do. */
#pragma once

#include <stdint.h>

int64_t steady_ns(void);

static inline int64_t steady_us(void) {
    return steady_ns() / 1000;
}

static inline int64_t steady_ms(void) {
    return steady_ns() / 1000000;
}

static inline double steady_s(void) {
    return (double)steady_ns() / 1e9;
}
