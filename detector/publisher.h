/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher thread: owns the producer and commits one unit at a time, while the engine fills
 * the next.
 *
 * Everything but the thread itself is called on the engine thread. */
#pragma once

#include "detector/commit_unit.h"

struct publisher;

/* Starts the thread. The port has been fenced. */
struct publisher *publisher_open(struct port *port, size_t unit_bytes_max, struct error *error);
/* Waits for the unit in flight, then joins. */
void publisher_close(struct publisher *publisher);

/* The unit to fill. */
struct commit_unit *publisher_filling(struct publisher *publisher);
/* True while a unit is in flight. */
bool publisher_busy(struct publisher *publisher);
/* True when the filling unit may be sealed: nothing is in flight and nothing has failed. */
bool publisher_ready(struct publisher *publisher);
/* Hands the filling unit over; only when ready. The port is woken when it is committed or has
 * failed. */
void publisher_seal(struct publisher *publisher);
/* PORT_OK, or how a commit failed; after a failure nothing may be sealed any more. */
enum port_status publisher_status(struct publisher *publisher, struct error *error);
