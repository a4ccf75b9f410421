/* SPDX-License-Identifier: Apache-2.0 */
/* struct port over a simulated cluster: a client as librdkafka 2.0.2 was seen to behave, with the
 * faults of its world. One port is one process: when it is killed, nothing that it does reaches the
 * cluster any more, and every call says so at once.
 *
 * Every call is a place where others take their turn, where time passes and where the process may
 * die. What was sent and not answered may arrive later. */
#pragma once

#include "detector/service/options.h"
#include "tests/sim_cluster.h"

struct sim_port;

/* `options` outlive it. */
struct sim_port *sim_port_new(struct sim_world *world, struct sim_cluster *cluster,
                              const struct options *options);
/* Closed with port->ops->close. */
struct port *sim_port_port(struct sim_port *port);
/* The world of a simulated port; NULL for a port of another kind. */
struct sim_world *sim_port_world(const struct port *port);
void sim_port_kill(struct sim_port *port);
bool sim_port_is_dead(const struct sim_port *port);
/* Until a time nothing that it asks reaches the brokers; others do. */
void sim_port_cut_off(struct sim_port *port, int64_t until_ms);
/* It was told that another has the shard, and another had asked for it; or the broker had ended a
 * transaction that the port did not know of. */
bool sim_port_is_shut_out(const struct sim_port *port);
/* Records that were polled and not released. */
int64_t sim_port_borrowed(const struct sim_port *port);
