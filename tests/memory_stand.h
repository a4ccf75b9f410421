/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster in memory, and the documents of sample_options in a directory of their own: what the
 * engine of a test runs on. A stand that has more has one of these as its `base`. */
#pragma once

#include "detector/pipeline.h"
#include "tests/memory_logs.h"
#include "tests/sample.h"

struct memory_stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    char directory[64];
};

/* False when it cannot be made. */
bool memory_stand_open(struct memory_stand *stand, int32_t partitions);
void memory_stand_close(struct memory_stand *stand);

/* To the end of the input; for a test to add to. */
struct pipeline_options memory_stand_how(const struct memory_stand *stand);
/* One run. */
bool memory_stand_run(const struct pipeline_options *how, struct error *error);
/* One that fails the test when it fails. */
void memory_stand_must_run(const struct pipeline_options *how);
/* One to the end of the input, which must not fail. */
void memory_stand_play(const struct memory_stand *stand);
