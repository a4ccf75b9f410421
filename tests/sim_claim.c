/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the shard, as detector/broker/kafka_claim.c finds it out and says it: by the name beside
 * the committed offsets. */
#include "tests/sim_port_internal.h"

#include <assert.h>

enum { PARTITIONS_MAX = 8 };

static enum sim_answer look(struct sim_port *p, uint32_t *other) {
    if (sim_port_is_cut_off(p)) return SIM_AWAY;
    return sim_cluster_look(p->cluster, p->instance, p->topic, other);
}

static bool tell(struct sim_port *p, uint32_t other, struct error *error) {
    if (other == 0) return true;
    p->shut_out = true;
    return error_set(error, ERROR_FENCED, "another engine with this shard.id has taken over (%u)",
                     (unsigned)other);
}

bool sim_claim_holds(struct sim_port *p, struct error *error) {
    uint32_t other = 0;
    while (look(p, &other) != SIM_DONE)
        if (!sim_port_pause(p, SIM_RETRY_MS)) return sim_port_interrupted(error);
    return tell(p, other, error);
}

bool sim_claim_look(struct sim_port *p, struct error *error) {
    uint32_t other = 0;
    if (!p->has_shard || sim_port_now(p) - p->looked_ms < SIM_LOOK_MS) return true;
    p->looked_ms = sim_port_now(p);
    return look(p, &other) != SIM_DONE || tell(p, other, error);
}

static enum sim_answer ask(struct sim_port *p, struct port_position *position) {
    if (sim_port_is_cut_off(p)) return SIM_AWAY;
    return sim_cluster_committed(p->cluster, position->topic, position->partition,
                                 &position->offset);
}

bool sim_claim_committed(struct sim_port *p, struct port_position *positions, size_t count,
                         struct error *error) {
    for (size_t i = 0; i < count; i++)
        while (ask(p, &positions[i]) != SIM_DONE)
            if (!sim_port_pause(p, SIM_RETRY_MS)) return sim_port_interrupted(error);
    return true;
}

/* Partitions of which nothing is committed cannot be committed again. */
static size_t keep_committed(struct port_position *positions, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (positions[i].offset >= 0) positions[kept++] = positions[i];
    return kept;
}

enum port_status sim_claim(struct sim_port *p, struct error *error) {
    struct port_position positions[PARTITIONS_MAX];
    const int32_t partitions = sim_cluster_partitions(p->cluster, p->topic);
    assert(partitions <= PARTITIONS_MAX);
    for (int32_t i = 0; i < partitions; i++)
        positions[i] = (struct port_position){p->topic, i, PORT_OFFSET_NONE};
    if (!sim_claim_committed(p, positions, (size_t)partitions, error)) return PORT_STOPPED;
    const size_t count = keep_committed(positions, (size_t)partitions);
    return count == 0 ? PORT_OK : sim_producer_commit_again(p, positions, count, error);
}
