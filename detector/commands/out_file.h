/* SPDX-License-Identifier: Apache-2.0 */
/* A file that a command writes as it goes. All of them are opened before anything is written, so
 * that no old file is lost for a name that cannot be; one that was made for it and never begun is
 * taken away again. */
#pragma once

#include "detector/base/error.h"
#include "schemas/ocf.h"

#include <stdio.h>

struct out_file {
    const char *path;     /* NULL: it is not wanted, and all here does nothing */
    bool may_be_standard; /* `path` "-" is stdout, not a file of that name */
    FILE *file;           /* NULL: it is not open */
    bool made;            /* by out_file_open, and nothing is in it yet */
};

/* What stands under the name stays. A pipe is waited for until somebody reads it, which is said on
 * stderr after a second. ERROR_IO; ERROR_INTERRUPTED: a signal was seen while it waited. */
bool out_file_open(struct out_file *out, struct error *error);
/* Empties it and writes the head line. ERROR_IO. */
bool out_file_begin(struct out_file *out, const char *head, struct error *error);
/* Empties it; the stream is the caller's from now on, to be closed unless it is stdout. NULL:
 * ERROR_IO. */
FILE *out_file_take(struct out_file *out, struct error *error);
/* The same as a container of records of a shipped schema. */
struct ocf_writer *out_file_container(struct out_file *out, int32_t schema_id, struct error *error);
/* Closes it; ERROR_IO also for what could not be written before. */
bool out_file_finish(struct out_file *out, struct error *error);
/* Whatever became of it. */
void out_file_close(struct out_file *out);
