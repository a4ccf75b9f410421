/* SPDX-License-Identifier: Apache-2.0 */
/* Decode: frame, writer's schema, plan, admission (time, amount, accounts), of transactions and of
 * signals; of changes of the documents only that they are such. Every row gets a verdict; a bad one
 * also a sentence in verdict_text. Transactions move the engine clock. Engine thread only. */
#pragma once

#include "detector/base/pack.h"
#include "detector/batch.h"

struct decode;

struct decode_options {
    const char *schema_dir; /* may be empty */
    uint32_t value_bytes_max;
};

struct decode *decode_open(const struct decode_options *options, struct error *error);
void decode_close(struct decode *decode);
/* Obeys batch->forced[] where it is not ACCEPTED. */
void decode_batch(struct decode *decode, struct batch *batch);
/* The engine clock is all that there is to keep. */
void decode_save(const struct decode *decode, struct pack *pack);
void decode_load(struct decode *decode, struct unpack *unpack);
/* Largest accepted ingest_time (event_time where absent), seconds. */
int64_t decode_clock_s(const struct decode *decode);
