/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/disk.h"

#include "detector/base/regular_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct posix_disk {
    struct disk disk;
    atomic_int directory; /* -1: it could not be opened yet */
    bool late;            /* it may have been away, or be mounted over */
    char path[];
};

struct disk_file {
    const struct posix_disk *disk;
    int descriptor;
    char name[];
};

static struct posix_disk *self(struct disk *disk) {
    return (struct posix_disk *)disk; /* its first member */
}

static bool fail(const struct posix_disk *d, const char *name, struct error *error) {
    return error_set(error, ERROR_IO, "%s/%s: %s", d->path, name, regular_file_why());
}

/* -1: ERROR_IO. */
static int open_directory(const struct posix_disk *d, struct error *error) {
    const bool made = mkdir(d->path, 0700) == 0 || errno == EEXIST;
    const int directory = made ? open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (directory < 0) error_set(error, ERROR_IO, "%s: %s", d->path, strerror(errno));
    return directory;
}

static bool reach(struct posix_disk *d, struct error *error) {
    int none = -1;
    if (atomic_load(&d->directory) >= 0) return true;
    const int directory = open_directory(d, error);
    if (directory < 0) return false;
    if (!atomic_compare_exchange_strong(&d->directory, &none, directory)) close(directory);
    return true;
}

static bool is_at_path(const struct posix_disk *d) {
    struct stat held, named;
    return fstat(d->directory, &held) == 0 && stat(d->path, &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* What was opened late may be the bare place of a file system that is mounted by now. The
 * descriptor keeps its number, as another thread may be about to use it. */
static bool reach_what_is_there(struct posix_disk *d, struct error *error) {
    if (!reach(d, error)) return false;
    if (!d->late || is_at_path(d)) return true;
    const int directory = open_directory(d, error);
    if (directory < 0) return false;
    const bool replaced = dup3(directory, d->directory, O_CLOEXEC) >= 0 || fail(d, "", error);
    close(directory);
    return replaced;
}

static struct disk_file *open_file(struct disk *disk, const char *name, int flags,
                                   struct error *error) {
    struct posix_disk *d = self(disk);
    if (!reach(d, error)) return NULL;
    struct disk_file *file = malloc(sizeof *file + strlen(name) + 1);
    if (file == NULL) {
        error_set(error, ERROR_FAILED, "no memory to open %s", name);
        return NULL;
    }
    file->disk = d;
    strcpy(file->name, name);
    file->descriptor = regular_file_open(d->directory, name, flags, 0600);
    if (file->descriptor >= 0) return file;
    fail(d, name, error);
    free(file);
    return NULL;
}

static struct disk_file *create(struct disk *disk, const char *name, struct error *error) {
    return open_file(disk, name, O_WRONLY | O_CREAT | O_TRUNC, error);
}

static struct disk_file *open_to_read(struct disk *disk, const char *name, struct error *error) {
    return open_file(disk, name, O_RDONLY, error);
}

static bool append(struct disk_file *file, const void *bytes, size_t size, struct error *error) {
    const uint8_t *at = bytes;
    while (size > 0) {
        const ssize_t written = write(file->descriptor, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(file->disk, file->name, error);
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static bool sync_file(struct disk_file *file, struct error *error) {
    return fsync(file->descriptor) == 0 || fail(file->disk, file->name, error);
}

static bool read_file(struct disk_file *file, uint64_t offset, void *bytes, size_t size,
                      size_t *got, struct error *error) {
    for (*got = 0; *got < size;) {
        const ssize_t count =
            pread(file->descriptor, (uint8_t *)bytes + *got, size - *got, (off_t)(offset + *got));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(file->disk, file->name, error);
        if (count == 0) break;
        *got += (size_t)count;
    }
    return true;
}

static void close_file(struct disk_file *file) {
    if (file == NULL) return;
    close(file->descriptor);
    free(file);
}

static bool rename_file(struct disk *disk, const char *from, const char *to, struct error *error) {
    struct posix_disk *d = self(disk);
    return reach(d, error) &&
           (renameat(d->directory, from, d->directory, to) == 0 || fail(d, from, error));
}

static bool remove_file(struct disk *disk, const char *name, struct error *error) {
    struct posix_disk *d = self(disk);
    return reach(d, error) && (unlinkat(d->directory, name, 0) == 0 || fail(d, name, error));
}

static bool sync_names(struct disk *disk, struct error *error) {
    struct posix_disk *d = self(disk);
    return reach(d, error) && (fsync(d->directory) == 0 || fail(d, "", error));
}

static DIR *open_names(const struct posix_disk *d) {
    const int names = openat(d->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *opened = names < 0 ? NULL : fdopendir(names);
    if (opened == NULL && names >= 0) close(names);
    return opened;
}

static bool list(struct disk *disk, void (*each)(void *context, const char *name), void *context,
                 struct error *error) {
    struct posix_disk *d = self(disk);
    if (!reach_what_is_there(d, error)) return false;
    DIR *names = open_names(d);
    if (names == NULL) return fail(d, "", error);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(names);
        if (entry == NULL) break;
        if (entry->d_name[0] != '.') each(context, entry->d_name);
    }
    const bool whole = errno == 0 || fail(d, "", error);
    closedir(names);
    return whole;
}

static void dispose(struct disk *disk) {
    if (disk == NULL) return;
    const int directory = self(disk)->directory;
    if (directory >= 0) close(directory);
    free(disk);
}

static const struct disk_ops ops = {
    .create = create,
    .append = append,
    .sync = sync_file,
    .open = open_to_read,
    .read = read_file,
    .close = close_file,
    .rename = rename_file,
    .remove = remove_file,
    .sync_names = sync_names,
    .list = list,
    .dispose = dispose,
};

struct disk *disk_posix_open_late(const char *path, struct error *error) {
    struct posix_disk *d = calloc(1, sizeof *d + strlen(path) + 1);
    if (d == NULL) {
        error_set(error, ERROR_FAILED, "no memory to open %s", path);
        return NULL;
    }
    d->disk.ops = &ops;
    d->directory = -1;
    d->late = true;
    strcpy(d->path, path);
    error->code = ERROR_NONE;
    reach(d, error);
    return &d->disk;
}

struct disk *disk_posix_open(const char *path, struct error *error) {
    struct disk *disk = disk_posix_open_late(path, error);
    if (disk != NULL) self(disk)->late = false;
    if (disk == NULL || error->code == ERROR_NONE) return disk;
    error->code = ERROR_CONFIG;
    dispose(disk);
    return NULL;
}
