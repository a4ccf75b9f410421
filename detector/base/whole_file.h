/* SPDX-License-Identifier: Apache-2.0 */
/* A file that takes its name when it is whole: it is written beside its place, as PATH.part, so
 * that what stands under the name is never half of one. */
#pragma once

#include "detector/base/error.h"

#include <stddef.h>
#include <stdio.h>

enum { WHOLE_FILE_PATH_MAX = 4096 };

struct whole_file {
    char path[WHOLE_FILE_PATH_MAX];
    char part[WHOLE_FILE_PATH_MAX]; /* empty: there is none */
    int descriptor;                 /* of the part; -1: not open */
    FILE *stream;                   /* over the descriptor, once asked for */
};

/* PATH.part, for who must know what is written. False: the path is too long. */
bool whole_file_part(const char *path, char *out, size_t room);

/* Begins the part. ERROR_IO, also when something of the name is there that is no file. Zeroed
 * before or closed; after a failure too, whole_file_close is right. */
bool whole_file_open(struct whole_file *file, const char *path, struct error *error);
/* The part as a stream, in place of the descriptor. NULL: ERROR_FAILED. */
FILE *whole_file_stream(struct whole_file *file, struct error *error);
/* Ends the part and gives it the name. Where that fails, what had the name before is still there.
 */
bool whole_file_finish(struct whole_file *file, struct error *error);
/* What was not finished is removed. */
void whole_file_close(struct whole_file *file);
