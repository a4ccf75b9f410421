/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/recording.h"

#include "schemas/ocf.h"
#include "schemas/wire.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

enum { TOPIC_SIZE_MAX = 249, HEADERS_MAX = 256 };

const char recording_schema[] =
    "{\"type\":\"record\",\"name\":\"RecordedMessage\",\"namespace\":\"saqshy\",\"fields\":["
    "{\"name\":\"topic\",\"type\":\"string\"},{\"name\":\"partition\",\"type\":\"int\"},"
    "{\"name\":\"offset\",\"type\":\"long\"},{\"name\":\"timestamp_ms\",\"type\":\"long\"},"
    "{\"name\":\"key\",\"type\":[\"null\",\"bytes\"]},"
    "{\"name\":\"value\",\"type\":[\"null\",\"bytes\"]},"
    "{\"name\":\"headers\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"RecordedHeader\",\"fields\":[{\"name\":\"name\",\"type\":\"string\"},"
    "{\"name\":\"value\",\"type\":[\"null\",\"bytes\"]}]}}}]}";

bool recording_is(struct bytes schema_json) {
    json_t *schema = json_loadb((const char *)schema_json.data, schema_json.size, 0, NULL);
    const char *name = json_string_value(json_object_get(schema, "name"));
    const char *dot = name == NULL ? NULL : strrchr(name, '.'); /* it may be given in full */
    const bool is = name != NULL && strcmp(dot == NULL ? name : dot + 1, "RecordedMessage") == 0;
    json_decref(schema);
    return is;
}

/* Reading. */

struct recorded {
    char topic[TOPIC_SIZE_MAX + 1];
    struct port_header headers[HEADERS_MAX];
    char names[HEADERS_MAX][64];
    size_t header_count;
};

static bool read_optional(struct wire *wire, struct bytes *out) {
    int64_t branch;
    *out = (struct bytes){NULL, 0};
    if (!wire_long(wire, &branch) || branch < 0 || branch > 1) return false;
    return branch == 0 || wire_bytes(wire, out);
}

