/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/batch.h"

#include <stdlib.h>

struct batch *batch_new(void) {
    struct batch *batch = aligned_alloc(64, (sizeof(struct batch) + 63) / 64 * 64);
    if (batch != NULL) memset(batch, 0, sizeof *batch);
    return batch;
}

void batch_free(struct batch *batch) {
    free(batch);
}
