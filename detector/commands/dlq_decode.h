/* SPDX-License-Identifier: Apache-2.0 */
/* What the value of a dead letter says, by what is known now and by the input it came from:
 * transactions and signals in the names of their contracts, a change of the documents by its keys.
 * One thread. */
#pragma once

#include "detector/inputs.h"
#include "schemas/avro_text.h"

struct dlq_decoder;

struct dlq_decoder *dlq_decoder_open(const struct options *options, struct error *error);
void dlq_decoder_close(struct dlq_decoder *decoder);

/* Until the next call. */
struct dlq_decoded {
    int32_t schema_id; /* 0: it is JSON */
    struct avro_text *contract;
    struct bytes body;         /* by the contract */
    const struct json_t *json; /* an object */
};

/* `topic`: of the source; one that is no input is read as transactions. ERROR_BAD_DATA: why not. */
bool dlq_decode(struct dlq_decoder *decoder, const char *topic, struct bytes value,
                struct dlq_decoded *decoded, struct error *error);
/* Each field, as avro_text_read does: escaped, and a long one cut. */
void dlq_decoded_tell(const struct dlq_decoded *decoded,
                      void (*each)(void *context, const struct avro_leaf *leaf), void *context);
