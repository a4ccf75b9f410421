/* SPDX-License-Identifier: Apache-2.0 */
/* A command's run of the engine over a recorded file, which signals stop: what it held until then
 * stays good. One at a time, several after another. */
#pragma once

#include "detector/commands/cli.h"
#include "detector/commands/replay_engine.h"

/* Flags that such commands share; --memory apart for those that hold more than records. */
#define OFFLINE_FILE_FLAGS                                                                         \
    {"--input", "FILE", "container file of transactions, or a recording", NULL}, {                 \
        "--partitions", "N", "of a file that names none (1)", NULL                                 \
    }
#define OFFLINE_INPUT_FLAGS                                                                        \
    OFFLINE_FILE_FLAGS, {                                                                          \
        "--memory", "BYTES", "records are held in memory, at most (4G)", NULL                      \
    }
#define OFFLINE_MEMORY_DEFAULT INT64_C(4000000000)
enum { OFFLINE_PARTITIONS_MAX = 1024, OFFLINE_MEMORY_LEAST = 1000000 };

struct offline_input {
    const char *path;
    int64_t partitions; /* of a file that names none */
    int64_t memory_max; /* bytes of records */
};

/* From those flags. ERROR_USAGE when --input is missing or a number is not one. */
bool offline_input_read(const struct cli *cli, struct offline_input *input, struct error *error);

struct offline_run {
    struct options settings;
    struct replay_source *source;
    struct replay_engine *engine;
    double seconds; /* that it took */
};

/* `wanted` names what is to be done; its settings are copied, source, partitions and memory_max
 * filled from the input, and start.from, where it is not set, becomes earliest. The run must stay
 * where it is until it is closed. */
bool offline_run_open(struct offline_run *run, const struct offline_input *input,
                      const struct replay_engine_options *wanted, struct error *error);
/* Once; true also after a signal. The first signal from here on does not kill, a
 * second does, and any after stop_signal_release: ask stop_signal_seen. */
bool offline_run_go(struct offline_run *run, struct error *error);
/* Frees engine, source and the records that they hold. A run of zeros is fine. */
void offline_run_close(struct offline_run *run);
