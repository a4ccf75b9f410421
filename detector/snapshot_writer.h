/* SPDX-License-Identifier: Apache-2.0 */
/* The writer thread of snapshots: compresses and writes what the engine thread hands over in a
 * fixed number of buffers. Everything but the thread itself is called on the engine thread. */
#pragma once

#include "detector/snapshot_file.h"
#include "detector/snapshots.h"

enum { SNAPSHOT_BUFFER_BYTES = 1 << 20 };

struct snapshot_buffer {
    enum snapshot_kind kind;
    struct pack bytes; /* has room for SNAPSHOT_BUFFER_BYTES; may grow until it is put */
};

struct snapshot_writer;

/* Starts the thread, which holds the disks. `copies` may be NULL. */
struct snapshot_writer *snapshot_writer_open(struct disk *disk, struct disk *copies,
                                             const char *shard, size_t buffers,
                                             struct error *error);
/* Lets what is finished be written, drops what is not, and joins. False: a disk has not answered
 * for so long. Then the thread is left behind: when the disk answers, it does no more than what it
 * is at, frees what it has, and ends. */
bool snapshot_writer_close(struct snapshot_writer *writer, int wait_ms);
/* Of this process, any thread: writers that were left behind and have not ended, */
int snapshot_writers_left(void);
/* and whether one of them waits for the directory of copies. */
bool snapshot_copies_hang(void);

/* A new snapshot; only when idle. `begun` as in snapshot_writing_begin. */
void snapshot_writer_begin(struct snapshot_writer *writer, const struct snapshot_name *name,
                           const struct snapshot_name *begun);
/* An empty buffer; NULL: none came free within so many milliseconds, or writing has failed. */
struct snapshot_buffer *snapshot_writer_take(struct snapshot_writer *writer, int wait_ms);
/* Buffers that are free now. */
size_t snapshot_writer_free(struct snapshot_writer *writer);
/* To be written after those put before. */
void snapshot_writer_put(struct snapshot_writer *writer, struct snapshot_buffer *buffer);
/* All is put and may be published, */
void snapshot_writer_finish(struct snapshot_writer *writer);
/* or none of it: gives back a buffer that was taken, too (NULL: none). */
void snapshot_writer_abandon(struct snapshot_writer *writer, struct snapshot_buffer *taken);

enum snapshot_writer_state {
    SNAPSHOT_WRITER_IDLE,
    SNAPSHOT_WRITER_BUSY,
    SNAPSHOT_WRITER_DONE,   /* published: said once, then idle */
    SNAPSHOT_WRITER_FAILED, /* with an error, until it is abandoned */
};
/* *size: bytes of what is done. */
enum snapshot_writer_state snapshot_writer_poll(struct snapshot_writer *writer, uint64_t *size,
                                                struct error *error);
/* Waits until it is not busy any more, or for so many milliseconds. */
void snapshot_writer_wait(struct snapshot_writer *writer, int wait_ms);
