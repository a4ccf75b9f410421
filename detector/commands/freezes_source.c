/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/recording.h"
#include "detector/commands/freezes.h"
#include "detector/commands/masked.h"
#include "detector/commands/record_json.h"
#include "detector/commands/signal_file.h"
#include "detector/commands/topic_scan.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

struct telling {
    const char *topic;
    void (*each)(void *context, const struct freeze_record *record);
    void *context;
    uint64_t told;
};

static void tell(struct telling *t, int32_t partition, int64_t offset, struct bytes value) {
    const struct freeze_record record = {partition, offset, value};
    t->told++;
    t->each(t->context, &record);
}

static bool tell_record(void *context, int32_t partition, const struct port_record *record,
                        struct error *error) {
    (void)error;
    tell(context, partition, record->offset, record->value);
    return true;
}

static bool tell_message(void *context, const struct port_message *message, int64_t offset,
                         struct error *error) {
    struct telling *t = context;
    (void)error;
    if (strcmp(message->topic, t->topic) == 0) tell(t, message->partition, offset, message->value);
    return true;
}

static bool read_recommendations(const struct freezes_source *s, struct telling *t,
                                 struct error *error) {
    const struct topic_scan scan = {s->port, t->topic, tell_record, t};
    if (s->query->input == NULL) return topic_scan_all(&scan, error);
    return recording_walk(s->query->input, tell_message, t, error) &&
           (t->told > 0 || error_set(error, ERROR_BAD_DATA,
                                     "%s holds no record of %s; topic.recommendations names the "
                                     "topic",
                                     s->query->input, t->topic));
}

/* Signals. */

/* False without an error: the broker has no such topic. */
static bool has_topic(const struct freezes_source *s, struct error *error) {
    int32_t partitions = 0;
    const char *topic = s->query->options->topic_signals;
    return topic[0] != '\0' && s->port->ops->find_topic(s->port, topic, &partitions, error) &&
           partitions > 0;
}

static bool fill_book(struct freezes_source *s, struct error *error) {
    const struct freezes_query *q = s->query;
    const char *path = q->signals != NULL ? q->signals : q->input;
    uint64_t records = 0;
    if (path == NULL) return signal_book_read(s->signals, s->port, error);
    if (!signal_book_load(s->signals, path, q->options->topic_signals, &records, error))
        return false;
    if (q->signals != NULL && records == 0)
        signal_file_warn_of_none(path, q->options->topic_signals);
    return true;
}

static bool read_signals(struct freezes_source *s, struct error *error) {
    const struct options *o = s->query->options;
    const struct signal_book_options options = {
        .topic = o->topic_signals,
        .schema_dir = o->schema_dir,
        .value_bytes_max = (uint32_t)o->value_bytes_max,
        .until_us = s->query->until_us,
    };
    struct error asked = {.code = ERROR_NONE};
    if (s->query->input == NULL && s->query->signals == NULL && !has_topic(s, &asked)) {
        if (asked.code != ERROR_NONE) *error = asked;
        return asked.code == ERROR_NONE;
    }
    s->signals = signal_book_open(&options, error);
    if (s->signals == NULL || !fill_book(s, error)) return false;
    s->outcomes = outcomes_open(s->signals, NULL);
    return true;
}

bool freezes_read(struct freezes_source *s,
                  void (*each)(void *context, const struct freeze_record *record), void *context,
                  struct error *error) {
    struct telling telling = {s->query->options->topic_recommendations, each, context, 0};
    return read_recommendations(s, &telling, error) && read_signals(s, error);
}

void freezes_close(struct freezes_source *s) {
    outcomes_close(s->outcomes);
    signal_book_close(s->signals);
}

/* Words that both verbs say. */

const char *freeze_token(const struct freezes_query *query, const char *token,
                         char out[FREEZE_TOKEN_SIZE]) {
    char shown[MASKED_SIZE];
    const char *text = token == NULL ? "" : token;
    snprintf(out, FREEZE_TOKEN_SIZE, "%s", query->full ? text : masked(text_of(text), shown));
    return out;
}

json_t *freeze_outcome_json(const struct outcome *o) {
    char reported[TIME_JSON_SIZE];
    if (o == NULL) return json_null();
    json_t *object = json_pack("{ss ss ss ss}", "result", outcome_result_symbols[o->result],
                               "source", signal_source_symbols[o->source], "reported_at",
                               time_json(o->reported_us, reported), "signal_id", o->entry->id);
    if (o->held_present)
        json_object_set_new(object, "held_amount_kzt_minor", json_integer(o->held_tiyn));
    return object;
}

static const char *span(int64_t s, enum language language, char out[FREEZE_SPAN_SIZE]) {
    const char *const day = in_language(language, "d", "д", "күн");
    const char *const hour = in_language(language, "h", "ч", "сағ");
    const char *const minute = in_language(language, "min", "мин", "мин");
    if (s >= DAY_S)
        snprintf(out, FREEZE_SPAN_SIZE, "%lld %s %lld %s", (long long)(s / DAY_S), day,
                 (long long)(s % DAY_S / HOUR_S), hour);
    else if (s >= HOUR_S)
        snprintf(out, FREEZE_SPAN_SIZE, "%lld %s %02lld %s", (long long)(s / HOUR_S), hour,
                 (long long)(s % HOUR_S / MINUTE_S), minute);
    else
        snprintf(out, FREEZE_SPAN_SIZE, "%lld %s", (long long)(s / MINUTE_S), minute);
    return out;
}

const char *freeze_span(int64_t seconds, enum language language, char out[FREEZE_SPAN_SIZE]) {
    char length[FREEZE_SPAN_SIZE];
    if (seconds >= 0) return span(seconds, language, out);
    snprintf(out, FREEZE_SPAN_SIZE, "%.20s %.40s",
             in_language(language, "overdue", "просрочено", "кешіккен"),
             span(seconds == INT64_MIN ? INT64_MAX : -seconds, language, length));
    return out;
}
