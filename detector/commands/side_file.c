/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/side_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool cannot(const struct side_file *side, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", side->path, strerror(errno));
}

bool side_file_open(struct side_file *side, struct error *error) {
    const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (side->path == NULL) return true;
    int descriptor = open(side->path, how | O_EXCL, 0666);
    side->made = descriptor >= 0;
    if (descriptor < 0) descriptor = open(side->path, how, 0666);
    if (descriptor < 0) return cannot(side, error);
    side->file = fdopen(descriptor, "a");
    if (side->file != NULL) return true;
    close(descriptor);
    return error_set(error, ERROR_FAILED, "no memory to write %s", side->path);
}

bool side_file_begin(struct side_file *side, const char *head, struct error *error) {
    if (side->file == NULL) return true;
    if (ftruncate(fileno(side->file), 0) != 0 && errno != EINVAL) /* a pipe has no length */
        return cannot(side, error);
    side->made = false;
    fprintf(side->file, "%s\n", head);
    return true;
}

bool side_file_finish(struct side_file *side, struct error *error) {
    FILE *file = side->file;
    side->file = NULL;
    if (file == NULL) return true;
    const bool written = ferror(file) == 0;
    return (fclose(file) == 0 && written) || cannot(side, error);
}

void side_file_close(struct side_file *side) {
    if (side->file != NULL) fclose(side->file);
    if (side->made) unlink(side->path);
    *side = (struct side_file){.path = side->path};
}
