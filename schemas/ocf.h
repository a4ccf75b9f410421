/* SPDX-License-Identifier: Apache-2.0 */
/* Avro object container files, codec "null". Reading is bounded and never trusts the file; writing
 * is deterministic (the sync marker is the schema's SHA-256, cut). */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct ocf_writer;
struct ocf_reader;

/* What stands under the path is lost. Errors: ERROR_IO. */
struct ocf_writer *ocf_create(const char *path, const char *schema_json, size_t size,
                              struct error *error);
/* On a stream, the writer's from now on: it is closed by ocf_finish, and where this fails, unless
 * it is stdout. Errors say `name`, which must stay. */
struct ocf_writer *ocf_begin(FILE *file, const char *name, const char *schema_json, size_t size,
                             struct error *error);
/* One record's Avro binary (no frame). */
bool ocf_append(struct ocf_writer *writer, struct bytes record, struct error *error);
/* Flushes, syncs and frees, also on failure. */
bool ocf_finish(struct ocf_writer *writer, struct error *error);

/* Errors: ERROR_IO, ERROR_BAD_DATA (not a container file, codec, broken block; with the byte
 * position). */
struct ocf_reader *ocf_open(const char *path, struct error *error);
struct bytes ocf_schema(const struct ocf_reader *reader);
/* Bytes of the file and how far reading has come, for a progress bar. */
int64_t ocf_size(const struct ocf_reader *reader);
int64_t ocf_position(const struct ocf_reader *reader);
/* Where the record stands that ocf_next has handed out, for messages. */
int64_t ocf_record_position(const struct ocf_reader *reader);
/* What is left of the current block, moving to the next block when `used` bytes of it have been
 * consumed. `rest->size == 0` at the end. The caller decodes one record from `rest` and says how
 * long it was at the next call (0 at the first). */
bool ocf_next(struct ocf_reader *reader, uint32_t used, struct bytes *rest, struct error *error);
void ocf_close(struct ocf_reader *reader);

/* The version of avro-c that this was built with. */
const char *ocf_library(void);
