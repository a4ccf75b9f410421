/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/over_disk.h"

struct disk *over_disk_inner(struct disk *disk) {
    return ((struct over_disk *)disk)->inner; /* its first member */
}

static const struct disk_ops *real(struct disk *disk) {
    return over_disk_inner(disk)->ops;
}

static struct disk_file *create(struct disk *disk, const char *name, struct error *error) {
    return real(disk)->create(over_disk_inner(disk), name, error);
}

static struct disk_file *open_to_read(struct disk *disk, const char *name, struct error *error) {
    return real(disk)->open(over_disk_inner(disk), name, error);
}

static bool rename_file(struct disk *disk, const char *from, const char *to, struct error *error) {
    return real(disk)->rename(over_disk_inner(disk), from, to, error);
}

static bool remove_file(struct disk *disk, const char *name, struct error *error) {
    return real(disk)->remove(over_disk_inner(disk), name, error);
}

static bool sync_names(struct disk *disk, struct error *error) {
    return real(disk)->sync_names(over_disk_inner(disk), error);
}

static bool list(struct disk *disk, void (*each)(void *context, const char *name), void *context,
                 struct error *error) {
    return real(disk)->list(over_disk_inner(disk), each, context, error);
}

static void dispose(struct disk *disk) {
    real(disk)->dispose(over_disk_inner(disk));
}

void over_disk_init(struct over_disk *over, struct disk *inner) {
    over->inner = inner;
    over->ops = *inner->ops; /* the files' own */
    over->ops.create = create;
    over->ops.open = open_to_read;
    over->ops.rename = rename_file;
    over->ops.remove = remove_file;
    over->ops.sync_names = sync_names;
    over->ops.list = list;
    over->ops.dispose = dispose;
    over->disk.ops = &over->ops;
    atomic_init(&over->disk.holders, 0);
}
