/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/decode.h"

#include "detector/admit.h"
#include "detector/framed.h"
#include "detector/policy_change.h"
#include "detector/signal_read.h"

#include <stdio.h>
#include <stdlib.h>

struct decode {
    struct framed *framed;
    struct signal_reader *signals;
    int64_t clock_s; /* INT64_MIN before the first accepted record */
};

struct decode *decode_open(const struct decode_options *options, struct error *error) {
    struct decode *d = calloc(1, sizeof *d);
    if (d == NULL) {
        error_set(error, ERROR_FAILED, "no memory to decode");
        return NULL;
    }
    const struct framed_options framed = {CONTRACT_TRANSACTION, options->schema_dir,
                                          options->value_bytes_max};
    d->clock_s = INT64_MIN;
    d->framed = framed_open(&framed, error);
    if (d->framed != NULL)
        d->signals = signal_reader_open(options->schema_dir, options->value_bytes_max, error);
    if (d->signals != NULL) return d;
    decode_close(d);
    return NULL;
}

void decode_close(struct decode *d) {
    if (d == NULL) return;
    framed_close(d->framed);
    signal_reader_close(d->signals);
    free(d);
}

int64_t decode_clock_s(const struct decode *d) {
    return d->clock_s == INT64_MIN ? 0 : d->clock_s;
}

static enum verdict decode_value(struct decode *d, const struct port_record *record,
                                 struct transaction *tx, char text[VERDICT_WHY_SIZE],
                                 const char **why) {
    struct bytes body;
    const struct plan *plan = NULL;
    const enum verdict found = framed_find(d->framed, record->value, &plan, &body, text, why);
    if (found != VERDICT_ACCEPTED) return found;
    uint32_t used = 0;
    if (!plan_decode(plan, body, tx, &used, why)) return VERDICT_MALFORMED;
    if (used != body.size) {
        *why = "bytes are left over behind the record";
        return VERDICT_MALFORMED;
    }
    const enum verdict verdict = admit(tx, d->clock_s, why);
    return verdict == VERDICT_ACCEPTED ? admit_clock(tx, record->timestamp_ms, why) : verdict;
}

static enum verdict decode_signal(struct decode *d, struct batch *batch, uint32_t row,
                                  const char **why) {
    const struct port_record *record = &batch->input[row].record;
    if (record->value.data == NULL) return VERDICT_SIGNAL_RETIRED;
    const enum verdict verdict = signal_read(d->signals, record, decode_clock_s(d),
                                             &batch->signal[row], batch->verdict_text[row], why);
    return verdict == VERDICT_ACCEPTED ? VERDICT_SIGNAL : verdict;
}

/* Whether the change can be used is for who has the documents. */
static enum verdict decode_document(const struct port_record *record) {
    return policy_change_is_note(record->key, record->value) ? VERDICT_DOCUMENT_NOTE
                                                             : VERDICT_DOCUMENT;
}

static enum verdict decode_row(struct decode *d, struct batch *batch, uint32_t row,
                               const char **why) {
    if (batch->forced[row] != VERDICT_ACCEPTED) {
        *why = verdict_text(batch->forced[row]);
        return batch->forced[row];
    }
    if (batch->input[row].kind == INPUT_SIGNALS) return decode_signal(d, batch, row, why);
    if (batch->input[row].kind == INPUT_POLICY) return decode_document(&batch->input[row].record);
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
