/* SPDX-License-Identifier: Apache-2.0 */
/* `schema.dir`: writers' schemas in files ID.avsc, ID as decimals without leading zeros. Any
 * thread. */
#pragma once

#include "detector/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* The file of an id, at most 1 MiB of it, to be freed; NULL with errno. */
char *schema_dir_read(const char *dir, int32_t id, size_t *size);

/* What a file of the directory is. */
enum schema_dir_file { SCHEMA_DIR_BINDS, SCHEMA_DIR_REFUSED, SCHEMA_DIR_FOREIGN };
/* FOREIGN: not named ID.avsc, so nobody reads it. REFUSED: `error` says why, with ERROR_CONFIG. */
typedef void schema_dir_visit(void *context, const char *name, enum schema_dir_file what,
                              const struct error *error);
/* Compiles all files and visits each, ordered by name; hidden ones are left out. False:
 * ERROR_CONFIG, the directory cannot be read. */
bool schema_dir_check(const char *dir, schema_dir_visit *visit, void *context, struct error *error);
