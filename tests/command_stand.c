/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/command_stand.h"

#include "detector/base/log.h"
#include "tests/memory_logs.h"

bool command_stand_open(struct command_stand *stand, const char *topic, int32_t partitions) {
    *stand = (struct command_stand){.memory = NULL};
    log_set_level(LOG_LEVEL_WARN);
    options_init(&stand->options);
    stand->memory = memory_port_open();
    stand->encoder = encoder_open(&stand->error);
    return memory_port_create_topic(stand->memory, topic, partitions) && stand->encoder != NULL;
}

void command_stand_close(struct command_stand *stand) {
    logs_close(stand->memory);
    encoder_close(stand->encoder);
    options_free(&stand->options);
    printed_free(&stand->printed);
}
