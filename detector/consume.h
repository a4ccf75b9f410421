/* SPDX-License-Identifier: Apache-2.0 */
/* Consume: fills the batch with input records in one order.
 *
 * Live, the order is chosen here and noted for the order log: what a compacted input has here goes
 * first and is never waited for, the transactions are merged by time (merge.h). Offline, where
 * all of it is here from the beginning, each of its records goes right before the first transaction
 * whose time stamp is not below its own. In replay the order is dictated by the runs of the order
 * log. Owns the streams (one per input partition), their buffers and positions, and gives every
 * record its ordinal. Engine thread only. Records are borrowed from the port until consume_release.
 */
#pragma once

#include "detector/base/pack.h"
#include "detector/batch.h"
#include "detector/inputs.h"
#include "detector/runs.h"
#include "schemas/order_record.h"

enum { STREAMS_MAX = 1024 };

struct consume;

struct consume_options {
    struct port *port;
    struct runs *runs;
    struct inputs inputs; /* their names outlive the stage */
    int64_t merge_slice_ms, merge_wait_ms;
    bool compacted_by_time; /* offline; consume_read_first is not for it */
};

enum consume_outcome {
    CONSUME_RECORDS, /* batch->count > 0 */
    CONSUME_EMPTY,   /* nothing here now: wait on the port */
    CONSUME_AT_END,  /* live: every stream is at its known end */
    CONSUME_DONE,    /* replay: the script is finished */
    CONSUME_FAILED,
};

struct consume *consume_open(const struct consume_options *options, struct error *error);
void consume_close(struct consume *consume);

/* A stream that starts at `offset`; takes effect at consume_assign. Notes a run of no records that
 * ends at `offset`: that is how the order log says where a stream starts. False: too many streams.
 */
bool consume_add_stream(struct consume *consume, enum input_kind kind, int32_t partition,
                        int64_t offset, struct error *error);
bool consume_has_stream(const struct consume *consume, enum input_kind kind, int32_t partition);
/* Notes a run of no records of stream i, which says where it stands. */
void consume_note_place(struct consume *consume, size_t stream);
/* The input that a run, an exception or an end of the order log is of. ERROR_CONFIG: none. */
bool consume_find_input(const struct consume *consume, struct text topic, int32_t partition,
                        enum input_kind *kind, struct error *error);
/* (Re)assigns the port: all streams from their next offsets. `extra` (may be NULL) becomes the last
 * stream of the port and is left to the caller. */
bool consume_assign(struct consume *consume, const struct port_position *extra,
                    struct error *error);

/* Live: no transaction is taken before stream i, of a compacted input, was read to `end`. */
void consume_read_first(struct consume *consume, size_t stream, int64_t end);
/* True while transactions wait for that. */
bool consume_reads_first(const struct consume *consume);
/* Whether a transaction of this epoch was taken. */
bool consume_has_begun(const struct consume *consume);

/* Replay: the next batches follow these runs and end with CONSUME_DONE. Borrowed until then. */
void consume_follow(struct consume *consume, const struct order_run *runs, uint32_t count);
enum consume_outcome consume_batch(struct consume *consume, struct batch *batch,
                                   struct error *error);
/* Replay, after CONSUME_EMPTY: true, with ERROR_INPUT_GONE, when the stream that the script needs
 * is at its known end. The end may not be known yet for a moment after consume_assign. */
bool consume_starved(const struct consume *consume, struct error *error);
/* Gives the batch's records back to the port. */
void consume_release(struct consume *consume, struct batch *batch);

/* The streams, where they stand, and the next ordinal; into a stage without streams. */
void consume_save(const struct consume *consume, struct pack *pack);
bool consume_load(struct consume *consume, struct unpack *unpack, struct error *error);

size_t consume_stream_count(const struct consume *consume);
/* Next offset of stream i: one past the last record handed out. */
struct port_position consume_position(const struct consume *consume, size_t stream);
enum input_kind consume_kind(const struct consume *consume, size_t stream);
uint64_t consume_next_ordinal(const struct consume *consume);
/* Records between the positions of an input's streams and their known ends. */
int64_t consume_lag(const struct consume *consume, enum input_kind kind);

/* The runs handed out since consume_runs_reset, for the order record. */
const struct order_run *consume_runs(const struct consume *consume, uint32_t *count);
void consume_runs_reset(struct consume *consume);
/* The record taken last of each partition of which one was taken, for the order record. */
const struct order_end *consume_ends(const struct consume *consume, uint32_t *count);
/* What the order log says of one, before anything is taken; one of another topic is left out.
 * False: too many partitions. */
bool consume_remember(struct consume *consume, const struct order_end *end, struct error *error);
