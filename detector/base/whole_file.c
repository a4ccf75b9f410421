/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_io(const struct whole_file *f, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", f->path, strerror(errno));
}

bool whole_file_part(const char *path, char *out, size_t room) {
    const int size = snprintf(out, room, "%s.part", path);
    return size > 0 && (size_t)size < room;
}

/* The name must be free for a file before hours of work go into it. */
bool whole_file_open(struct whole_file *f, const char *path, struct error *error) {
    struct stat status;
    char part[WHOLE_FILE_PATH_MAX];
    f->part[0] = '\0';
    f->descriptor = -1;
    f->stream = NULL;
    snprintf(f->path, sizeof f->path, "%s", path);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        errno = EISDIR;
        return S_ISDIR(status.st_mode) ? fail_io(f, error)
                                       : error_set(error, ERROR_IO,
                                                   "%s is no file that can be replaced; name "
                                                   "another, or one that is not there",
                                                   path);
    }
    errno = ENAMETOOLONG;
    if (!whole_file_part(path, part, sizeof part)) return fail_io(f, error);
    f->descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (f->descriptor < 0) return fail_io(f, error);
    memcpy(f->part, part, sizeof part);
    return true;
}

FILE *whole_file_stream(struct whole_file *f, struct error *error) {
    f->stream = fdopen(f->descriptor, "w");
    if (f->stream == NULL)
        error_set(error, ERROR_FAILED, "%s: %s", f->path, strerror(errno));
    else
        f->descriptor = -1;
    return f->stream;
}

static bool end_stream(struct whole_file *f) {
    FILE *stream = f->stream;
    f->stream = NULL;
    const bool written = fflush(stream) == 0 && ferror(stream) == 0;
    const int why = errno;
    const bool closed = fclose(stream) == 0;
    if (!written) errno = why == 0 ? EIO : why;
    return written && closed;
}

static bool end_part(struct whole_file *f) {
    if (f->stream != NULL) return end_stream(f);
    const int descriptor = f->descriptor;
    f->descriptor = -1;
    return close(descriptor) == 0;
}

bool whole_file_finish(struct whole_file *f, struct error *error) {
    if (!end_part(f) || rename(f->part, f->path) != 0) return fail_io(f, error);
    f->part[0] = '\0';
    return true;
}

void whole_file_close(struct whole_file *f) {
    if (f->part[0] == '\0') return;
    if (f->stream != NULL || f->descriptor >= 0) (void)end_part(f);
    unlink(f->part);
    f->part[0] = '\0';
}
