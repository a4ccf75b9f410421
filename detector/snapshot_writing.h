/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer of snapshots does to the disk, by whichever one thread it is. */
#pragma once

#include "detector/snapshot_file.h"
#include "detector/snapshots.h"

struct snapshot_writing {
    struct disk *disk, *copies; /* copies NULL: none are made */
    const char *shard;
    uint64_t tag; /* of files that are not whole yet: no two writers have the same */
    struct snapshot_past past;
    struct snapshot_name name;
    struct snapshot_out *out; /* NULL: none is being written */
    atomic_bool copying;      /* for other threads to see */
};

/* `begun`: the snapshot that the session began with; without a text: none. */
bool snapshot_writing_begin(struct snapshot_writing *writing, const struct snapshot_name *name,
                            const struct snapshot_name *begun, struct error *error);
bool snapshot_writing_add(struct snapshot_writing *writing, enum snapshot_kind kind,
                          const struct pack *bytes, struct error *error);
/* Ends the file, makes it safe, and only then gives it its name; a copy that cannot be made is
 * said, counted, and no failure. *size: bytes of the file. */
bool snapshot_writing_publish(struct snapshot_writing *writing, uint64_t *size,
                              struct error *error);
/* Closes and removes what was begun, if anything. */
void snapshot_writing_abandon(struct snapshot_writing *writing);
