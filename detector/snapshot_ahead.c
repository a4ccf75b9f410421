/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot_ahead.h"

#include <assert.h>
#include <pthread.h>

enum { SLOTS = 4 };

/* What one snapshot_in_next gave; its bytes are in `room`. */
struct slot {
    enum snapshot_next next;
    enum snapshot_kind kind;
    struct unpack bytes;
    struct snapshot_room room;
    struct error error;
};

struct snapshot_ahead {
    struct snapshot_in *in; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot slots[SLOTS]; /* a ring; the thread's, but for the `count` from `first` on */
    size_t first, count;
    bool lent, closing, started; /* lent: the caller has the bytes of the first */
};

/* The thread. */

static bool fill(struct snapshot_ahead *a, struct slot *slot) {
    slot->error.code = ERROR_NONE;
    slot->next = snapshot_in_next(a->in, &slot->kind, &slot->bytes, &slot->error);
    snapshot_in_keep(a->in, &slot->room);
    return slot->next == SNAPSHOT_CHUNK;
}

/* NULL: it is to end. */
static struct slot *await_slot(struct snapshot_ahead *a) {
    pthread_mutex_lock(&a->lock);
    while (a->count == SLOTS && !a->closing)
        pthread_cond_wait(&a->changed, &a->lock);
    struct slot *slot = a->closing ? NULL : &a->slots[(a->first + a->count) % SLOTS];
    pthread_mutex_unlock(&a->lock);
    return slot;
}

static void *work(void *argument) {
    struct snapshot_ahead *a = argument;
    struct slot *slot;
    for (bool more = true; more && (slot = await_slot(a)) != NULL;) {
        more = fill(a, slot);
        pthread_mutex_lock(&a->lock);
        a->count++;
        pthread_cond_signal(&a->changed);
        pthread_mutex_unlock(&a->lock);
    }
    return NULL;
}

/* The caller's side. */

struct snapshot_ahead *snapshot_ahead_open(struct snapshot_in *in, struct error *error) {
    struct snapshot_ahead *a = calloc(1, sizeof *a);
    if (a != NULL) {
        a->in = in;
        pthread_mutex_init(&a->lock, NULL);
        pthread_cond_init(&a->changed, NULL);
        a->started = pthread_create(&a->thread, NULL, work, a) == 0;
        if (a->started) return a;
    }
    snapshot_ahead_close(a);
    error_set(error, ERROR_FAILED, "the thread that reads snapshots cannot be started");
    return NULL;
}

static const struct slot *await_filled(struct snapshot_ahead *a) {
    pthread_mutex_lock(&a->lock);
    if (a->lent) {
        a->first = (a->first + 1) % SLOTS;
        a->count--;
        pthread_cond_signal(&a->changed);
    }
    while (a->count == 0)
        pthread_cond_wait(&a->changed, &a->lock);
    a->lent = true;
    pthread_mutex_unlock(&a->lock);
    return &a->slots[a->first];
}

enum snapshot_next snapshot_ahead_next(struct snapshot_ahead *a, enum snapshot_kind *kind,
                                       struct unpack *bytes, struct error *error) {
    const struct slot *slot = await_filled(a);
    *kind = slot->kind;
    *bytes = slot->bytes;
    if (slot->next == SNAPSHOT_BAD) *error = slot->error;
    return slot->next;
}

void snapshot_ahead_close(struct snapshot_ahead *a) {
    if (a == NULL) return;
    if (a->started) {
        pthread_mutex_lock(&a->lock);
        a->closing = true;
        pthread_cond_signal(&a->changed);
        pthread_mutex_unlock(&a->lock);
        pthread_join(a->thread, NULL);
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(a->slots[i].room.bytes);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
