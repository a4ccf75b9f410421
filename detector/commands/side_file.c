/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/side_file.h"

#include "detector/service/stop_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAP_US = 20000 };

static bool cannot(const struct side_file *side, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", side->path, strerror(errno));
}

static bool lacks_reader(const char *path) {
    struct stat status;
    return errno == ENXIO && stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* Not by a call that blocks: no signal would end it. */
static int open_there(const char *path, int how) {
    bool said = false;
    int descriptor;
    while ((descriptor = open(path, how | O_NONBLOCK, 0666)) < 0 && lacks_reader(path)) {
        if (stop_signal_seen() != 0) return -1;
        if (!said) fprintf(stderr, "%s: waiting for somebody to read this pipe\n", path);
        said = true;
        usleep(NAP_US);
    }
    if (descriptor >= 0) fcntl(descriptor, F_SETFL, O_APPEND);
    return descriptor;
}

bool side_file_open(struct side_file *side, struct error *error) {
    const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (side->path == NULL) return true;
    int descriptor = open(side->path, how | O_EXCL, 0666);
    side->made = descriptor >= 0;
    if (descriptor < 0) descriptor = open_there(side->path, how);
    if (descriptor < 0 && stop_signal_seen() != 0)
        return error_set(error, ERROR_INTERRUPTED, "stopped while nobody read %s", side->path);
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