static bool read_text(struct wire *wire, char *out, size_t room) {
    struct text text;
    if (!wire_text(wire, &text) || text.size >= room) return false;
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static bool read_header(struct wire *wire, struct recorded *recorded) {
    if (recorded->header_count == HEADERS_MAX) return false;
    const size_t i = recorded->header_count++;
    recorded->headers[i].name = recorded->names[i];
    return read_text(wire, recorded->names[i], sizeof recorded->names[i]) &&
           read_optional(wire, &recorded->headers[i].value);
}

static bool read_headers(struct wire *wire, struct recorded *recorded) {
    recorded->header_count = 0;
    for (;;) {
        int64_t count, block_size;
        if (!wire_long(wire, &count)) return false;
        if (count == 0) return true;
        if (count < 0 && (count == INT64_MIN || !wire_long(wire, &block_size))) return false;
        if (count < 0) count = -count;
        for (; count > 0; count--)
            if (!read_header(wire, recorded)) return false;
    }
}

struct recorded *recorded_new(void) {
    return calloc(1, sizeof(struct recorded));
}

void recorded_free(struct recorded *recorded) {
    free(recorded);
}

bool recorded_read(struct recorded *recorded, struct bytes bytes, struct port_message *message,
                   int64_t *offset, uint32_t *used) {
    struct wire wire = wire_of(bytes);
    *message = (struct port_message){.topic = recorded->topic, .headers = recorded->headers};
    if (!read_text(&wire, recorded->topic, sizeof recorded->topic) ||
        !wire_int(&wire, &message->partition) || message->partition < 0 ||
        message->partition >= RECORDING_PARTITIONS_MAX || !wire_long(&wire, offset) ||
        *offset < 0 || !wire_long(&wire, &message->timestamp_ms) ||
        !read_optional(&wire, &message->key) || !read_optional(&wire, &message->value) ||
        !read_headers(&wire, recorded))
        return false;
    message->header_count = recorded->header_count;
    *used = (uint32_t)(wire.at - bytes.data);
    return true;
}

typedef bool walk_fn(void *context, const struct port_message *message, int64_t offset,
                     struct error *error);

static bool walk(struct ocf_reader *reader, struct recorded *recorded, const char *path,
                 walk_fn *each, void *context, struct error *error) {
    uint32_t used = 0;
    for (;;) {
        struct port_message message;
        struct bytes rest;
        int64_t offset = 0;
        if (!ocf_next(reader, used, &rest, error)) return false;
        if (rest.size == 0) return true;
        if (!recorded_read(recorded, rest, &message, &offset, &used))
            return error_set(error, ERROR_BAD_DATA, "%s: record at byte %lld: it is broken", path,
                             (long long)ocf_record_position(reader));
        if (!each(context, &message, offset, error)) return false;
    }
}

bool recording_walk(const char *path, walk_fn *each, void *context, struct error *error) {
    struct recorded *recorded = recorded_new();
    struct ocf_reader *reader = ocf_open(path, error);
    assert(recorded != NULL && "out of memory");
    bool ok = reader != NULL;
    if (ok && !recording_is(ocf_schema(reader)))
        ok = error_set(error, ERROR_BAD_DATA,
                       "%s is no recording of Kafka records; `saqshy replay --engine --out` writes "
                       "one",
                       path);
    ok = ok && walk(reader, recorded, path, each, context, error);
    ocf_close(reader);
    recorded_free(recorded);
    return ok;
}

/* Writing. */

struct buffer {
    uint8_t *data;
    size_t size, room;
};

static void put(struct buffer *buffer, const void *data, size_t size) {
    if (buffer->size + size > buffer->room) {
        buffer->room = 2 * (buffer->size + size) + 64;
        buffer->data = realloc(buffer->data, buffer->room);
        if (buffer->data == NULL) abort();
    }
    if (size > 0) memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static void put_long(struct buffer *buffer, int64_t value) {
    uint8_t bytes[10];
    put(buffer, bytes, wire_put_long(bytes, value));
}

static void put_text(struct buffer *buffer, const char *text) {
    put_long(buffer, (int64_t)strlen(text));
    put(buffer, text, strlen(text));
}

static void put_optional(struct buffer *buffer, struct bytes bytes) {
    put_long(buffer, bytes.data != NULL);
    if (bytes.data == NULL) return;
    put_long(buffer, bytes.size);
    put(buffer, bytes.data, bytes.size);
}

static void put_headers(struct buffer *buffer, const struct port_record *record) {
    struct port_header header;
    size_t count = 0;
    while (memory_port_get_header(record, count, &header))
        count++;
    if (count > 0) put_long(buffer, (int64_t)count);
    for (size_t i = 0; memory_port_get_header(record, i, &header); i++) {
        put_text(buffer, header.name);
        put_optional(buffer, header.value);
    }
    put_long(buffer, 0);
}

static void put_message(struct buffer *buffer, const char *topic, int32_t partition,
                        const struct port_record *record) {
    buffer->size = 0;
    put_text(buffer, topic);
    put_long(buffer, partition);
    put_long(buffer, record->offset);
    put_long(buffer, record->timestamp_ms);
    put_optional(buffer, record->key);
    put_optional(buffer, record->value);
    put_headers(buffer, record);
}

static bool save_topic(struct ocf_writer *writer, struct buffer *buffer,
                       const struct memory_port *memory, const char *topic, struct error *error) {
    struct port_record record;
    for (int32_t p = 0; p < RECORDING_PARTITIONS_MAX; p++)
        for (size_t i = 0; memory_port_get(memory, topic, p, i, &record); i++) {
            put_message(buffer, topic, p, &record);
            if (!ocf_append(writer, (struct bytes){buffer->data, (uint32_t)buffer->size}, error))
                return false;
        }
    return true;
}

static bool write_topics(struct ocf_writer *writer, const struct memory_port *memory,
                         const char *const *topics, size_t topic_count, struct error *error) {
    if (writer == NULL) return false;
    struct buffer buffer = {NULL, 0, 0};
    bool ok = true;
    for (size_t i = 0; ok && i < topic_count; i++)
        ok = save_topic(writer, &buffer, memory, topics[i], error);
    free(buffer.data);
    struct error ignored;
    return ocf_finish(writer, ok ? error : &ignored) && ok;
}

bool recording_save(const char *path, const struct memory_port *memory, const char *const *topics,
                    size_t topic_count, struct error *error) {
    return write_topics(ocf_create(path, recording_schema, strlen(recording_schema), error), memory,
                        topics, topic_count, error);
}

bool recording_write(FILE *file, const char *name, const struct memory_port *memory,
                     const char *const *topics, size_t topic_count, struct error *error) {
    return write_topics(ocf_begin(file, name, recording_schema, strlen(recording_schema), error),
                        memory, topics, topic_count, error);
}
