/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/steady.h"

#include <time.h>

int64_t steady_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
