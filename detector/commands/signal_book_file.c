/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/broker/recording.h"
#include "detector/commands/record_json.h"
#include "detector/commands/signal_book.h"
#include "detector/commands/signal_container.h"
#include "schemas/encode.h"
#include "schemas/ocf.h"

struct loading {
    struct signal_book *book;
    const char *path, *topic;
    struct encoder *encoder;
    uint64_t records;
};

/* Recordings. */

static bool take_message(void *context, const struct port_message *message, int64_t offset,
                         struct error *error) {
    struct loading *l = context;
    const struct port_record record = {.offset = offset,
                                       .timestamp_ms = message->timestamp_ms,
                                       .key = message->key,
                                       .value = message->value};
    if (strcmp(message->topic, l->topic) != 0) return true;
    l->records++;
    return signal_book_take_record(l->book, message->partition, &record, error);
}

/* What is no record yet. */

static bool take_signal(void *context, const struct signal *signal, struct error *error) {
    struct loading *l = context;
    struct port_record record = {.offset = (int64_t)l->records++};
    return encode_signal(l->encoder, signal, &record.value, error) &&
           signal_book_take_record(l->book, 0, &record, error);
}

static bool load_container(struct loading *l, struct error *error) {
    struct ocf_reader *reader = ocf_open(l->path, error);
    if (reader == NULL) return false;
    const bool recording = recording_is(ocf_schema(reader));
    const bool ok = recording || signal_container_walk(reader, l->path, take_signal, l, error);
    ocf_close(reader);
    return ok && (!recording || recording_walk(l->path, take_message, l, error));
}

/* JSON. A signal that was withdrawn when it was listed does not count. */

static bool take_json(struct loading *l, json_t *object, struct error *error) {
    struct signal signal;
    static const char *const added[] = {"state", "partition", "offset"};
    const char *state = json_string_value(json_object_get(object, "state"));
    if (state != NULL && strcmp(state, "withdrawn") == 0) return true;
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        json_object_del(object, added[i]);
    return (record_json_read(CONTRACT_SIGNAL, object, &signal, error) &&
            take_signal(l, &signal, error)) ||
           error_prefix(error, "%s: signal %llu", l->path, (unsigned long long)l->records + 1);
}

static bool load_json(struct loading *l, FILE *file, struct error *error) {
    for (;;) {
        json_error_t why;
        int c = getc(file);
        while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            c = getc(file);
        if (c == EOF) return true;
        ungetc(c, file);
        json_t *object = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &why);
        if (object == NULL)
            return error_set(error, ERROR_BAD_DATA,
                             "%s: behind signal %llu: neither a container file of signals nor "
                             "JSON as `saqshy signal ls --json --full` prints it: %s",
                             l->path, (unsigned long long)l->records, why.text);
        const bool ok = take_json(l, object, error);
        json_decref(object);
        if (!ok) return false;
    }
}

bool signal_book_load(struct signal_book *book, const char *path, const char *topic,
                      uint64_t *records, struct error *error) {
    struct loading l = {.book = book, .path = path, .topic = topic};
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    const int first = getc(file);
    if (first != EOF) ungetc(first, file);
    l.encoder = encoder_open(error);
    bool ok = l.encoder != NULL;
    if (ok && first != 'O')
        ok = load_json(&l, file, error);
    else if (ok)
        ok = load_container(&l, error);
    fclose(file);
    encoder_close(l.encoder);
    *records = l.records;
    return ok;
}
