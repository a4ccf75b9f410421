/* SPDX-License-Identifier: Apache-2.0 */
/* A file of feature vectors, written as the engine computes them, in little memory.
 *
 * It takes its name when it is whole (whole_file.h). "-" is a CSV to the standard output. */
#pragma once

#include "detector/base/error.h"
#include "detector/batch.h"

struct vector_file;

/* The format follows the ending of the path: .csv or .npy; ERROR_USAGE for another. ERROR_IO,
 * also when something of the name is there that is no file. */
struct vector_file *vector_file_create(const char *path, struct error *error);
/* One row for each scored side of the batch. Takes a struct vector_file; fits
 * pipeline_options.on_batch. */
bool vector_file_append(void *file, const struct batch *batch, struct error *error);
int64_t vector_file_rows(const struct vector_file *file);
/* Writes what is left and gives the file its name. Where that fails, what had the name before is
 * still there. */
bool vector_file_finish(struct vector_file *file, struct error *error);
/* Frees; what was not finished is removed. */
void vector_file_close(struct vector_file *file);
