/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/stuck_disk.h"

#include "detector/snapshot_writer.h"
#include "tests/over_disk.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAP_US = 1000 };

/* A file does not know its disk. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool stuck, free_to_go;
static bool (*real_append)(struct disk_file *, const void *, size_t, struct error *);

static bool append(struct disk_file *file, const void *bytes, size_t size, struct error *error) {
    pthread_mutex_lock(&lock);
    stuck = true;
    pthread_cond_broadcast(&changed);
    while (!free_to_go)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return real_append(file, bytes, size, error);
}

static void dispose(struct disk *disk) {
    struct disk *inner = over_disk_inner(disk);
    inner->ops->dispose(inner);
    free(disk);
}

struct disk *stuck_disk_open(const char *path) {
    struct error error;
    struct over_disk *over = calloc(1, sizeof *over);
    struct disk *inner = disk_posix_open(path, &error);
    assert(over != NULL && inner != NULL);
    over_disk_init(over, inner);
    real_append = inner->ops->append;
    over->ops.append = append;
    over->ops.dispose = dispose;
    stuck = free_to_go = false;
    return &over->disk;
}

void stuck_disk_await(void) {
    pthread_mutex_lock(&lock);
    while (!stuck)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void stuck_disk_let_go(void) {
    pthread_mutex_lock(&lock);
    free_to_go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void stuck_disk_await_writers(void) {
    while (snapshot_writers_left() > 0)
        usleep(NAP_US);
}
