/* SPDX-License-Identifier: Apache-2.0 */
/* detector/publisher.h without a thread, in the program of the simulator alone: on a simulated port
 * the unit in hand is a task that takes its turns when the seed says so; on any other port it is
 * committed as it is sealed. */
#include "detector/publisher.h"
#include "detector/transact.h"
#include "tests/sim_port.h"

#include <assert.h>
#include <stdlib.h>

enum { LONG_MS = 3600000, CLOSING_MS = 5 };

struct publisher {
    struct port *port;
    struct sim_world *world; /* NULL: of another port */
    struct sim_task *task;
    struct commit_unit *units[2];
    int filling;
    bool busy, closing;
    enum port_status status;
    struct error error;
};

static void commit_in_hand(struct publisher *p) {
    p->status = transact(p->port, p->units[1 - p->filling], &p->error);
    p->busy = false;
    p->port->ops->wake(p->port);
}

static void work(void *context) {
    struct publisher *p = context;
    while (p->busy || !p->closing)
        if (p->busy)
            commit_in_hand(p);
        else
            sim_sleep(p->world, LONG_MS);
}

struct publisher *publisher_open(struct port *port, size_t unit_bytes_max, struct error *error) {
    struct publisher *p = calloc(1, sizeof *p);
    assert(p != NULL);
    (void)error;
    p->port = port;
    p->world = sim_port_world(port);
    for (int i = 0; i < 2; i++)
        p->units[i] = commit_unit_new(unit_bytes_max);
    if (p->world != NULL) p->task = sim_task_start(p->world, work, p);
    return p;
}

void publisher_close(struct publisher *p) {
    if (p == NULL) return;
    p->closing = true;
    if (p->task != NULL) {
        sim_wake(p->task);
        while (!sim_task_ended(p->task))
            sim_sleep(p->world, CLOSING_MS);
        sim_task_free(p->world, p->task);
    }
    for (int i = 0; i < 2; i++)
        commit_unit_free(p->units[i]);
    free(p);
}

struct commit_unit *publisher_filling(struct publisher *p) {
    return p->units[p->filling];
}

bool publisher_busy(struct publisher *p) {
    return p->busy;
}

bool publisher_ready(struct publisher *p) {
    return !p->busy && p->status == PORT_OK;
}

void publisher_seal(struct publisher *p) {
    assert(publisher_ready(p));
    p->filling = 1 - p->filling;
    p->busy = true;
    if (p->task != NULL)
        sim_wake(p->task);
    else
        commit_in_hand(p);
    commit_unit_reset(p->units[p->filling]);
}

enum port_status publisher_status(struct publisher *p, struct error *error) {
    if (p->status != PORT_OK) *error = p->error;
    return p->status;
}
