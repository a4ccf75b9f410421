/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/read_files.h"

#include "detector/base/files.h"
#include "detector/base/grow.h"
#include "detector/commands/json_text.h"
#include "detector/commands/labels.h"
#include "schemas/schema_dir.h"

#include <string.h>

bool read_files_note(struct read_files *files, const char *what, const char *path,
                     struct error *error) {
    struct read_file file;
    if (path == NULL) return true;
    if (!files_sha256(path, file.sha256, error)) return false;
    snprintf(file.what, sizeof file.what, "%s", what);
    file.path = strdup(path);
    assert(file.path != NULL && "out of memory");
    files->items = grow(files->items, files->count, &files->room, sizeof *files->items);
    files->items[files->count++] = file;
    return true;
}

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

json_t *read_files_json(const struct read_files *files) {
    json_t *object = json_object();
    for (size_t i = 0; i < files->count; i++) {
        const struct read_file *file = &files->items[i];
        json_object_set_new(
            object, file->what,
            json_pack("{so ss}", "path", json_text(file->path), "sha256", file->sha256));
    }
    return object;
}

void read_files_free(struct read_files *files) {
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].path);
    free(files->items);
    *files = (struct read_files){.items = NULL};
}
