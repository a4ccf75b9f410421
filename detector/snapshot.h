/* SPDX-License-Identifier: Apache-2.0 */
/* Taking snapshots while the engine goes on. One begins right after a commit was sealed; what is
 * small is written at once, the rest a piece a batch, table by table, and a record that is about to
 * change before the others (accounts.h, signals.h, decide.h). It gets its name only when that
 * commit is known to be there. One that the disk is too slow for is given up, and tried again
 * later. Engine thread only; private to the session. */
#pragma once

#include "detector/base/disk.h"

#include <stdint.h>

struct session;
struct snapshot;

struct snapshot_options {
    struct disk *disk, *copies; /* copies may be NULL */
    const char *shard;
    int64_t interval_ms;
    size_t memory_bytes; /* of buffers, at most */
};

struct snapshot *snapshot_open(const struct snapshot_options *options, struct error *error);
/* One that is under way is dropped. */
void snapshot_close(struct snapshot *snapshot);

/* True when it is time for the next, and none is under way. */
bool snapshot_due(const struct snapshot *snapshot, int64_t now_ms);
/* Right after session_commit. */
void snapshot_begin(struct snapshot *snapshot, struct session *session);
/* Once for every batch, and while nothing comes (`idle`: takes longer then). True: there is more to
 * do. */
bool snapshot_step(struct snapshot *snapshot, struct session *session, bool idle);
/* For so long at most: to its end, when nothing else goes on. False: it is not there yet. */
bool snapshot_complete(struct snapshot *snapshot, struct session *session, int64_t most_ms);
/* The session was loaded from the one before this order record. */
void snapshot_was_loaded(struct snapshot *snapshot, int32_t epoch, int64_t sequence,
                         int64_t now_ms);
/* Order records since the last one, or since the start. */
bool snapshot_is_behind(const struct snapshot *snapshot, const struct session *session);
