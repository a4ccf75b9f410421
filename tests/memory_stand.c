/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/memory_stand.h"

#include "tests/support.h"

bool memory_stand_open(struct memory_stand *stand, int32_t partitions) {
    struct error error;
    *stand = (struct memory_stand){.memory = NULL};
    if (!sample_directory_make(stand->directory, &stand->options)) return false;
    stand->memory = sample_cluster(partitions);
    stand->encoder = encoder_open(&error);
    return stand->encoder != NULL;
}

void memory_stand_close(struct memory_stand *stand) {
    logs_close(stand->memory);
    encoder_close(stand->encoder);
    sample_directory_remove(stand->directory, &stand->options);
}

struct pipeline_options memory_stand_how(const struct memory_stand *stand) {
    return (struct pipeline_options){
        .options = &stand->options, .port = memory_port_port(stand->memory), .stop_at_end = true};
}

bool memory_stand_run(const struct pipeline_options *how, struct error *error) {
    *error = (struct error){.code = ERROR_NONE};
    struct pipeline *pipeline = pipeline_open(how, error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, error);
    pipeline_close(pipeline);
    return ok;
}

void memory_stand_must_run(const struct pipeline_options *how) {
    struct error error;
    if (!memory_stand_run(how, &error)) fail_msg("%s: %s", error_name(error.code), error.text);
}

void memory_stand_play(const struct memory_stand *stand) {
    const struct pipeline_options how = memory_stand_how(stand);
    memory_stand_must_run(&how);
}
