/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/read_files.h"

#include "detector/base/files.h"
#include "detector/base/grow.h"
#include "detector/commands/json_text.h"

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
