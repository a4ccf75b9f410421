/* SPDX-License-Identifier: Apache-2.0 */
/* Which files an offline run with labels reads. */
#include "detector/commands/labels.h"
#include "detector/commands/read_files.h"
#include "schemas/schema_dir.h"

#include <stdio.h>
#include <string.h>

/* The schemas of a directory. */

struct schemas {
    struct read_files *files;
    const char *dir;
    struct error *error;
    bool failed;
};

static void note_schema(void *context, const char *name, enum schema_dir_file what,
                        const struct error *why) {
    struct schemas *schemas = context;
    char path[1024];
    (void)why; /* one that does not bind may not be needed */
    if (what == SCHEMA_DIR_FOREIGN || schemas->failed) return;
    snprintf(path, sizeof path, "%s/%s", schemas->dir, name);
    schemas->failed = !read_files_note(schemas->files, name, path, schemas->error);
}

static bool note_schemas(struct read_files *files, const char *dir, struct error *error) {
    struct schemas schemas = {files, dir, error, false};
    return dir[0] == '\0' ||
           (schema_dir_check(dir, note_schema, &schemas, error) && !schemas.failed);
}

bool read_files_note_run(struct read_files *files, const struct cli *cli,
                         const struct offline_input *input, struct error *error) {
    const char *labels = cli_value(cli, "--labels");
    if (labels != NULL && strcmp(labels, LABELS_OUTCOMES) == 0) labels = NULL;
    return read_files_note(files, "input", input->path, error) &&
           read_files_note(files, "mapping", input->mapping, error) &&
           read_files_note(files, "signals", input->signals, error) &&
           read_files_note(files, "labels", labels, error) &&
           read_files_note(files, "outcomes", cli_value(cli, "--outcomes"), error) &&
           read_files_note(files, "config", cli->config, error) &&
           note_schemas(files, cli->options.schema_dir, error);
}
