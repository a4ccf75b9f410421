/* SPDX-License-Identifier: Apache-2.0 */
/* The order record: the interleaving the engine chose since the last one
 * (schemas/OrderRecord.avsc). */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <stdint.h>

struct order_run {
    struct text topic;
    int32_t partition;
    int64_t
        next_offset; /* one past the last record taken; in record 0 of an epoch: where it starts */
};

/* A verdict that depended on the outside world; replay obeys it. */
struct order_exception {
    struct text topic;
    int32_t partition;
    int64_t offset;
    struct text reason; /* verdict name */
};

struct order_output {
    struct text topic;
    int32_t partition;
    int64_t next_sequence;
    uint8_t last_hash[32];
};

/* The record taken last of an input partition: at a start its topic is to hold it still. */
struct order_end {
    struct text topic;
    int32_t partition;
    int64_t offset;
    uint64_t digest; /* input_tail_digest; a long on the wire */
};

struct order_record {
    struct text shard;
    int32_t epoch;
    int64_t sequence; /* from 0 in an epoch */
    struct text build;
    struct text options_sha256, features_sha256, model_sha256, policy_sha256;
    int64_t first_ordinal; /* of the first run's first record */
    int64_t engine_clock_s;
    uint64_t state_hash; /* XXH3 chained over scored rows; a long on the wire */
    struct order_run *runs;
    uint32_t run_count;
    struct order_exception *exceptions;
    uint32_t exception_count;
    struct order_output *outputs;
    uint32_t output_count;
    struct order_end *ends; /* of every partition of which anything was taken */
    uint32_t end_count;
};

/* Reads a framed order record written by encode_order (own bounded reader, no avro-c), or by a
 * build that knew no `ends`. Arrays are allocated with the record and go with order_record_free;
 * texts point into `value`. */
struct order_record *order_record_decode(struct bytes value, struct error *error);
void order_record_free(struct order_record *record);
