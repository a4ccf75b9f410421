/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/signal_book.h"

#include "detector/base/grow.h"
#include "detector/commands/topic_scan.h"

#include <jansson.h>

enum { SIGNALS_MAX = 16000000 };

struct signal_book {
    struct signal_book_options options;
    struct signal_reader *reader;
    struct signals *signals;
    struct signal_entry *entries;
    size_t count, room;
    json_t *places;      /* id → index */
    json_t *withdrawals; /* source and id of what is withdrawn → id of the first withdrawal */
    uint64_t useless;
};

struct signal_book *signal_book_open(const struct signal_book_options *options,
                                     struct error *error) {
    const struct signals_options table = {.max = SIGNALS_MAX};
    struct signal_book *b = calloc(1, sizeof *b);
    assert(b != NULL && "out of memory");
    b->options = *options;
    b->places = json_object();
    b->withdrawals = json_object();
    b->reader = signal_reader_open(options->schema_dir, options->value_bytes_max, error);
    b->signals = b->reader == NULL ? NULL : signals_open(&table, error);
    if (b->signals != NULL) return b;
    signal_book_close(b);
    return NULL;
}

void signal_book_close(struct signal_book *b) {
    if (b == NULL) return;
    for (size_t i = 0; i < b->count; i++) {
        free(b->entries[i].id);
        free(b->entries[i].value);
    }
    free(b->entries);
    json_decref(b->places);
    json_decref(b->withdrawals);
    signal_reader_close(b->reader);
    signals_close(b->signals);
    free(b);
}

static struct signal_entry *find(const struct signal_book *b, struct text id) {
    const json_t *place = json_object_getn(b->places, id.data, id.size);
    return place == NULL ? NULL : &b->entries[json_integer_value(place)];
}

const struct signal_entry *signal_book_find(const struct signal_book *b, struct text id) {
    return find(b, id);
}

static struct signal_entry *find_or_add(struct signal_book *b, struct text id) {
    struct signal_entry *entry = find(b, id);
    if (entry != NULL) return entry;
    b->entries = grow(b->entries, b->count, &b->room, sizeof *b->entries);
    json_object_setn_new(b->places, id.data, id.size, json_integer((json_int_t)b->count));
    entry = &b->entries[b->count++];
    *entry = (struct signal_entry){.id = strndup(id.data, id.size)};
    assert(entry->id != NULL && "out of memory");
    return entry;
}

static void keep(struct signal_entry *entry, struct bytes value, bool withdrawn) {
    entry->value = realloc(entry->value, value.size);
    assert(entry->value != NULL && "out of memory");
    memcpy(entry->value, value.data, value.size);
    entry->size = value.size;
    entry->withdrawn = withdrawn;
}

/* Of a withdrawal. */
static size_t withdrawal_key(const struct signal *s, char key[SIGNAL_ID_SIZE + 1]) {
    return (size_t)snprintf(key, SIGNAL_ID_SIZE + 1, "%c%.*s", 'A' + s->source,
                            (int)s->withdraws_signal_id.size, s->withdraws_signal_id.data);
}

const char *signal_book_withdrawal(const struct signal_book *b, const struct signal *s) {
    char key[SIGNAL_ID_SIZE + 1];
    return json_string_value(json_object_getn(b->withdrawals, key, withdrawal_key(s, key)));
}

static void take_withdrawal(struct signal_book *b, const struct signal *s,
                            enum signal_effect effect) {
    char key[SIGNAL_ID_SIZE + 1];
    struct signal_entry *entry = find(b, s->withdraws_signal_id);
    if (effect == EFFECT_WITHDRAWN && entry != NULL) entry->withdrawn = true;
    if (signal_book_withdrawal(b, s) == NULL)
        json_object_setn_new(b->withdrawals, key, withdrawal_key(s, key),
                             json_stringn(s->signal_id.data, s->signal_id.size));
}

enum signal_effect signal_book_take(struct signal_book *b, const struct signal *s,
                                    struct bytes value) {
    const enum signal_effect effect = signals_apply(b->signals, s, 0);
    if (s->kind == SIGNAL_WITHDRAWAL) {
        take_withdrawal(b, s, effect);
    } else if (effect == EFFECT_ADDED || effect == EFFECT_REVISED || effect == EFFECT_WITHDRAWN) {
        keep(find_or_add(b, s->signal_id), value, effect == EFFECT_WITHDRAWN);
    }
    return effect;
}

static bool is_later(const struct signal_book *b, const struct signal *signal) {
    return b->options.until_us != 0 && signal->reported_at_us > b->options.until_us;
}

bool signal_book_take_record(struct signal_book *b, int32_t partition,
                             const struct port_record *record, struct error *error) {
    struct signal signal;
    char text[VERDICT_WHY_SIZE];
    struct signal_seen seen = {.partition = partition, .record = record};
    seen.verdict = signal_read(b->reader, record, 0, &signal, text, &seen.why);
    if (seen.verdict == VERDICT_ACCEPTED && is_later(b, &signal)) return true;
    if (seen.verdict == VERDICT_ACCEPTED) {
        seen.signal = &signal;
        seen.effect = signal_book_take(b, &signal, record->value);
        struct signal_entry *entry = find(b, signal.signal_id);
        if (entry != NULL && (seen.effect == EFFECT_ADDED || seen.effect == EFFECT_REVISED)) {
            entry->partition = partition;
            entry->offset = record->offset;
            entry->timestamp_ms = record->timestamp_ms;
        }
    } else if (seen.verdict != VERDICT_TOMBSTONE) {
        b->useless++;
    }
    if (b->options.seen != NULL) b->options.seen(b->options.context, &seen);
    return seen.signal == NULL || seen.effect != EFFECT_FULL ||
           error_set(error, ERROR_FAILED, "%s holds more than %d signals", b->options.topic,
                     SIGNALS_MAX);
}

static bool take(void *context, int32_t partition, const struct port_record *record,
                 struct error *error) {
    return signal_book_take_record(context, partition, record, error);
}

bool signal_book_read(struct signal_book *b, struct port *port, struct error *error) {
    const struct topic_scan scan = {port, b->options.topic, take, b};
    return topic_scan_all(&scan, error);
}

static enum verdict read_value(const struct signal_book *b, struct bytes value,
                               struct signal *signal, char text[VERDICT_WHY_SIZE],
                               const char **why) {
    const struct port_record record = {.value = value};
    return signal_read(b->reader, &record, 0, signal, text, why);
}

enum verdict signal_book_judge(const struct signal_book *b, struct bytes value,
                               char text[VERDICT_WHY_SIZE], const char **why) {
    struct signal signal;
    return read_value(b, value, &signal, text, why);
}

void signal_book_signal(const struct signal_book *b, const struct signal_entry *entry,
                        struct signal *signal) {
    char text[VERDICT_WHY_SIZE];
    const char *why = "";
    const enum verdict verdict =
        read_value(b, (struct bytes){entry->value, entry->size}, signal, text, &why);
    assert(verdict == VERDICT_ACCEPTED);
}

size_t signal_book_count(const struct signal_book *b) {
    return b->count;
}

const struct signal_entry *signal_book_at(const struct signal_book *b, size_t index) {
    return &b->entries[index];
}

uint64_t signal_book_useless(const struct signal_book *b) {
    return b->useless;
}
