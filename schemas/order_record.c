/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/order_record.h"

#include "detector/recommendation.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"
#include "schemas/wire.h"

#include <stdlib.h>

typedef bool read_item(struct wire *wire, void *item);

static bool read_run(struct wire *wire, void *item) {
    struct order_run *run = item;
    return wire_text(wire, &run->topic) && wire_int(wire, &run->partition) &&
           wire_long(wire, &run->next_offset);
}

static bool read_exception(struct wire *wire, void *item) {
    struct order_exception *exception = item;
    return wire_text(wire, &exception->topic) && wire_int(wire, &exception->partition) &&
           wire_long(wire, &exception->offset) && wire_text(wire, &exception->reason);
}

static bool read_output(struct wire *wire, void *item) {
    struct order_output *output = item;
    struct bytes hash;
    if (!wire_text(wire, &output->topic) || !wire_int(wire, &output->partition) ||
        !wire_long(wire, &output->next_sequence) || !wire_fixed(wire, 32, &hash))
        return false;
    memcpy(output->last_hash, hash.data, sizeof output->last_hash);
    return true;
}

static bool read_end(struct wire *wire, void *item) {
    struct order_end *end = item;
    int64_t digest;
    if (!wire_text(wire, &end->topic) || !wire_int(wire, &end->partition) ||
        !wire_long(wire, &end->offset) || !wire_long(wire, &digest))
        return false;
    end->digest = (uint64_t)digest;
    return true;
}

/* An array of any number of blocks. Every item takes at least 3 bytes, so what is left bounds the
 * count. */
static bool read_array(struct wire *wire, void **items, uint32_t *count, size_t item_size,
                       read_item *read) {
    for (;;) {
        int64_t block, block_bytes;
        if (!wire_long(wire, &block)) return false;
        if (block == 0) return true;
        if (block < 0 && (block < -INT32_MAX || !wire_long(wire, &block_bytes))) return false;
        if (block < 0) block = -block;
        if (block > (wire->end - wire->at) / 3) return false;
        uint8_t *grown = realloc(*items, (*count + (size_t)block) * item_size);
        if (grown == NULL) return false;
        *items = grown;
        for (; block > 0; block--, (*count)++)
            if (!read(wire, grown + *count * item_size)) return false;
    }
}

static bool read_head(struct wire *wire, struct order_record *r) {
    int64_t hash;
    const bool ok = wire_text(wire, &r->shard) && wire_int(wire, &r->epoch) &&
                    wire_long(wire, &r->sequence) && wire_text(wire, &r->build) &&
                    wire_text(wire, &r->options_sha256) && wire_text(wire, &r->features_sha256) &&
                    wire_text(wire, &r->model_sha256) && wire_text(wire, &r->policy_sha256) &&
                    wire_long(wire, &r->first_ordinal) && wire_long(wire, &r->engine_clock_s) &&
                    wire_long(wire, &hash);
    if (ok) r->state_hash = (uint64_t)hash;
    return ok;
}

static bool read_record(struct wire *wire, struct order_record *r) {
    return read_head(wire, r) &&
           read_array(wire, (void **)&r->runs, &r->run_count, sizeof *r->runs, read_run) &&
           read_array(wire, (void **)&r->exceptions, &r->exception_count, sizeof *r->exceptions,
                      read_exception) &&
           read_array(wire, (void **)&r->outputs, &r->output_count, sizeof *r->outputs,
                      read_output) &&
           (wire->at == wire->end ||
            read_array(wire, (void **)&r->ends, &r->end_count, sizeof *r->ends, read_end)) &&
           wire->at == wire->end;
}

static const char *sequence_fault(const struct order_record *r) {
    const char *fault = NULL;
    for (uint32_t i = 0; fault == NULL && i < r->output_count; i++)
        fault = recommendation_sequence_fault(r->outputs[i].next_sequence);
    return fault;
}

struct order_record *order_record_decode(struct bytes value, struct error *error) {
    int32_t schema_id = 0;
    struct bytes body;
    const char *looks_like = "another schema";
    if (value.data == NULL || !frame_parse(value, &schema_id, &body, &looks_like) ||
        schema_id != SCHEMA_ID_ORDER) {
        error_set(error, ERROR_BAD_DATA, "no order record (%s)", looks_like);
        return NULL;
    }
    struct order_record *record = calloc(1, sizeof *record);
    struct wire wire = wire_of(body);
    const char *fault = "it cannot be read";
    if (record != NULL && read_record(&wire, record)) fault = sequence_fault(record);
    if (fault == NULL) return record;
    order_record_free(record);
    error_set(error, ERROR_BAD_DATA, "a broken order record: %s", fault);
    return NULL;
}

void order_record_free(struct order_record *record) {
    if (record == NULL) return;
    free(record->runs);
    free(record->exceptions);
    free(record->outputs);
    free(record->ends);
    free(record);
}
