/* SPDX-License-Identifier: Apache-2.0 */
/* A command's run of the engine over a recorded file, which signals stop: what it held until then
 * stays good. One at a time, several after another. */
#pragma once

#include "detector/commands/cli.h"
#include "detector/commands/labels.h"
#include "detector/commands/replay_engine.h"

/* Flags that such commands share; --memory apart for those that hold more than records. */
#define OFFLINE_SIGNALS_FLAG                                                                       \
    { "--signals", "FILE", "of an input that holds none; each is taken at its time", NULL }
#define OFFLINE_FILE_FLAGS                                                                         \
    {"--input", "FILE", "transactions: container file, recording, or CSV with --mapping", NULL},   \
        {"--mapping", "FILE", "of a CSV: which column is what, as for `saqshy import`", NULL},     \
        OFFLINE_SIGNALS_FLAG, {                                                                    \
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
    const char *mapping;   /* of a CSV; NULL: the file is none */
    const char *signals;   /* a file of them; NULL: none */
    int64_t partitions;    /* of a file that names none */
    int64_t memory_max;    /* bytes of records */
    bool has_labels;       /* the mapping names a column of them */
    struct labels *labels; /* told of those; NULL: nobody */
    bool read_before;      /* what is wrong with its files has been said */
};

/* From those flags. ERROR_USAGE when --input is missing, is a CSV that cannot be read twice (a
 * pipe), or a number is not one; errors of mapping_load. */
bool offline_input_read(const struct cli *cli, struct offline_input *input, struct error *error);
/* Those of --labels, a flag that the command has to have, or else those of the CSV itself, which
 * come while the input is read. *labels NULL: neither. Errors: labels_open. */
bool offline_labels_open(const struct cli *cli, struct offline_input *input, struct labels **labels,
                         struct error *error);
/* The path, or NULL where it is that of --signals: one file may be read as both. */
const char *offline_other_than_signals(const struct offline_input *input, const char *path);
/* Opens it for reading; of the input the paths and the labels must stay. Errors of replay_source.h.
 */
struct replay_source *offline_source_open(const struct offline_input *input,
                                          const struct options *options, struct error *error);

struct offline_run {
    struct options settings;
    struct replay_source *source;
    struct replay_engine *engine;
    double seconds; /* that it took */
};

/* `wanted` names what is to be done; its settings are copied, source, partitions and memory_max
 * filled from the input, and start.from, where it is not set, becomes earliest. With signals of a
 * file of their own, which a recording's order log does not know, the log is not followed. The run
 * must stay where it is until it is closed. */
bool offline_run_open(struct offline_run *run, const struct offline_input *input,
                      const struct replay_engine_options *wanted, struct error *error);
/* Once; true also after a signal. The first signal from here on does not kill, a
 * second does, and any after stop_signal_release: ask stop_signal_seen. */
bool offline_run_go(struct offline_run *run, struct error *error);
/* Frees engine, source and the records that they hold. A run of zeros is fine. */
void offline_run_close(struct offline_run *run);
