/* SPDX-License-Identifier: Apache-2.0 */
/* A small CSV file row by row, for files that are right or refused. */
#pragma once

#include "detector/base/error.h"
#include "detector/import/csv.h"

#include <stdbool.h>

/* Tells each row but empty lines, the head line too, and NULL at the end. `take` gives NULL, or
 * what is wrong.
 * ERROR_IO; ERROR_BAD_DATA with the line and what was wrong there. */
bool csv_walk_by(const char *path, char separator,
                 const char *(*take)(void *context, const struct csv *csv), void *context,
                 struct error *error);
/* The same, by commas. */
bool csv_walk(const char *path, const char *(*take)(void *context, const struct csv *csv),
              void *context, struct error *error);
