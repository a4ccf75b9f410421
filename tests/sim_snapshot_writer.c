/* SPDX-License-Identifier: Apache-2.0 */
/* detector/snapshot_writer.h without a thread, in the programs of the simulator alone: what is
 * handed over is written by a task, when the seed says so. The disk is a simulated one. */
#include "detector/snapshot_writer.h"
#include "detector/snapshot_writing.h"
#include "tests/sim_disk.h"

#include <assert.h>
#include <stdlib.h>

enum { LONG_MS = 3600000, A_LITTLE_MS = 5, ORDERS_MAX = 64, BUFFERS_MAX = 10 };

enum step { STEP_BEGIN, STEP_ADD, STEP_PUBLISH, STEP_ABANDON };

struct order {
    enum step step;
    struct snapshot_buffer *buffer;
};

struct snapshot_writer {
    struct snapshot_writing writing;
    struct snapshot_name name, begun;
    struct sim_world *world;
    struct sim_task *task;
    struct snapshot_buffer buffers[BUFFERS_MAX], *free[BUFFERS_MAX];
    size_t free_count;
    struct order orders[ORDERS_MAX];
    size_t first, count;
    enum snapshot_writer_state state;
    uint64_t size;
    struct error error;
    bool closing;
};

static bool carry_out(struct snapshot_writer *w, const struct order *order, struct error *error) {
    switch (order->step) {
    case STEP_BEGIN:
        return snapshot_writing_begin(&w->writing, &w->name, &w->begun, error);
    case STEP_ADD:
        return snapshot_writing_add(&w->writing, order->buffer->kind, &order->buffer->bytes, error);
    case STEP_PUBLISH:
        return snapshot_writing_publish(&w->writing, &w->size, error);
    case STEP_ABANDON:
        snapshot_writing_abandon(&w->writing);
        break;
    }
    return true;
}

static void work_on(struct snapshot_writer *w, const struct order *order) {
    struct error error = {.code = ERROR_NONE};
    const bool failed = w->error.code != ERROR_NONE && order->step != STEP_ABANDON;
    const bool done = !failed && carry_out(w, order, &error);
    if (!failed && !done) snapshot_writing_abandon(&w->writing);
    if (error.code != ERROR_NONE) w->error = error;
    if (order->buffer != NULL) w->free[w->free_count++] = order->buffer;
    if (order->step == STEP_ABANDON) w->state = SNAPSHOT_WRITER_IDLE;
    if (w->error.code != ERROR_NONE && w->state == SNAPSHOT_WRITER_BUSY)
        w->state = SNAPSHOT_WRITER_FAILED;
    else if (order->step == STEP_PUBLISH && done)
        w->state = SNAPSHOT_WRITER_DONE;
}

static void work(void *context) {
    struct snapshot_writer *w = context;
    while (w->count > 0 || !w->closing) {
        if (w->count == 0) {
            sim_sleep(w->world, LONG_MS);
            continue;
        }
        const struct order order = w->orders[w->first];
        w->first = (w->first + 1) % ORDERS_MAX;
        w->count--;
        work_on(w, &order);
    }
    snapshot_writing_abandon(&w->writing);
}

struct snapshot_writer *snapshot_writer_open(struct disk *disk, struct disk *copies,
                                             const char *shard, size_t buffers,
                                             struct error *error) {
    struct snapshot_writer *w = calloc(1, sizeof *w);
    assert(w != NULL);
    (void)error;
    w->writing = (struct snapshot_writing){.disk = disk, .copies = copies, .shard = shard};
    w->world = sim_disk_world(disk);
    assert(w->world != NULL);
    w->writing.tag = chance_bits(&w->world->chance);
    while (w->free_count < BUFFERS_MAX && w->free_count < buffers) {
        w->free[w->free_count] = &w->buffers[w->free_count];
        w->free_count++;
    }
    w->task = sim_task_start(w->world, work, w);
    return w;
}

/* A task that is frozen goes on before the world ends: none is left behind. */
bool snapshot_writer_close(struct snapshot_writer *w, int wait_ms) {
    (void)wait_ms;
    if (w == NULL) return true;
    w->closing = true;
    sim_wake(w->task);
    while (!sim_task_ended(w->task))
        sim_sleep(w->world, A_LITTLE_MS);
    sim_task_free(w->world, w->task);
    for (size_t i = 0; i < BUFFERS_MAX; i++)
        free(w->buffers[i].bytes.data);
    free(w);
    return true;
}

int snapshot_writers_left(void) {
    return 0;
}

bool snapshot_copies_hang(void) {
    return false;
}

static void order(struct snapshot_writer *w, enum step step, struct snapshot_buffer *buffer) {
    assert(w->count < ORDERS_MAX);
    w->orders[(w->first + w->count++) % ORDERS_MAX] = (struct order){step, buffer};
    sim_wake(w->task);
}

void snapshot_writer_begin(struct snapshot_writer *w, const struct snapshot_name *name,
                           const struct snapshot_name *begun) {
    assert(w->state == SNAPSHOT_WRITER_IDLE);
    w->state = SNAPSHOT_WRITER_BUSY;
    w->error.code = ERROR_NONE;
    w->name = *name;
    w->begun = *begun;
    order(w, STEP_BEGIN, NULL);
}

struct snapshot_buffer *snapshot_writer_take(struct snapshot_writer *w, int wait_ms) {
    const int64_t until_ms = w->world->now_ms + wait_ms;
    while (w->free_count == 0 && w->state == SNAPSHOT_WRITER_BUSY && w->world->now_ms < until_ms)
        sim_sleep(w->world, 1);
    if (w->free_count == 0 || w->state != SNAPSHOT_WRITER_BUSY) return NULL;
    struct snapshot_buffer *buffer = w->free[--w->free_count];
    buffer->bytes.size = 0;
    pack_space(&buffer->bytes, SNAPSHOT_BUFFER_BYTES);
    buffer->bytes.size = 0;
    return buffer;
}

size_t snapshot_writer_free(struct snapshot_writer *w) {
    return w->free_count;
}

void snapshot_writer_put(struct snapshot_writer *w, struct snapshot_buffer *buffer) {
    order(w, STEP_ADD, buffer);
}

void snapshot_writer_finish(struct snapshot_writer *w) {
    order(w, STEP_PUBLISH, NULL);
}

void snapshot_writer_abandon(struct snapshot_writer *w, struct snapshot_buffer *taken) {
    order(w, STEP_ABANDON, taken);
}

enum snapshot_writer_state snapshot_writer_poll(struct snapshot_writer *w, uint64_t *size,
                                                struct error *error) {
    const enum snapshot_writer_state state = w->state;
    *size = w->size;
    if (state == SNAPSHOT_WRITER_FAILED) *error = w->error;
    if (state == SNAPSHOT_WRITER_DONE) w->state = SNAPSHOT_WRITER_IDLE;
    return state;
}

void snapshot_writer_wait(struct snapshot_writer *w, int wait_ms) {
    const int64_t until_ms = w->world->now_ms + wait_ms;
    do
        sim_sleep(w->world, 1);
    while (w->state == SNAPSHOT_WRITER_BUSY && w->world->now_ms < until_ms);
}
