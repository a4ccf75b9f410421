/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/decode.h"

#include "detector/admit.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"

#include <stdio.h>
#include <stdlib.h>

struct decode {
    struct catalog *catalog;
    uint32_t value_bytes_max;
    int64_t clock_s; /* INT64_MIN before the first accepted record */
    int32_t last_id; /* the plan of the last record: nearly always the next one's too */
    const struct plan *last_plan;
};

struct decode *decode_open(const struct decode_options *options, struct error *error) {
    struct decode *d = calloc(1, sizeof *d);
    if (d == NULL) {
        error_set(error, ERROR_FAILED, "no memory to decode");
        return NULL;
    }
    d->value_bytes_max = options->value_bytes_max;
    d->clock_s = INT64_MIN;
    d->catalog = catalog_open(options->schema_dir, error);
    if (d->catalog != NULL) return d;
    decode_close(d);
    return NULL;
}

void decode_close(struct decode *d) {
    if (d == NULL) return;
    catalog_close(d->catalog);
    free(d);
}

int64_t decode_clock_s(const struct decode *d) {
    return d->clock_s == INT64_MIN ? 0 : d->clock_s;
}

static enum verdict find_plan(struct decode *d, int32_t schema_id, const struct plan **plan,
                              const char **why) {
    if (d->last_plan != NULL && d->last_id == schema_id) {
        *plan = d->last_plan;
        return VERDICT_ACCEPTED;
    }
    switch (catalog_plan(d->catalog, schema_id, plan, why)) {
    case CATALOG_UNKNOWN:
        *why = NULL;
        return VERDICT_SCHEMA_UNKNOWN;
    case CATALOG_REFUSED:
        return VERDICT_SCHEMA_REFUSED;
    case CATALOG_FOUND:
        break;
    }
    d->last_id = schema_id;
    d->last_plan = *plan;
    return VERDICT_ACCEPTED;
}

static enum verdict decode_value(struct decode *d, const struct port_record *record,
                                 struct transaction *tx, char text[128], const char **why) {
    const struct bytes value = record->value;
    int32_t schema_id = 0;
    struct bytes body;
    const struct plan *plan = NULL;
    if (!frame_parse(value, &schema_id, &body, why)) {
        snprintf(text, 128, "not in the Confluent frame; it looks like %s", *why);
        *why = text;
        return VERDICT_NOT_FRAMED;
    }
    const enum verdict found = find_plan(d, schema_id, &plan, why);
    if (found != VERDICT_ACCEPTED) {
        snprintf(text, 128, "schema id %d: %s", (int)schema_id,
                 *why == NULL ? "not known here; put it into schema.dir" : *why);
        *why = text;
        return found;
    }
    uint32_t used = 0;
    if (!plan_decode(plan, body, tx, &used, why)) return VERDICT_MALFORMED;
    if (used != body.size) {
        *why = "bytes are left over behind the record";
        return VERDICT_MALFORMED;
    }
    const enum verdict verdict = admit(tx, d->clock_s, why);
    return verdict == VERDICT_ACCEPTED ? admit_clock(tx, record->timestamp_ms, why) : verdict;
}

static enum verdict decode_row(struct decode *d, struct batch *batch, uint32_t row,
                               const char **why) {
    const struct bytes value = batch->input[row].record.value;
    if (batch->forced[row] != VERDICT_ACCEPTED) {
        *why = verdict_text(batch->forced[row]);
        return batch->forced[row];
    }
    if (value.data == NULL) {
        *why = "the record has no value";
        return VERDICT_TOMBSTONE;
    }
    if (value.size > d->value_bytes_max) {
        *why = "the value is larger than value.bytes.max";
        return VERDICT_OVERSIZE;
    }
    return decode_value(d, &batch->input[row].record, &batch->tx[row], batch->verdict_text[row],
                        why);
}

void decode_batch(struct decode *d, struct batch *batch) {
    for (uint32_t row = 0; row < batch->count; row++) {
        const char *why = "";
        batch->verdict[row] = decode_row(d, batch, row, &why);
        if (batch->verdict[row] == VERDICT_ACCEPTED) {
            const int64_t clock_s = admit_clock_s(&batch->tx[row]);
            if (clock_s > d->clock_s) d->clock_s = clock_s;
        } else if (why != batch->verdict_text[row]) {
            snprintf(batch->verdict_text[row], sizeof batch->verdict_text[row], "%s", why);
        }
        batch->clock_s[row] = decode_clock_s(d);
    }
}

void decode_save(const struct decode *d, struct pack *p) {
    pack_i64(p, d->clock_s);
}

void decode_load(struct decode *d, struct unpack *u) {
    d->clock_s = unpack_i64(u);
}
