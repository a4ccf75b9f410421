/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of snapshots with failpoints before and after each operation: the linker gives
 * the engine these openers. Both directories count together; files are the real ones. */
#include "tests/over_disk.h"
#include "tests/soak/failpoint.h"

#include <stdlib.h>

struct disk *__real_disk_posix_open(const char *path, struct error *error);
struct disk *__wrap_disk_posix_open(const char *path, struct error *error);
struct disk *__real_disk_posix_open_late(const char *path, struct error *error);
struct disk *__wrap_disk_posix_open_late(const char *path, struct error *error);

static const struct disk_ops *real; /* the same for all */

static bool pass(const char *place, struct error *error) {
    return failpoint_pass(place) == PORT_OK || error_set(error, ERROR_IO, "a failpoint says so");
}

static struct disk_file *create(struct disk *disk, const char *name, struct error *error) {
    if (!pass("disk.create.before", error)) return NULL;
    struct disk_file *file = real->create(over_disk_inner(disk), name, error);
    failpoint_pass("disk.create.after");
    return file;
}

static bool append(struct disk_file *file, const void *bytes, size_t size, struct error *error) {
    const bool ok = pass("disk.append.before", error) && real->append(file, bytes, size, error);
    failpoint_pass("disk.append.after");
    return ok;
}

static bool sync_file(struct disk_file *file, struct error *error) {
    const bool ok = pass("disk.sync.before", error) && real->sync(file, error);
    failpoint_pass("disk.sync.after");
    return ok;
}

static struct disk_file *open_to_read(struct disk *disk, const char *name, struct error *error) {
    return pass("disk.open.before", error) ? real->open(over_disk_inner(disk), name, error) : NULL;
}

static bool read_file(struct disk_file *file, uint64_t offset, void *bytes, size_t size,
                      size_t *got, struct error *error) {
    return pass("disk.read.before", error) && real->read(file, offset, bytes, size, got, error);
}

static bool rename_file(struct disk *disk, const char *from, const char *to, struct error *error) {
    const bool ok =
        pass("disk.rename.before", error) && real->rename(over_disk_inner(disk), from, to, error);
    failpoint_pass("disk.rename.after");
    return ok;
}

static bool remove_file(struct disk *disk, const char *name, struct error *error) {
    const bool ok =
        pass("disk.remove.before", error) && real->remove(over_disk_inner(disk), name, error);
    failpoint_pass("disk.remove.after");
    return ok;
}

static bool sync_names(struct disk *disk, struct error *error) {
    const bool ok =
        pass("disk.sync_names.before", error) && real->sync_names(over_disk_inner(disk), error);
    failpoint_pass("disk.sync_names.after");
    return ok;
}

static bool list(struct disk *disk, void (*each)(void *context, const char *name), void *context,
                 struct error *error) {
    return pass("disk.list.before", error) &&
           real->list(over_disk_inner(disk), each, context, error);
}

static void dispose(struct disk *disk) {
    real->dispose(over_disk_inner(disk));
    free(disk);
}

static struct disk *over(struct disk *inner) {
    if (inner == NULL) return NULL;
    struct over_disk *over = malloc(sizeof *over);
    if (over == NULL) abort();
    over_disk_init(over, inner);
    real = inner->ops;
    over->ops.create = create;
    over->ops.append = append;
    over->ops.sync = sync_file;
    over->ops.open = open_to_read;
    over->ops.read = read_file;
    over->ops.rename = rename_file;
    over->ops.remove = remove_file;
    over->ops.sync_names = sync_names;
    over->ops.list = list;
    over->ops.dispose = dispose;
    return &over->disk;
}

struct disk *__wrap_disk_posix_open(const char *path, struct error *error) {
    return over(__real_disk_posix_open(path, error));
}

struct disk *__wrap_disk_posix_open_late(const char *path, struct error *error) {
    return over(__real_disk_posix_open_late(path, error));
}
