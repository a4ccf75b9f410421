/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot_writer.h"

#include "detector/base/log.h"
#include "detector/snapshot_writing.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum step { STEP_BEGIN, STEP_ADD, STEP_PUBLISH, STEP_ABANDON };

struct order {
    enum step step;
    struct snapshot_buffer *buffer;
};

struct snapshot_writer {
    struct snapshot_writing writing; /* the thread's */
    char *shard;
    struct snapshot_name name;  /* of the snapshot that is begun, */
    struct snapshot_name begun; /* and of the one that the session began with */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ordered, changed;
    struct snapshot_buffer *buffers, **free;
    struct order *orders; /* a ring: each buffer, and what begins and ends a snapshot */
    size_t buffer_count, free_count, order_room, order_first, order_count;
    enum snapshot_writer_state state;
    uint64_t size;
    struct error error;
    bool closing, started, ended;
    atomic_int *left; /* where it was left behind; NULL: it was not */
};

static atomic_int left_at_disk, left_at_copies;

int snapshot_writers_left(void) {
    return atomic_load(&left_at_disk) + atomic_load(&left_at_copies);
}

bool snapshot_copies_hang(void) {
    return atomic_load(&left_at_copies) > 0;
}

static void free_all(struct snapshot_writer *w) {
    for (size_t i = 0; w->buffers != NULL && i < w->buffer_count; i++)
        free(w->buffers[i].bytes.data);
    free(w->buffers);
    free(w->free);
    free(w->orders);
    disk_release(w->writing.disk);
    disk_release(w->writing.copies);
    free(w->shard);
    pthread_cond_destroy(&w->ordered);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* The thread. */

static bool carry_out(struct snapshot_writer *w, const struct order *order, uint64_t *size,
                      struct error *error) {
    switch (order->step) {
    case STEP_BEGIN:
        return snapshot_writing_begin(&w->writing, &w->name, &w->begun, error);
    case STEP_ADD:
        return snapshot_writing_add(&w->writing, order->buffer->kind, &order->buffer->bytes, error);
    case STEP_PUBLISH:
        return snapshot_writing_publish(&w->writing, size, error);
    case STEP_ABANDON:
        snapshot_writing_abandon(&w->writing);
        break;
    }
    return true;
}

/* What one piece made it grow to is not kept for the next ones: the memory for snapshots is counted
 * in buffers. */
static void trim(struct snapshot_buffer *buffer) {
    if (buffer == NULL || buffer->bytes.room <= 2 * (size_t)SNAPSHOT_BUFFER_BYTES) return;
    free(buffer->bytes.data);
    buffer->bytes = (struct pack){.data = NULL};
}

/* After a failure the rest of a snapshot is only let go. */
static void work_on(struct snapshot_writer *w, const struct order *order) {
    struct error error = {.code = ERROR_NONE};
    const bool failed = w->error.code != ERROR_NONE && order->step != STEP_ABANDON;
    uint64_t size = 0;
    const bool done = !failed && carry_out(w, order, &size, &error);
    if (!failed && !done) snapshot_writing_abandon(&w->writing);
    trim(order->buffer);
    pthread_mutex_lock(&w->lock);
    if (error.code != ERROR_NONE) w->error = error;
    if (order->buffer != NULL) w->free[w->free_count++] = order->buffer;
    if (order->step == STEP_ABANDON) w->state = SNAPSHOT_WRITER_IDLE;
    if (w->error.code != ERROR_NONE && w->state == SNAPSHOT_WRITER_BUSY)
        w->state = SNAPSHOT_WRITER_FAILED;
    if (order->step == STEP_PUBLISH && done) {
        w->state = SNAPSHOT_WRITER_DONE;
        w->size = size;
    }
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* Who was left behind clears up. */
static void end(struct snapshot_writer *w) {
    pthread_mutex_lock(&w->lock);
    w->ended = true;
    atomic_int *left = w->left;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (left == NULL) return;
    log_info("event=snapshot_writer_back next=\"snapshots are taken again\"");
    free_all(w);
    atomic_fetch_sub(left, 1);
}

static void *work(void *argument) {
    struct snapshot_writer *w = argument;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (w->order_count == 0 && !w->closing)
            pthread_cond_wait(&w->ordered, &w->lock);
        if (w->order_count == 0 || w->left != NULL) break;
        const struct order order = w->orders[w->order_first];
        w->order_first = (w->order_first + 1) % w->order_room;
        w->order_count--;
        pthread_mutex_unlock(&w->lock);
        work_on(w, &order);
    }
    pthread_mutex_unlock(&w->lock);
    snapshot_writing_abandon(&w->writing);
    end(w);
    return NULL;
}

/* The engine's side. */

static struct timespec in_ms(int wait_ms) {
    enum { SECOND_NS = 1000000000, MS_NS = 1000000 };
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    const int64_t ns = at.tv_nsec + (int64_t)wait_ms * MS_NS;
    at.tv_sec += ns / SECOND_NS;
    at.tv_nsec = ns % SECOND_NS;
    return at;
}

/* With the lock. What is left behind owns all that it touches. */
static void leave_behind(struct snapshot_writer *w) {
    w->left = atomic_load(&w->writing.copying) ? &left_at_copies : &left_at_disk;
    atomic_fetch_add(w->left, 1);
    pthread_detach(w->thread);
}

static bool join(struct snapshot_writer *w, int wait_ms) {
    const struct timespec until = in_ms(wait_ms);
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_signal(&w->ordered);
    while (!w->ended && pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0)
        continue;
    const bool ended = w->ended;
    if (!ended) leave_behind(w);
    pthread_mutex_unlock(&w->lock);
    if (ended) pthread_join(w->thread, NULL);
    return ended;
}

bool snapshot_writer_close(struct snapshot_writer *w, int wait_ms) {
    if (w == NULL) return true;
    if (w->started && !join(w, wait_ms)) return false;
    free_all(w);
    return true;
}

static bool make_buffers(struct snapshot_writer *w, size_t count) {
    enum { BEGIN_AND_END = 4 };
    w->buffer_count = count;
    w->order_room = count + BEGIN_AND_END;
    w->buffers = calloc(count, sizeof *w->buffers);
    w->free = calloc(count, sizeof(struct snapshot_buffer *));
    w->orders = calloc(w->order_room, sizeof *w->orders);
    if (w->buffers == NULL || w->free == NULL || w->orders == NULL) return false;
    while (w->free_count < count) {
        struct snapshot_buffer *buffer = &w->buffers[w->free_count];
        w->free[w->free_count++] = buffer;
    }
    return true;
}

struct snapshot_writer *snapshot_writer_open(struct disk *disk, struct disk *copies,
                                             const char *shard, size_t buffers,
                                             struct error *error) {
    struct snapshot_writer *w = calloc(1, sizeof *w);
    if (w == NULL) goto fail;
    w->shard = strdup(shard);
    w->writing = (struct snapshot_writing){.disk = disk, .copies = copies, .shard = w->shard};
    disk_hold(disk);
    disk_hold(copies);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->ordered, NULL);
    pthread_cond_init(&w->changed, NULL);
    if (w->shard == NULL || getrandom(&w->writing.tag, sizeof w->writing.tag, 0) < 0) goto fail;
    if (!make_buffers(w, buffers) || pthread_create(&w->thread, NULL, work, w) != 0) goto fail;
    w->started = true;
    return w;
fail:
    snapshot_writer_close(w, 0);
    error_set(error, ERROR_FAILED, "the thread that writes snapshots cannot be started");
    return NULL;
}

