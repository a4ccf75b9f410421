/* SPDX-License-Identifier: Apache-2.0 */
/* detector/snapshot_ahead.h without a thread, in the programs of the simulator alone: nothing is
 * read ahead. */
#include "detector/snapshot_ahead.h"

#include <assert.h>

struct snapshot_ahead {
    struct snapshot_in *in;
};

struct snapshot_ahead *snapshot_ahead_open(struct snapshot_in *in, struct error *error) {
    struct snapshot_ahead *ahead = calloc(1, sizeof *ahead);
    (void)error;
    assert(ahead != NULL);
    ahead->in = in;
    return ahead;
}

enum snapshot_next snapshot_ahead_next(struct snapshot_ahead *ahead, enum snapshot_kind *kind,
                                       struct unpack *bytes, struct error *error) {
    return snapshot_in_next(ahead->in, kind, bytes, error);
}

void snapshot_ahead_close(struct snapshot_ahead *ahead) {
    free(ahead);
}
