/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq_letter.h"
#include "detector/commands/json_text.h"
#include "detector/commands/signal_verbs.h"

struct show {
    const struct signal_query *query;
    FILE *out;
    uint64_t shown;
};

static void print_text(struct show *show, const struct signal_seen *seen) {
    char time[DLQ_TIME_SIZE];
    json_t *object = signal_to_json(seen->signal, show->query);
    fprintf(show->out, "%s%s of %s, revision %d: partition %d offset %lld, written %s\n",
            show->shown == 0 ? "" : "\n", signal_kind_symbols[seen->signal->kind],
            signal_source_symbols[seen->signal->source], (int)seen->signal->revision,
            (int)seen->partition, (long long)seen->record->offset,
            dlq_time(seen->record->timestamp_ms, time));
    json_put_lines(object, show->out);
    json_decref(object);
}

static void print_json(const struct show *show, const struct signal_seen *seen) {
    json_t *object = signal_to_json(seen->signal, show->query);
    json_object_set_new(object, "partition", json_integer(seen->partition));
    json_object_set_new(object, "offset", json_integer(seen->record->offset));
    json_object_set_new(object, "timestamp_ms", json_integer(seen->record->timestamp_ms));
    json_dumpf(object, show->out, JSON_COMPACT);
    fputc('\n', show->out);
    json_decref(object);
}

static void show_if_about(void *context, const struct signal_seen *seen) {
    struct show *show = context;
    const struct text id = text_of(show->query->id);
    if (seen->signal == NULL || (!text_equal(seen->signal->signal_id, id) &&
                                 !text_equal(seen->signal->withdraws_signal_id, id)))
        return;
    if (show->query->json)
        print_json(show, seen);
    else
        print_text(show, seen);
    show->shown++;
}

static void print_state(const struct show *show, const struct signal_book *book) {
    const struct signal_entry *entry = signal_book_find(book, text_of(show->query->id));
    struct signal signal;
    if (entry == NULL || show->query->json || show->query->quiet) return;
    signal_book_signal(book, entry, &signal);
    fprintf(stderr, "%s\n", signal_state(entry, &signal, show->query->now_s));
}

bool signal_show(struct port *port, const struct signal_query *query, FILE *out,
                 struct error *error) {
    struct show show = {.query = query, .out = out};
    struct signal_book *book = signal_read_topic(port, query, show_if_about, &show, error);
    const bool read = book != NULL;
    if (read) print_state(&show, book);
    signal_book_close(book);
    if (!read || show.shown > 0) return read;
    return error_set(error, ERROR_FAILED, "there is no signal %s; see saqshy signal ls", query->id);
}
