/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/command_port.h"

#include "detector/broker/kafka_port.h"

#include <stdio.h>

struct port *command_port_open(struct options *options, const char *id, struct error *error) {
    snprintf(options->shard_id, sizeof options->shard_id, "%s", id);
    if (options->bootstrap_servers[0] != '\0') return kafka_port_open_command(options, error);
    error_set(error, ERROR_CONFIG, "bootstrap.servers is not set; name the brokers");
    return NULL;
}
