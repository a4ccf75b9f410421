/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people name on the command line. */
#pragma once

#include "detector/base/digest.h"
#include "detector/base/error.h"

#include <stddef.h>
#include <stdio.h>

/* Opens for reading; a directory is refused like a file that is not there, with `code`. */
FILE *files_open(const char *path, enum error_code code, struct error *error);

/* SHA-256 of a file that is read again; "" where the path is NULL. ERROR_IO; ERROR_USAGE: it can be
 * read once, as a pipe. */
bool files_sha256(const char *path, char out[DIGEST_HEX_SIZE], struct error *error);

/* ERROR_USAGE, with both names, when two paths are one file, so that nothing is read and written at
 * once. A path may be NULL or "-"; what is no regular file (/dev/null) may stand twice. */
bool files_distinct(const char *const *names, const char *const *paths, size_t count,
                    struct error *error);
