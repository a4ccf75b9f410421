/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_engine.h"

#include <assert.h>
#include <stdlib.h>

struct sim_engine {
    struct sim_world *world;
    const struct options *options;
    struct sim_port *port;
    struct disk *disk;
    struct pipeline *pipeline;
    struct sim_task *task;
    struct error error;
};

static void run(void *context) {
    struct sim_engine *e = context;
    struct error error = {.code = ERROR_NONE};
    if (e->pipeline != NULL && !pipeline_run(e->pipeline, &error)) e->error = error;
    pipeline_close(e->pipeline);
    e->pipeline = NULL;
    if (sim_port_borrowed(e->port) != 0)
        sim_fail(e->world, "I8: an engine ended with %lld records not given back",
                 (long long)sim_port_borrowed(e->port));
}

struct sim_engine *sim_engine_start(struct sim_world *world, struct sim_cluster *cluster,
                                    struct sim_disk *disk, const struct options *options,
                                    bool rebuild) {
    struct sim_engine *e = calloc(1, sizeof *e);
    assert(e != NULL);
    e->world = world;
    e->options = options;
    e->port = sim_port_new(world, cluster, options);
    if (disk != NULL) e->disk = sim_disk_mount(disk, e->port);
    const struct pipeline_options how = {.options = options,
                                         .port = sim_port_port(e->port),
                                         .snapshots = e->disk,
                                         .rebuild = rebuild,
                                         .acknowledge = true,
                                         .publish_shadows = true};
    e->pipeline = pipeline_open(&how, &e->error);
    e->task = sim_task_start(world, run, e);
    return e;
}

bool sim_engine_ended(const struct sim_engine *e) {
    return sim_task_ended(e->task);
}

const struct error *sim_engine_error(const struct sim_engine *e) {
    return &e->error;
}

struct sim_port *sim_engine_port(struct sim_engine *e) {
    return e->port;
}

void sim_engine_stop(struct sim_engine *e) {
    if (e->pipeline != NULL) pipeline_stop(e->pipeline);
}

void sim_engine_freeze(struct sim_engine *e, int64_t until_ms) {
    sim_freeze(e->world, e->task, until_ms);
}

void sim_engine_free(struct sim_engine *e) {
    if (e == NULL) return;
    assert(sim_engine_ended(e));
    struct port *port = sim_port_port(e->port);
    sim_task_free(e->world, e->task);
    port->ops->close(port);
    if (e->disk != NULL) e->disk->ops->dispose(e->disk);
    free(e);
}
