/* SPDX-License-Identifier: Apache-2.0 */
/* One commit unit as one transaction: begin, messages, offsets, commit; abort where the port asks
 * for it. Called by whoever owns the producer half of the port. */
#pragma once

#include "detector/commit_unit.h"

/* PORT_OK: committed. PORT_ABORT: aborted, nothing of the unit is visible. Anything else: what the
 * port said last. Counts commits and failures and how long they took. */
enum port_status transact(struct port *port, const struct commit_unit *unit, struct error *error);
