/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that a command fills: made where there is none, refused where it holds something. */
#pragma once

#include "detector/base/error.h"

#include <stddef.h>

struct out_directory {
    const char *path;
    bool made; /* by us */
};

/* `force`: what it holds may stay, files of the same names are replaced. ERROR_USAGE when it is not
 * empty, ERROR_IO when it cannot be made or is none. */
bool out_directory_open(struct out_directory *directory, const char *path, bool force,
                        struct error *error);
/* DIRECTORY/NAME. ERROR_IO: it is too long. */
bool out_directory_path(const struct out_directory *directory, const char *name, char *out,
                        size_t room, struct error *error);
/* After a failure: removes the directory if it was made and is empty. */
void out_directory_drop(const struct out_directory *directory);
