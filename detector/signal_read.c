/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/signal_read.h"

#include <stdlib.h>

struct signal_reader {
    struct framed *framed;
};

struct signal_reader *signal_reader_open(const char *schema_dir, uint32_t value_bytes_max,
                                         struct error *error) {
    const struct framed_options options = {CONTRACT_SIGNAL, schema_dir, value_bytes_max};
    struct signal_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        error_set(error, ERROR_FAILED, "no memory to read signals");
        return NULL;
    }
    r->framed = framed_open(&options, error);
    if (r->framed != NULL) return r;
    signal_reader_close(r);
    return NULL;
}

void signal_reader_close(struct signal_reader *r) {
    if (r == NULL) return;
    framed_close(r->framed);
    free(r);
}

enum verdict signal_read(struct signal_reader *r, const struct port_record *record, int64_t clock_s,
                         struct signal *signal, char text[VERDICT_WHY_SIZE], const char **why) {
    const struct plan *plan = NULL;
    struct bytes body;
    uint32_t used = 0;
    const enum verdict found = framed_find(r->framed, record->value, &plan, &body, text, why);
    if (found != VERDICT_ACCEPTED) return found;
    if (!plan_decode_signal(plan, body, signal, &used, why)) return VERDICT_MALFORMED;
    if (used != body.size) {
        *why = "bytes are left over behind the record";
        return VERDICT_MALFORMED;
    }
    const int64_t record_s = record->timestamp_ms > 0 ? record->timestamp_ms / 1000 : 0;
    return signal_admit(signal, record_s > clock_s ? record_s : clock_s, why);
}
