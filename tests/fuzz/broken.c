/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_broken(const char *what) {
    fprintf(stderr, "the property does not hold: %s\n", what);
    abort();
}
