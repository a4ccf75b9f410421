/* SPDX-License-Identifier: Apache-2.0 */
/* Property: what the plan accepts as a signal avro-c accepts, and both mean the same: encoded
 * again, avro-c reads equal values. What is admitted can be applied, whatever was before, and a
 * table that was saved is loaded. Input: a FraudSignal, as it is behind its frame. */
#include "detector/signals.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "tests/fuzz/fuzz.h"
#include "tests/signals_saved.h"

#include <avro.h>
#include <stdlib.h>

static struct encoder *encoder;
static struct plan *plan;
static struct signals *signals;
static avro_schema_t schema;
static avro_value_iface_t *type;
static avro_value_t original, again;

static void close_all(void) {
    avro_value_decref(&original);
    avro_value_decref(&again);
    avro_value_iface_decref(type);
    avro_schema_decref(schema);
    encoder_close(encoder);
    plan_free(plan);
    signals_close(signals);
}

static void open_once(void) {
    struct error error;
    size_t size = 0;
    const struct signals_options options = {.max = 16};
    const char *json = schema_shipped(SCHEMA_ID_SIGNAL, &size);
    plan = plan_compile_for(CONTRACT_SIGNAL, json, size, &error);
    signals = signals_open(&options, &error);
    encoder = encoder_open(&error);
    fuzz_must(plan != NULL && signals != NULL && encoder != NULL &&
                  avro_schema_from_json_length(json, size, &schema) == 0,
              "nothing to begin with");
    type = avro_generic_class_from_schema(schema);
    fuzz_must(avro_generic_value_new(type, &original) == 0 &&
                  avro_generic_value_new(type, &again) == 0,
              "no values");
    atexit(close_all);
}

static bool read_value(const uint8_t *data, uint32_t size, avro_value_t *value) {
    avro_reader_t reader = avro_reader_memory((const char *)data, (int64_t)size);
    avro_value_reset(value);
    const bool ok = avro_value_read(reader, value) == 0;
    avro_reader_free(reader);
    return ok;
}

static void apply(const struct signal *signal) {
    struct error error;
    const struct signals_options options = {.max = 16};
    struct pack p = {.data = NULL};
    signals_apply(signals, signal, signal->reported_at_s);
    signals_save(signals, &p);
    struct unpack u = {p.data, p.data + p.size, false};
    struct signals *loaded = signals_open(&options, &error);
    fuzz_must(signals_load(loaded, &u) && u.at == u.end, "what was saved is not loaded");
    signals_close(signals);
    signals = loaded;
    free(p.data);
}

bool fuzz_one(const uint8_t *data, size_t size) {
    static struct signal signal;
    struct error error;
    uint32_t used = 0;
    const char *why = NULL;
    if (encoder == NULL) open_once();
    if (!plan_decode_signal(plan, (struct bytes){data, (uint32_t)size}, &signal, &used, &why)) {
        fuzz_must(why != NULL, "a refusal without a reason");
        return false;
    }
    struct bytes encoded;
    fuzz_must(used <= size, "more bytes used than given");
    fuzz_must(encode_signal(encoder, &signal, &encoded, &error), "it cannot be encoded again");
    fuzz_must(read_value(data, used, &original), "avro-c refuses what the plan accepts");
    fuzz_must(read_value(encoded.data + FRAME_SIZE, encoded.size - FRAME_SIZE, &again),
              "avro-c refuses what was encoded");
    fuzz_must(avro_value_equal(&original, &again) == 1, "the values differ");
    if (signal_admit(&signal, 0, &why) == VERDICT_ACCEPTED) apply(&signal);
    return true;
}
