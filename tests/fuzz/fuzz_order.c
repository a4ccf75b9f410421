/* SPDX-License-Identifier: Apache-2.0 */
/* Property: order_record_decode never crashes; what it accepts avro-c accepts, and both mean the
 * same: encoded again, avro-c reads equal values. A record of a build that knew no `ends` may stop
 * before them: avro-c is given an empty array more.
 * Input: a framed order record. */
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "tests/fuzz/fuzz.h"

#include <avro.h>
#include <stdlib.h>

static struct encoder *encoder;
static avro_schema_t schema;
static avro_value_iface_t *type;
static avro_value_t original, again;

static void close_all(void) {
    avro_value_decref(&original);
    avro_value_decref(&again);
    avro_value_iface_decref(type);
    avro_schema_decref(schema);
    encoder_close(encoder);
}

static void open_once(void) {
    struct error error;
    size_t size = 0;
    const char *json = schema_shipped(SCHEMA_ID_ORDER, &size);
    encoder = encoder_open(&error);
    fuzz_must(encoder != NULL && avro_schema_from_json_length(json, size, &schema) == 0,
              "no encoder");
    type = avro_generic_class_from_schema(schema);
    fuzz_must(avro_generic_value_new(type, &original) == 0 &&
                  avro_generic_value_new(type, &again) == 0,
              "no values");
    atexit(close_all);
}

static bool read_whole(struct bytes framed, avro_value_t *value) {
    avro_reader_t reader = avro_reader_memory((const char *)framed.data + FRAME_SIZE,
                                              (int64_t)framed.size - FRAME_SIZE);
    avro_value_reset(value);
    const bool ok = avro_value_read(reader, value) == 0 && avro_skip(reader, 1) != 0;
    avro_reader_free(reader);
    return ok;
}

static bool read_old(struct bytes framed, avro_value_t *value) {
    uint8_t *longer = calloc(1, (size_t)framed.size + 1);
    fuzz_must(longer != NULL, "no memory");
    memcpy(longer, framed.data, framed.size);
    const bool ok = read_whole((struct bytes){longer, framed.size + 1}, value);
    free(longer);
    return ok;
}

bool fuzz_one(const uint8_t *data, size_t size) {
    struct error error = {.text = ""};
    if (encoder == NULL) open_once();
    const struct bytes framed = {data, (uint32_t)size};
    struct order_record *record = order_record_decode(framed, &error);
    fuzz_must(record != NULL || error.text[0] != '\0', "a refusal without a reason");
    if (record == NULL) return false;
    struct bytes encoded;
    fuzz_must(encode_order(encoder, record, &encoded, &error), "it cannot be encoded again");
    fuzz_must(read_whole(framed, &original) || read_old(framed, &original),
              "avro-c refuses what was accepted");
    fuzz_must(read_whole(encoded, &again), "avro-c refuses what was encoded");
    fuzz_must(avro_value_equal(&original, &again) == 1, "the values differ");
    order_record_free(record);
    return true;
}
