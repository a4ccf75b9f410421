/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a result was made from, each with its SHA-256, for the report that names them.
 * Model and policy are not among them: a report names those by documents of their own. */
#pragma once

#include "detector/base/digest.h"
#include "detector/commands/offline_run.h"

#include <jansson.h>

enum { READ_FILE_WHAT_SIZE = 32 };

struct read_file {
    char what[READ_FILE_WHAT_SIZE]; /* the flag without its dashes, or a schema's ID.avsc */
    char *path;
    char sha256[DIGEST_HEX_SIZE];
};

/* Zeros: none. */
struct read_files {
    struct read_file *items;
    size_t count, room;
};

/* Before it is read for the run. Nothing for a path that is NULL. ERROR_IO; ERROR_USAGE: it can be
 * read once, as a pipe. */
bool read_files_note(struct read_files *files, const char *what, const char *path,
                     struct error *error);
/* All that an offline run with labels reads: the input and what is beside it, the labels, the
 * configuration, the schemas of schema.dir. The command has --labels and --outcomes. Errors as
 * above; ERROR_CONFIG: schema.dir cannot be read. */
bool read_files_note_run(struct read_files *files, const struct cli *cli,
                         const struct offline_input *input, struct error *error);
/* {"labels": {"path", "sha256"}, …}, in the order they were noted in; the caller's. */
json_t *read_files_json(const struct read_files *files);
void read_files_free(struct read_files *files);
