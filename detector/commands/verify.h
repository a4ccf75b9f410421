/* SPDX-License-Identifier: Apache-2.0 */
/* What `saqshy verify` is made of: the recommendations that were published, held in memory; their
 * chain; what a replay makes of the input; and the findings. */
#pragma once

#include "detector/broker/memory_port.h"
#include "detector/commands/offline_run.h"
#include "schemas/avro_diff.h"

#include <jansson.h>

enum { VERIFY_FINDINGS_SHOWN = 10, VERIFY_FIELDS_SHOWN = 20, VERIFY_SHARD_SIZE = 560 };

/* Findings. */

struct verify_report {
    bool json;
    int64_t findings; /* in all; the first VERIFY_FINDINGS_SHOWN are printed */
    char first[512];
};

struct verify_finding {
    const char *kind; /* GAP, REPEAT, CHAIN, UNREADABLE, DIFFERS, MISSING, EXTRA, FOREIGN */
    int32_t partition;
    int64_t sequence, offset; /* -1: none */
    char text[400];
    /* DIFFERS: the two values without their frames, and their diff. */
    struct avro_diff *diff;
    struct bytes found, due;
};

/* Prints to stdout. */
void verify_report(struct verify_report *report, const struct verify_finding *finding);

/* What was published. */

struct verify_output {
    const char *topic;
    struct memory_port *memory; /* holds the topic */
    int32_t partitions;         /* up to the last one that holds a record */
    bool *begins_late;          /* by partition: retention took its beginning */
    bool beginning_may_lack;    /* all of them may */
    int64_t memory_max;
    int64_t *covered; /* by partition: numbers below are in the order log that was read after it;
                       * NULL: it cannot have gone on meanwhile */
};

bool verify_output_open(struct verify_output *output, struct error *error);
void verify_output_close(struct verify_output *output);
/* From a recording. ERROR_BAD_DATA when it is none or holds no record of the topic. */
bool verify_output_load(struct verify_output *output, const char *path, struct error *error);
/* From a broker, up to the end as it is now. */
bool verify_output_fetch(struct verify_output *output, struct port *port, struct error *error);
/* After it, how far the shard's order log goes now. What open transactions hide is waited for. */
bool verify_output_cover(struct verify_output *output, struct port *port, const char *order,
                         const char *shard, struct error *error);
/* Input and order log of a broker, as a recording in a file of TMPDIR that has no name there, so
 * that it ends with the process however that ends. */
struct verify_copy {
    int descriptor; /* -1: none */
    char path[32];  /* while it is open */
};
/* The order log's end comes first. Closed by the caller, after a failure as well. */
bool verify_copy_make(struct verify_copy *copy, struct port *port, const char *const *topics,
                      size_t topic_count, int64_t memory_max, struct error *error);
void verify_copy_close(struct verify_copy *copy);

/* What can be read of one recommendation. */
struct verify_record {
    struct port_record record;
    char shard[VERIFY_SHARD_SIZE]; /* empty: it names none */
    struct bytes body;             /* without the frame */
    int64_t sequence;              /* -1: unreadable, and why */
    struct bytes previous_hash;
    char model_sha256[80], policy_sha256[80], build[80]; /* in quotes */
    const char *why;
};

struct verify_reader;
struct verify_reader *verify_reader_open(struct error *error);
void verify_reader_close(struct verify_reader *reader);
/* False past the last one of the partition. */
bool verify_read(struct verify_reader *reader, const struct memory_port *memory, const char *topic,
                 int32_t partition, size_t index, struct verify_record *out);

/* The shards that wrote to the topic beside our own. What names none is not counted here. */
struct verify_shard {
    char name[VERIFY_SHARD_SIZE];
    int64_t recommendations;
    int32_t partition; /* of the first of them, as the two that follow */
    int64_t sequence, offset;
};
struct verify_shards {
    const char *own;
    struct verify_shard *others;
    size_t count;
    int64_t recommendations; /* of them all */
};
/* `own` is borrowed. */
bool verify_shards_open(struct verify_shards *shards, const char *own, struct error *error);
void verify_shards_close(struct verify_shards *shards);
/* ERROR_FAILED when there are more than can be told apart. */
bool verify_shards_note(struct verify_shards *shards, int32_t partition,
                        const struct verify_record *record, struct error *error);
/* A finding for each. */
void verify_shards_report(const struct verify_shards *shards, struct verify_report *report);
/* A line of the summary, none where there are none; and the same whole, the caller's. */
void verify_shards_print(const struct verify_shards *shards);
json_t *verify_shards_json(const struct verify_shards *shards);

/* The chain: per shard and partition no gap, no repeat, every hash that of the one before. */
struct verify_chain_counts {
    int64_t recommendations, chains, begun_late;
};
bool verify_chain(const struct verify_output *output, struct verify_reader *reader,
                  struct verify_report *report, struct verify_chain_counts *counts,
                  struct verify_shards *shards, struct error *error);

/* Replay. */
struct verify_replay {
    const struct options *options;
    struct offline_input input; /* transactions, or a recording of them and the order log */
    bool quiet;
    /* out: */
    int64_t records, reproduced;
    int64_t newer;         /* committed after what the replay knows of the order log */
    int64_t earlier;       /* of an epoch before the last one: not replayed */
    int64_t followers;     /* differ in nothing but the hash of one before that differs */
    bool may_lack_signals; /* it found something, and the input holds none */
};
bool verify_replay(struct verify_replay *replay, const struct verify_output *output,
                   struct verify_reader *reader, struct verify_report *report, struct error *error);
