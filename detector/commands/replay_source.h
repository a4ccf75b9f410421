/* SPDX-License-Identifier: Apache-2.0 */
/* What `replay` sends: the input that a file holds.
 *
 * A container file holds transactions (ours, or of any writer whose schema binds), which come in
 * the order of the file, framed with schema id 1 and without a partition; or it is a recording
 * (recording.h), whose records of the input topics come as they were, merged by their timestamps,
 * each partition in its own order. It is mapped and stays open. A foreign CSV gives, by its
 * mapping, the records that `import` would write. One thread. */
#pragma once

#include "detector/commands/replay_csv.h"
#include "detector/inputs.h"
#include "detector/port.h"
#include "detector/service/options.h"

struct replay_source;

/* Names of topics and shard are read from `options`. Errors: ERROR_IO, ERROR_BAD_DATA with the byte
 * where a recording breaks, or the field that does not bind. */
struct replay_source *replay_source_open(const char *path, const struct options *options,
                                         struct error *error);
/* A CSV. Errors of replay_csv.h. */
struct replay_source *replay_source_open_csv(const struct replay_csv_options *csv,
                                             const struct options *options, struct error *error);
void replay_source_close(struct replay_source *source);
/* Signals of a file of their own (signal_file.h), merged in: each before the first record whose
 * time stamp is not below its time. Before the first record is taken. ERROR_USAGE where the source
 * holds signals already, or the options name no topic of them. */
bool replay_source_add_signals(struct replay_source *source, const char *path, struct error *error);
/* How many that file holds. */
size_t replay_source_signals(const struct replay_source *source);

enum replay_outcome { REPLAY_RECORD, REPLAY_END, REPLAY_FAILED };

/* The next record; partition -1: by the key. The timestamp is the recorded one, or the
 * ingest_time. *offset -1: the next one. `message` lives until the next call. */
enum replay_outcome replay_source_next(struct replay_source *source, struct port_message *message,
                                       int64_t *offset, struct error *error);
/* How far it is, and where it ends, for a progress bar. */
int64_t replay_source_position(const struct replay_source *source);
int64_t replay_source_size(const struct replay_source *source);

/* Of a recording: partitions of an input and of the recommendations, as records or the order log
 * name them; 0: not known. */
int32_t replay_source_input_partitions(const struct replay_source *source, enum input_kind kind);
int32_t replay_source_output_partitions(const struct replay_source *source);
/* Of a recording: number `index` of the shard's order records; false past the last one. */
bool replay_source_order(const struct replay_source *source, size_t index,
                         struct port_message *message);
