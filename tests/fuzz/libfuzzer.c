/* SPDX-License-Identifier: Apache-2.0 */
/* The libFuzzer driver: prints the share accepted at the end. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t accepted, tried;

static void print_share(void) {
    fprintf(stderr, "accepted %llu of %llu inputs (%.1f %%)\n", (unsigned long long)accepted,
            (unsigned long long)tried, tried == 0 ? 0.0 : 100.0 * (double)accepted / (double)tried);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (tried++ == 0) atexit(print_share);
    accepted += fuzz_one(data, size);
    return 0;
}
