/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/out_directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_io(const char *path, int why, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", path, strerror(why));
}

static bool is_empty(DIR *stream) {
    const struct dirent *entry;
    while ((entry = readdir(stream)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) return false;
    return true;
}

static bool look_inside(const char *path, bool force, struct error *error) {
    DIR *stream = opendir(path);
    if (stream == NULL) return fail_io(path, errno, error);
    const bool usable = force || is_empty(stream);
    closedir(stream);
    return usable || error_set(error, ERROR_USAGE,
                               "%s is not empty; name another directory, or replace its files with "
                               "--force",
                               path);
}

bool out_directory_open(struct out_directory *directory, const char *path, bool force,
                        struct error *error) {
    directory->path = path;
    directory->made = mkdir(path, 0777) == 0;
    if (directory->made) return true;
    return errno == EEXIST ? look_inside(path, force, error) : fail_io(path, errno, error);
}

bool out_directory_path(const struct out_directory *directory, const char *name, char *out,
                        size_t room, struct error *error) {
    const int size = snprintf(out, room, "%s/%s", directory->path, name);
    return (size > 0 && (size_t)size < room) || fail_io(directory->path, ENAMETOOLONG, error);
}

void out_directory_drop(const struct out_directory *directory) {
    if (directory->made) (void)rmdir(directory->path);
}
