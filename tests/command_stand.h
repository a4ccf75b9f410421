/* SPDX-License-Identifier: Apache-2.0 */
/* What a command needs that reads and writes one topic: a port in memory, default options, a stream
 * to print into. A stand that has more has one of these as its `base`. */
#pragma once

#include "detector/broker/memory_port.h"
#include "detector/service/options.h"
#include "schemas/encode.h"
#include "tests/printed.h"

struct command_stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    struct error error; /* of the last call */
    struct printed printed;
};

/* Also has the log say warnings alone. False when it cannot be made. */
bool command_stand_open(struct command_stand *stand, const char *topic, int32_t partitions);
void command_stand_close(struct command_stand *stand);
