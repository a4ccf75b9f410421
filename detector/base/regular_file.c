/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_regular(int file) {
    struct stat status;
    if (fstat(file, &status) != 0) return false;
    errno = S_ISDIR(status.st_mode) ? EISDIR : ESPIPE;
    return S_ISREG(status.st_mode);
}

int regular_file_open(int directory, const char *path, int flags, mode_t mode) {
    const int file = openat(directory, path, flags | O_NONBLOCK | O_CLOEXEC, mode);
    if (file < 0 && errno == ENXIO) errno = ESPIPE; /* a socket, or a pipe that nobody reads */
    if (file < 0 || is_regular(file)) return file;
    const int why = errno;
    close(file);
    errno = why;
    return -1;
}

const char *regular_file_why(void) {
    return errno == ESPIPE ? "it is no regular file" : strerror(errno);
}
