/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a snapshot: a head, then chunks, each compressed and with its own checksum, the last
 * of which says how many there are. Written front to back under another name than it is read by
 * (snapshots.h). One thread at a time.
 *
 *   file:  "SAQSHYSN", u32 version of the file's form, u32 0
 *   chunk: u32 kind, u32 number from 0, u32 bytes, u32 stored bytes, u64 XXH3 of the four and of
 * the stored bytes, stored bytes (zstd; as they are where that is no shorter) end:   a chunk of
 * kind SNAPSHOT_END with u64 chunks before it, u64 the XXH3 values of all of them chained */
#pragma once

#include "detector/base/disk.h"
#include "detector/base/pack.h"

enum snapshot_kind {
    SNAPSHOT_MANIFEST = 1, /* snapshot_manifest.h */
    SNAPSHOT_STATE,        /* all that is small */
    SNAPSHOT_TABLE,        /* the account table without its records */
    SNAPSHOT_RUNS,
    SNAPSHOT_ACCOUNTS,
    SNAPSHOT_END,
    SNAPSHOT_SIGNALS,
    SNAPSHOT_DOCUMENTS,    /* model and policy in force; comes right behind the manifest */
    SNAPSHOT_SIGNAL_TABLE, /* the table of signals without them */
    SNAPSHOT_TAINT,        /* reported money */
    SNAPSHOT_ADVICE,       /* what decide knows of advice that was given */
    SNAPSHOT_KINDS
};

/* A chunk is at most so large before it is compressed. */
enum { SNAPSHOT_CHUNK_MAX = 512 << 20 };

struct snapshot_out;
struct snapshot_out *snapshot_out_create(struct disk *disk, const char *name, struct error *error);
bool snapshot_out_add(struct snapshot_out *out, enum snapshot_kind kind, const void *bytes,
                      size_t size, struct error *error);
/* The end, and all of it safe on the disk. */
bool snapshot_out_finish(struct snapshot_out *out, struct error *error);
uint64_t snapshot_out_bytes(const struct snapshot_out *out);
/* Closes the file as it is. */
void snapshot_out_close(struct snapshot_out *out);

/* Errors: ERROR_BAD_DATA, it is damaged or no snapshot, and the text says where; ERROR_IO. */
enum snapshot_next { SNAPSHOT_CHUNK, SNAPSHOT_WHOLE, SNAPSHOT_BAD };
struct snapshot_in;
/* ERROR_CONFIG: its form is another build's. */
struct snapshot_in *snapshot_in_open(struct disk *disk, const char *name, struct error *error);
/* The next chunk's bytes are borrowed until the next call. WHOLE: that was the last, and none is
 * missing. */
enum snapshot_next snapshot_in_next(struct snapshot_in *in, enum snapshot_kind *kind,
                                    struct unpack *bytes, struct error *error);
/* Memory that holds the bytes of a chunk; freed by whoever has it. */
struct snapshot_room {
    uint8_t *bytes;
    size_t size;
};
/* The chunk that `next` gave lies in `room` from now on, as long as that is not handed in again;
 * what it held is used for chunks to come. */
void snapshot_in_keep(struct snapshot_in *in, struct snapshot_room *room);
void snapshot_in_close(struct snapshot_in *in);