/* With the lock. */
static void give(struct snapshot_writer *w, struct order order) {
    assert(w->order_count < w->order_room);
    w->orders[(w->order_first + w->order_count++) % w->order_room] = order;
    pthread_cond_signal(&w->ordered);
}

void snapshot_writer_begin(struct snapshot_writer *w, const struct snapshot_name *name,
                           const struct snapshot_name *begun) {
    pthread_mutex_lock(&w->lock);
    assert(w->state == SNAPSHOT_WRITER_IDLE);
    w->state = SNAPSHOT_WRITER_BUSY;
    w->error.code = ERROR_NONE;
    w->name = *name;
    w->begun = *begun;
    give(w, (struct order){STEP_BEGIN, NULL});
    pthread_mutex_unlock(&w->lock);
}

struct snapshot_buffer *snapshot_writer_take(struct snapshot_writer *w, int wait_ms) {
    const struct timespec until = in_ms(wait_ms);
    struct snapshot_buffer *buffer = NULL;
    pthread_mutex_lock(&w->lock);
    while (w->free_count == 0 && w->state == SNAPSHOT_WRITER_BUSY && wait_ms > 0 &&
           pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0)
        continue;
    if (w->free_count > 0 && w->state == SNAPSHOT_WRITER_BUSY) buffer = w->free[--w->free_count];
    pthread_mutex_unlock(&w->lock);
    if (buffer == NULL) return NULL;
    buffer->bytes.size = 0;
    pack_space(&buffer->bytes, SNAPSHOT_BUFFER_BYTES);
    buffer->bytes.size = 0;
    return buffer;
}

size_t snapshot_writer_free(struct snapshot_writer *w) {
    pthread_mutex_lock(&w->lock);
    const size_t count = w->free_count;
    pthread_mutex_unlock(&w->lock);
    return count;
}

static void order(struct snapshot_writer *w, struct order order) {
    pthread_mutex_lock(&w->lock);
    give(w, order);
    pthread_mutex_unlock(&w->lock);
}

void snapshot_writer_put(struct snapshot_writer *w, struct snapshot_buffer *buffer) {
    order(w, (struct order){STEP_ADD, buffer});
}

void snapshot_writer_finish(struct snapshot_writer *w) {
    order(w, (struct order){STEP_PUBLISH, NULL});
}

void snapshot_writer_abandon(struct snapshot_writer *w, struct snapshot_buffer *taken) {
    order(w, (struct order){STEP_ABANDON, taken});
}

enum snapshot_writer_state snapshot_writer_poll(struct snapshot_writer *w, uint64_t *size,
                                                struct error *error) {
    pthread_mutex_lock(&w->lock);
    const enum snapshot_writer_state state = w->state;
    *size = w->size;
    if (state == SNAPSHOT_WRITER_FAILED) *error = w->error;
    if (state == SNAPSHOT_WRITER_DONE) w->state = SNAPSHOT_WRITER_IDLE;
    pthread_mutex_unlock(&w->lock);
    return state;
}

void snapshot_writer_wait(struct snapshot_writer *w, int wait_ms) {
    const struct timespec until = in_ms(wait_ms);
    pthread_mutex_lock(&w->lock);
    while (w->state == SNAPSHOT_WRITER_BUSY &&
           pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&w->lock);
}
