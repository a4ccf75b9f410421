/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/publisher.h"

#include "detector/transact.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct publisher {
    struct port *port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t sealed;
    struct commit_unit *units[2];
    int filling;
    bool busy, closing, started;
    enum port_status status;
    struct error error;
};

static void commit_in_hand(struct publisher *p, const struct commit_unit *unit) {
    struct error error = {.code = ERROR_NONE};
    const enum port_status status = transact(p->port, unit, &error);
    pthread_mutex_lock(&p->lock);
    p->busy = false;
    p->status = status;
    if (status != PORT_OK) p->error = error;
    pthread_mutex_unlock(&p->lock);
    p->port->ops->wake(p->port);
}

static void *work(void *argument) {
    struct publisher *p = argument;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->busy && !p->closing)
            pthread_cond_wait(&p->sealed, &p->lock);
        if (!p->busy) break;
        const struct commit_unit *unit = p->units[1 - p->filling];
        pthread_mutex_unlock(&p->lock);
        commit_in_hand(p, unit);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct publisher *publisher_open(struct port *port, size_t unit_bytes_max, struct error *error) {
    struct publisher *p = calloc(1, sizeof *p);
    if (p == NULL) goto fail;
    p->port = port;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->sealed, NULL);
    for (int i = 0; i < 2; i++)
        if ((p->units[i] = commit_unit_new(unit_bytes_max)) == NULL) goto fail;
    if (pthread_create(&p->thread, NULL, work, p) != 0) goto fail;
    p->started = true;
    return p;
fail:
    publisher_close(p);
    error_set(error, ERROR_FAILED, "the publisher thread cannot be started");
    return NULL;
}

void publisher_close(struct publisher *p) {
    if (p == NULL) return;
    if (p->started) {
        pthread_mutex_lock(&p->lock);
        p->closing = true;
        pthread_cond_signal(&p->sealed);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
    }
    for (int i = 0; i < 2; i++)
        commit_unit_free(p->units[i]);
    pthread_cond_destroy(&p->sealed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

struct commit_unit *publisher_filling(struct publisher *p) {
    return p->units[p->filling];
}

bool publisher_busy(struct publisher *p) {
    pthread_mutex_lock(&p->lock);
    const bool busy = p->busy;
    pthread_mutex_unlock(&p->lock);
    return busy;
}

bool publisher_ready(struct publisher *p) {
    pthread_mutex_lock(&p->lock);
    const bool ready = !p->busy && p->status == PORT_OK;
    pthread_mutex_unlock(&p->lock);
    return ready;
}

void publisher_seal(struct publisher *p) {
    pthread_mutex_lock(&p->lock);
    assert(!p->busy && p->status == PORT_OK);
    p->filling = 1 - p->filling;
    p->busy = true;
    pthread_cond_signal(&p->sealed);
    pthread_mutex_unlock(&p->lock);
    commit_unit_reset(p->units[p->filling]);
}

enum port_status publisher_status(struct publisher *p, struct error *error) {
    pthread_mutex_lock(&p->lock);
    const enum port_status status = p->status;
    if (status != PORT_OK) *error = p->error;
    pthread_mutex_unlock(&p->lock);
    return status;
}
