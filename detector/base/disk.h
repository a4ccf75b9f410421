/* SPDX-License-Identifier: Apache-2.0 */
/* The narrow door to the file system for what must survive a crash: one directory with plain files.
 * What was written is safe after `sync`, a name after `sync_names`. Errors are ERROR_IO with the
 * file's name and why. One thread at a time. */
#pragma once

#include "detector/base/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct disk;
struct disk_file;

struct disk_ops {
    /* Creates the file anew for writing. */
    struct disk_file *(*create)(struct disk *, const char *name, struct error *);
    bool (*append)(struct disk_file *, const void *bytes, size_t size, struct error *);
    bool (*sync)(struct disk_file *, struct error *);
    /* For reading. */
    struct disk_file *(*open)(struct disk *, const char *name, struct error *);
    /* *got < size only at the end of the file. */
    bool (*read)(struct disk_file *, uint64_t offset, void *bytes, size_t size, size_t *got,
                 struct error *);
    void (*close)(struct disk_file *);
    bool (*rename)(struct disk *, const char *from, const char *to, struct error *);
    bool (*remove)(struct disk *, const char *name, struct error *);
    bool (*sync_names)(struct disk *, struct error *);
    /* Calls `each` for every name, in no order; false: it may have been for some of them. */
    bool (*list)(struct disk *, void (*each)(void *context, const char *name), void *context,
                 struct error *);
    void (*dispose)(struct disk *);
};

/* The first member of every implementation. */
struct disk {
    const struct disk_ops *ops;
    atomic_uint holders; /* besides the one who opened it */
};

/* For who may outlive the one who opened it; any thread. The last one to let go disposes of it. */
static inline void disk_hold(struct disk *disk) {
    if (disk != NULL) atomic_fetch_add(&disk->holders, 1);
}

static inline void disk_release(struct disk *disk) {
    if (disk != NULL && atomic_fetch_sub(&disk->holders, 1) == 0) disk->ops->dispose(disk);
}

/* A directory, which is made (mode 0700) where it is missing, its parents not. ERROR_CONFIG when it
 * cannot be. */
struct disk *disk_posix_open(const char *path, struct error *error);
/* One that may be away: every operation tries to open it until one can, and `list` opens it anew
 * when another directory is at the path by now, as after a mount; what follows goes there. NULL
 * without memory; else error->code is ERROR_NONE, or ERROR_IO and why it is away now. May wait for
 * as long as the file system does not answer. */
struct disk *disk_posix_open_late(const char *path, struct error *error);
