/* SPDX-License-Identifier: Apache-2.0 */
/* The brokers, for a command that reads or writes topics beside engines. */
#pragma once

#include "detector/port.h"
#include "detector/service/options.h"

/* Puts `id`, the command's own transactional id, in place of shard.id, so that it disturbs no
 * engine; the options outlive the port. ERROR_CONFIG also where no brokers are named. */
struct port *command_port_open(struct options *options, const char *id, struct error *error);
