/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq_decode.h"

#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { CONTRACTS = CONTRACT_SIGNAL + 1 };

struct dlq_decoder {
    struct inputs inputs;
    struct encoder *encoder;
    struct catalog *catalogs[CONTRACTS];
    struct avro_text *texts[CONTRACTS];
    json_t *json; /* of the value in hand */
};

static bool open_contract(struct dlq_decoder *d, enum contract contract, int32_t shipped,
                          const char *schema_dir, struct error *error) {
    size_t size = 0;
    const char *json = schema_shipped(shipped, &size);
    d->catalogs[contract] = catalog_open_for(contract, schema_dir, error);
    if (d->catalogs[contract] == NULL) return false;
    d->texts[contract] = avro_text_open(json, size, error);
    return d->texts[contract] != NULL;
}

struct dlq_decoder *dlq_decoder_open(const struct options *options, struct error *error) {
    struct dlq_decoder *d = calloc(1, sizeof *d);
    if (d == NULL) {
        error_set(error, ERROR_FAILED, "no memory to decode");
        return NULL;
    }
    d->inputs = inputs_of(options);
    d->encoder = encoder_open(error);
    if (d->encoder != NULL &&
        open_contract(d, CONTRACT_TRANSACTION, SCHEMA_ID_TRANSACTION, options->schema_dir, error) &&
        open_contract(d, CONTRACT_SIGNAL, SCHEMA_ID_SIGNAL, options->schema_dir, error))
        return d;
    dlq_decoder_close(d);
    return NULL;
}

void dlq_decoder_close(struct dlq_decoder *d) {
    if (d == NULL) return;
    for (int i = 0; i < CONTRACTS; i++) {
        avro_text_close(d->texts[i]);
        catalog_close(d->catalogs[i]);
    }
    encoder_close(d->encoder);
    json_decref(d->json);
    free(d);
}

/* Avro. */

static bool find_plan(struct catalog *catalog, struct bytes value, int32_t *schema_id,
                      const struct plan **plan, struct bytes *body, struct error *error) {
    const char *why = "";
    if (!frame_parse(value, schema_id, body, &why))
        return error_set(error, ERROR_BAD_DATA, "no frame: %s", why);
    switch (catalog_plan(catalog, *schema_id, plan, &why)) {
    case CATALOG_UNKNOWN:
        return error_set(error, ERROR_BAD_DATA, "schema id %d is not known here", (int)*schema_id);
    case CATALOG_REFUSED:
        return error_set(error, ERROR_BAD_DATA, "schema id %d: %s", (int)*schema_id, why);
    case CATALOG_FOUND:
        break;
    }
    return true;
}

/* The record again, by the contract. */
static bool resolve(struct dlq_decoder *d, enum contract contract, const struct plan *plan,
                    struct bytes body, struct bytes *framed, struct error *error) {
    union {
        struct transaction tx;
        struct signal signal;
    } record;
    const bool is_signal = contract == CONTRACT_SIGNAL;
    const char *why = "";
    uint32_t used = 0;
    if (!(is_signal ? plan_decode_signal(plan, body, &record.signal, &used, &why)
                    : plan_decode(plan, body, &record.tx, &used, &why)))
        return error_set(error, ERROR_BAD_DATA, "%s", why);
    if (used != body.size)
        return error_set(error, ERROR_BAD_DATA, "%u bytes are left over", body.size - used);
    return is_signal ? encode_signal(d->encoder, &record.signal, framed, error)
                     : encode_transaction(d->encoder, &record.tx, framed, error);
}

static bool decode_avro(struct dlq_decoder *d, enum contract contract, struct bytes value,
                        struct dlq_decoded *decoded, struct error *error) {
    const struct plan *plan = NULL;
    struct bytes body, framed = {(const uint8_t *)"", 0};
    if (!find_plan(d->catalogs[contract], value, &decoded->schema_id, &plan, &body, error))
        return false;
    if (!resolve(d, contract, plan, body, &framed, error))
        return error_prefix(error, "schema id %d", (int)decoded->schema_id);
    decoded->contract = d->texts[contract];
    decoded->body = (struct bytes){framed.data + FRAME_SIZE, framed.size - FRAME_SIZE};
    return true;
}

/* Changes of the documents. */

static bool decode_json(struct dlq_decoder *d, struct bytes value, struct dlq_decoded *decoded,
                        struct error *error) {
    json_error_t why;
    json_decref(d->json);
    d->json = json_loadb((const char *)value.data, value.size, JSON_REJECT_DUPLICATES, &why);
    if (d->json == NULL) return error_set(error, ERROR_BAD_DATA, "no JSON: %s", why.text);
    decoded->json = d->json;
    return json_is_object(d->json) || error_set(error, ERROR_BAD_DATA, "JSON, but no object");
}

static void tell_json(const json_t *object,
                      void (*each)(void *context, const struct avro_leaf *leaf), void *context) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        char path[AVRO_TEXT_PATH_SIZE], text[AVRO_TEXT_VALUE_SIZE];
        json_t *name = json_string(key);
        char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);
        char *escaped = json_dumps(name, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        if (dumped != NULL && escaped != NULL) {
            snprintf(path, sizeof path, "%.*s", (int)(strlen(escaped) - 2), escaped + 1);
            snprintf(text, sizeof text, "%s", dumped);
            each(context, &(struct avro_leaf){.path = path, .value = text});
        }
        free(escaped);
        free(dumped);
        json_decref(name);
    }
}

bool dlq_decode(struct dlq_decoder *d, const char *topic, struct bytes value,
                struct dlq_decoded *decoded, struct error *error) {
    enum input_kind kind = INPUT_TRANSACTIONS;
    *decoded = (struct dlq_decoded){0};
    if (value.data == NULL)
        return error_set(error, ERROR_BAD_DATA, "no frame: the record has no value");
    inputs_find(&d->inputs, text_of(topic), &kind);
    if (kind == INPUT_POLICY) return decode_json(d, value, decoded, error);
    return decode_avro(d, kind == INPUT_SIGNALS ? CONTRACT_SIGNAL : CONTRACT_TRANSACTION, value,
                       decoded, error);
}

void dlq_decoded_tell(const struct dlq_decoded *decoded,
                      void (*each)(void *context, const struct avro_leaf *leaf), void *context) {
    const char *why = NULL;
    if (decoded->json != NULL)
        tell_json(decoded->json, each, context);
    else
        avro_text_read(decoded->contract, decoded->body, each, context, &why);
}
