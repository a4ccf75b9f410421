/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/digest.h"
#include "detector/base/printable.h"
#include "detector/commands/dlq.h"
#include "detector/commands/dlq_decode.h"
#include "detector/commands/dlq_walk.h"
#include "detector/commands/json_text.h"
#include "detector/commands/text_columns.h"

#include <ctype.h>
#include <stdlib.h>

enum { ROW_BYTES = 16, HEADER_BYTES_MAX = 200, KEY_BYTES_MAX = 64 };
enum { HEADER_NAME_WIDTH = 37, DECODED_NAME_WIDTH = 28 };

struct show {
    struct port *port;
    const struct dlq_query *query;
    FILE *out;
    struct dlq_decoder *decoder;
    int64_t shown;
    json_t *fields; /* of the letter in hand, for JSON */
};

/* What of a value can be printed as it is; the rest as \xNN. */
static void print_text(FILE *out, struct bytes bytes, uint32_t max) {
    if (bytes.data == NULL) {
        fprintf(out, "null");
        return;
    }
    fputc('"', out);
    for (uint32_t i = 0; i < bytes.size && i < max; i++) {
        const int c = bytes.data[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else
            fprintf(out, isprint(c) ? "%c" : "\\x%02x", c);
    }
    fprintf(out, "\"%s", bytes.size > max ? "…" : "");
}

static void print_row(FILE *out, const uint8_t *at, uint32_t count) {
    for (uint32_t i = 0; i < ROW_BYTES; i++) {
        if (i < count)
            fprintf(out, " %02x", at[i]);
        else
            fprintf(out, "   ");
        if (i == ROW_BYTES / 2 - 1) fputc(' ', out);
    }
    fprintf(out, "  |");
    for (uint32_t i = 0; i < count; i++)
        fputc(isprint(at[i]) ? at[i] : '.', out);
    fprintf(out, "|\n");
}

static void print_value(const struct show *s, struct bytes value) {
    FILE *out = s->out;
    if (value.data == NULL) {
        fprintf(out, "  value      null\n");
        return;
    }
    fprintf(out, "  value      %u byte%s\n", value.size, value.size == 1 ? "" : "s");
    const uint32_t end =
        value.size < s->query->bytes_max ? value.size : (uint32_t)s->query->bytes_max;
    for (uint32_t at = 0; at < end; at += ROW_BYTES) {
        fprintf(out, "    %06x ", at);
        print_row(out, value.data + at, end - at < ROW_BYTES ? end - at : ROW_BYTES);
    }
    if (end < value.size)
        fprintf(out, "    … %u more; --bytes %u shows all\n", value.size - end, value.size);
}

static void print_headers(const struct show *s, const struct port_record *record) {
    struct port_header header;
    fprintf(s->out, "  headers\n");
    for (size_t i = 0; s->port->ops->header(s->port, record, i, &header); i++) {
        fputs("    ", s->out);
        columns_left(header.name, HEADER_NAME_WIDTH, s->out);
        print_text(s->out, header.value, HEADER_BYTES_MAX);
        fputc('\n', s->out);
    }
}

/* Decoding. */

static void print_field(void *context, const struct avro_leaf *leaf) {
    const struct show *s = context;
    if (s->fields != NULL)
        json_object_set_new(s->fields, leaf->path, json_string(leaf->value));
    else
        fprintf(s->out, "    %-*s %s\n", DECODED_NAME_WIDTH, leaf->path, leaf->value);
}

static void print_decoded(struct show *s, const char *topic, struct bytes value) {
    struct error error = {.code = ERROR_NONE};
    struct dlq_decoded decoded;
    if (!dlq_decode(s->decoder, topic, value, &decoded, &error)) {
        fputs("  decoded    no: ", s->out);
        printable_put(error.text, s->out);
        fputc('\n', s->out);
        return;
    }
    if (decoded.json != NULL)
        fputs("  decoded    as JSON, by its keys\n", s->out);
    else
        fprintf(s->out, "  decoded    by schema id %d, in the names of the contract\n",
                (int)decoded.schema_id);
    dlq_decoded_tell(&decoded, print_field, s);
}

/* One letter. */

static void print_letter(struct show *s, const struct dlq_letter *letter,
                         const struct dlq_place *place) {
    const struct port_record *record = place->record;
    FILE *out = s->out;
    char time[DLQ_TIME_SIZE];
    if (s->shown > 0) fputc('\n', out);
    printable_put(letter->source_topic, out);
    fprintf(out, "/%d offset %lld\n  reason     ", (int)letter->source_partition,
            (long long)letter->source_offset);
    printable_put(letter->reason, out);
    fputs(": ", out);
    printable_put(letter->why, out);
    fprintf(out, "\n  written    %s\n", dlq_time(letter->source_ms, time));
    fprintf(out, "  died       %s, as %s/%d offset %lld\n", dlq_time(record->timestamp_ms, time),
            s->query->options->topic_dead_letters, (int)place->partition,
            (long long)record->offset);
    fprintf(out, "  sent back  %s\n", place->redriven ? "yes" : "no");
    if (letter->cut != NULL)
        fprintf(out, "  cut        its %s: it is not whole here, and cannot be sent back\n",
                letter->cut);
    print_headers(s, record);
    fprintf(out, "  key        ");
    print_text(out, record->key, KEY_BYTES_MAX);
    fputc('\n', out);
    print_value(s, record->value);
    print_decoded(s, letter->source_topic, record->value);
}

static json_t *json_hex(struct bytes bytes) {
    if (bytes.data == NULL) return json_null();
    char *hex = malloc(2 * (size_t)bytes.size + 1);
    if (hex == NULL) return json_null();
    digest_hex(bytes.data, bytes.size, hex);
    json_t *value = json_string(hex);
    free(hex);
    return value;
}

/* One that is no UTF-8 comes out as null. */
static json_t *json_header_value(struct bytes value) {
    const char *data = value.data == NULL ? "" : (const char *)value.data;
    json_t *text = json_stringn(data, value.size);
    return text != NULL ? text : json_null();
}

static json_t *json_headers(const struct show *s, const struct port_record *record) {
    struct port_header header;
    json_t *headers = json_array();
    for (size_t i = 0; s->port->ops->header(s->port, record, i, &header); i++)
        json_array_append_new(
            headers, json_pack("[oo]", json_text(header.name), json_header_value(header.value)));
    return headers;
}

static json_t *json_decoded(struct show *s, const char *topic, struct bytes value,
                            struct error *error) {
    struct dlq_decoded decoded;
    if (!dlq_decode(s->decoder, topic, value, &decoded, error)) return json_null();
    json_t *fields = json_object();
    s->fields = fields;
    dlq_decoded_tell(&decoded, print_field, s);
    s->fields = NULL;
    return fields;
}

static void print_json(struct show *s, const struct dlq_letter *letter,
                       const struct dlq_place *place) {
    const struct port_record *record = place->record;
    struct error error = {.code = ERROR_NONE};
    json_t *decoded = json_decoded(s, letter->source_topic, record->value, &error);
    json_t *row = json_pack(
        "{so si sI so so sI si sI sI sb so* so so so so}", "topic", json_text(letter->source_topic),
        "partition", (int)letter->source_partition, "offset", (json_int_t)letter->source_offset,
        "reason", json_text(letter->reason), "why", json_text(letter->why), "timestamp_ms",
        (json_int_t)letter->source_ms, "letter_partition", (int)place->partition, "letter_offset",
        (json_int_t)record->offset, "died_ms", (json_int_t)record->timestamp_ms, "redriven",
        (int)place->redriven, "cut", letter->cut == NULL ? NULL : json_string(letter->cut),
        "headers", json_headers(s, record), "key", json_hex(record->key), "value",
        json_hex(record->value), "decoded", decoded);
    if (error.code != ERROR_NONE) json_object_set_new(row, "not_decoded", json_text(error.text));
    json_dumpf(row, s->out, JSON_PRESERVE_ORDER | JSON_COMPACT);
    fputc('\n', s->out);
    json_decref(row);
}

static bool matches(const struct dlq_query *query, const struct dlq_letter *letter) {
    if (query->partition >= 0)
        return letter->source_partition == query->partition &&
               letter->source_offset == query->offset;
    return query->reason == NULL || strcmp(letter->reason, query->reason) == 0;
}

static bool take(void *context, const struct dlq_letter *letter, const struct dlq_place *place,
                 struct error *error) {
    struct show *s = context;
    (void)error;
    if (!matches(s->query, letter)) return true;
    if (s->query->json)
        print_json(s, letter, place);
    else
        print_letter(s, letter, place);
    return ++s->shown < s->query->limit;
}

bool dlq_show(struct port *port, const struct dlq_query *query, FILE *out, int64_t *shown,
              struct error *error) {
    struct show s = {.port = port, .query = query, .out = out};
    struct dlq_walk walk = {
        .port = port, .topic = query->options->topic_dead_letters, .each = take, .context = &s};
    s.decoder = dlq_decoder_open(query->options, error);
    const bool ok = s.decoder != NULL && dlq_walk(&walk, error);
    dlq_decoder_close(s.decoder);
    *shown = s.shown;
    return ok;
}
