/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/frame.h"

static bool all_text(struct bytes value) {
    for (uint32_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 && value.data[i] != '\n' && value.data[i] != '\r' &&
            value.data[i] != '\t')
            return false;
    return true;
}

static bool starts_as_json(struct bytes value) {
    for (uint32_t i = 0; i < value.size; i++)
        if (strchr(" \t\r\n", value.data[i]) == NULL)
            return value.data[i] == '{' || value.data[i] == '[';
    return false;
}

static const char *name_format(struct bytes value) {
    if (value.size == 0) return "an empty value";
    if (value.size >= 2 && value.data[0] == 0xc3 && value.data[1] == 0x01)
        return "Avro single-object encoding (C3 01)";
    if (value.size >= 4 && memcmp(value.data, "Obj\x01", 4) == 0) return "an Avro container file";
    if (value.data[0] == 0 && value.size < FRAME_SIZE) return "a cut Confluent frame";
    if (!all_text(value)) return "no format known here";
    return starts_as_json(value) ? "JSON" : "plain text";
}

/* Apicurio's older frame: 0x00 and an 8-byte id, whose high half is 0 for any id below 2^32. */
static bool apicurio(struct bytes value, int32_t schema_id) {
    return schema_id == 0 && value.size >= 9;
}

bool frame_parse(struct bytes value, int32_t *schema_id, struct bytes *body,
                 const char **looks_like) {
    if (value.size < FRAME_SIZE || value.data[0] != 0) {
        *looks_like = name_format(value);
        return false;
    }
    const uint32_t id = (uint32_t)value.data[1] << 24 | (uint32_t)value.data[2] << 16 |
                        (uint32_t)value.data[3] << 8 | value.data[4];
    *schema_id = (int32_t)id;
    *body = (struct bytes){value.data + FRAME_SIZE, value.size - FRAME_SIZE};
    if (!apicurio(value, *schema_id)) return true;
    *looks_like = "Apicurio's frame with an 8-byte id";
    return false;
}

void frame_write(uint8_t out[FRAME_SIZE], int32_t schema_id) {
    const uint32_t id = (uint32_t)schema_id;
    out[0] = 0;
    out[1] = (uint8_t)(id >> 24);
    out[2] = (uint8_t)(id >> 16);
    out[3] = (uint8_t)(id >> 8);
    out[4] = (uint8_t)id;
}
