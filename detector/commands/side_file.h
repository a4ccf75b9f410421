/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV that a command writes beside its main output. All of them are opened before anything is
 * written, so that no old file is lost for a name that cannot be; one that was made for it and
 * never begun is taken away again. */
#pragma once

#include "detector/base/error.h"

#include <stdbool.h>
#include <stdio.h>

struct side_file {
    const char *path; /* NULL: it is not wanted, and all here does nothing */
    FILE *file;       /* NULL: it is not open */
    bool made;        /* by side_file_open, and nothing is in it yet */
};

/* What stands under the name stays. A pipe is waited for until somebody reads it, which is said on
 * stderr. ERROR_IO; ERROR_INTERRUPTED: a signal came while it waited. */
bool side_file_open(struct side_file *side, struct error *error);
/* Empties it and writes the head line. ERROR_IO. */
bool side_file_begin(struct side_file *side, const char *head, struct error *error);
/* Closes it; ERROR_IO also for what could not be written before. */
bool side_file_finish(struct side_file *side, struct error *error);
/* Whatever became of it. */
void side_file_close(struct side_file *side);
