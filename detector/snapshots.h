/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshots of a shard in a directory: their names, which there are, and how a new one takes
 * its place among them.
 *
 * SHARD-EPOCH-SEQUENCE.snapshot: what the state was after the order records before SEQUENCE. While
 * it is written a snapshot has the ending .TAG.part; the tag is the writer's own, so that one who
 * was overtaken and goes on writes into no file of its successor. One that a start found damaged
 * gets the ending .damaged. Nobody reads those, and they go before the next one is written. */
#pragma once

#include "detector/base/disk.h"

enum { SNAPSHOT_NAME_SIZE = 600, SNAPSHOTS_MAX = 64, SNAPSHOTS_KEPT = 2 };

struct snapshot_name {
    char text[SNAPSHOT_NAME_SIZE];
    int32_t epoch;
    int64_t sequence;
};

void snapshot_name_set(struct snapshot_name *name, const char *shard, int32_t epoch,
                       int64_t sequence);
/* The name while it is written. */
void snapshot_name_part(const struct snapshot_name *name, uint64_t tag,
                        char out[SNAPSHOT_NAME_SIZE]);

struct snapshot_list {
    struct snapshot_name names[SNAPSHOTS_MAX]; /* newest first */
    size_t count;
};
/* Those of a shard (NULL: of all). Of more than SNAPSHOTS_MAX the newest. */
bool snapshots_list(struct disk *disk, const char *shard, struct snapshot_list *list,
                    struct error *error);
/* All there are, newest first, for tools: *names is the caller's to free, also after a failure. */
bool snapshots_list_all(struct disk *disk, struct snapshot_name **names, size_t *count,
                        struct error *error);
/* Before one is written: what a crash left of the shard half written goes, and what was set aside,
 * or it would take the room of the next one for ever. */
bool snapshots_clear(struct disk *disk, const char *shard, struct error *error);
/* The snapshots that one session knows to be of its own past: the one it began with, what is not
 * newer than that, and what it has published since. Others of the shard were refused, or came from
 * elsewhere: another log's, another build's. */
struct snapshot_past {
    struct snapshot_name begun; /* no text: it began with none */
    /* Newest first; as many as are listed, as none may go for long where nothing can be removed. */
    struct snapshot_place {
        int32_t epoch;
        int64_t sequence;
    } own[SNAPSHOTS_MAX];
    size_t own_count;
};

/* What was written and is safe as .TAG.part gets its name and is the newest of the past; then all
 * of the past but the newest SNAPSHOTS_KEPT go. What is not of the past counts for none and stays
 * where it is. */
bool snapshots_publish(struct disk *disk, const char *shard, const struct snapshot_name *name,
                       uint64_t tag, struct snapshot_past *past, struct error *error);
/* One that is damaged is no generation any more. */
bool snapshots_set_aside(struct disk *disk, const struct snapshot_name *name, struct error *error);
/* Copies a published one to another directory, and publishes it there. */
bool snapshots_copy(struct disk *from, struct disk *to, const char *shard,
                    const struct snapshot_name *name, uint64_t tag, struct snapshot_past *past,
                    struct error *error);
