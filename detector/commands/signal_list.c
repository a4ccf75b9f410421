/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/masked.h"
#include "detector/commands/record_json.h"
#include "detector/commands/signal_verbs.h"
#include "detector/commands/text_columns.h"

enum { ID_WIDTH = 37 };

struct signal_book *signal_read_topic(struct port *port, const struct signal_query *query,
                                      void (*seen)(void *context, const struct signal_seen *seen),
                                      void *context, struct error *error) {
    const struct signal_book_options options = {.topic = query->options->topic_signals,
                                                .schema_dir = query->options->schema_dir,
                                                .value_bytes_max =
                                                    (uint32_t)query->options->value_bytes_max,
                                                .seen = seen,
                                                .context = context};
    struct signal_book *book = signal_book_open(&options, error);
    if (book == NULL || signal_book_read(book, port, error)) return book;
    signal_book_close(book);
    return NULL;
}

json_t *signal_subject_json(const char *text, struct error *error) {
    const char *colon = strchr(text, ':');
    const char *last = colon == NULL ? NULL : strrchr(colon + 1, ':');
    struct error ignored;
    uint8_t role = ROLE_UNKNOWN;
    if (last != NULL &&
        !record_json_symbol(last + 1, subject_role_symbols, ROLE_COUNT, &role, &ignored))
        last = NULL; /* a token with a colon in it */
    const size_t size = last == NULL ? strlen(text) : (size_t)(last - text);
    if (colon == NULL || colon == text || colon + 1 == text + size) {
        error_set(error, ERROR_USAGE, "%.64s is no subject; TYPE:TOKEN or TYPE:TOKEN:ROLE", text);
        return NULL;
    }
    json_t *subject =
        json_pack("{ss% ss% ss}", "type", text, (size_t)(colon - text), "token", colon + 1,
                  size - (size_t)(colon + 1 - text), "role", subject_role_symbols[role]);
    if (subject == NULL) error_set(error, ERROR_USAGE, "a subject is no UTF-8");
    return subject;
}

/* Masks. */

static json_t *mask(const json_t *token) {
    char shown[MASKED_SIZE];
    const struct text text = {json_string_value(token), (uint32_t)json_string_length(token)};
    return json_string(masked(text, shown));
}

static void mask_member(json_t *object, const char *name) {
    const json_t *token = json_object_get(object, name);
    if (token != NULL) json_object_set_new(object, name, mask(token));
}

json_t *signal_to_json(const struct signal *signal, const struct signal_query *query) {
    json_t *object = record_json_write(CONTRACT_SIGNAL, signal);
    json_t *subject;
    size_t i;
    if (query->full) return object;
    json_array_foreach(json_object_get(object, "subjects"), i, subject)
        mask_member(subject, "token");
    mask_member(json_object_get(object, "telecom"), "called_phone_token");
    return object;
}

/* The list. */

const char *signal_state(const struct signal_entry *entry, const struct signal *s, int64_t now_s) {
    if (entry->withdrawn) return "withdrawn";
    if (s->confidence == CONFIDENCE_REJECTED) return "rejected";
    if (signal_until_s(s) <= now_s) return "ended";
    return s->valid_from_s > now_s ? "later" : "live";
}

static bool is_about(const struct signal *s, const struct signal_subject *wanted) {
    for (uint32_t i = 0; i < s->subject_count; i++)
        if (s->subjects[i].type == wanted->type && text_equal(s->subjects[i].token, wanted->token))
            return true;
    return false;
}

/* What the query wants to see. */
struct filter {
    const struct signal_query *query;
    uint8_t kind;
    json_t *json; /* owns the token */
    struct signal_subject subject;
};

static bool open_filter(struct filter *f, const struct signal_query *query, struct error *error) {
    *f = (struct filter){.query = query};
    if (query->kind != NULL &&
        !record_json_symbol(query->kind, signal_kind_symbols, SIGNAL_KIND_COUNT, &f->kind, error)) {
        error->code = ERROR_USAGE;
        return error_prefix(error, "--kind");
    }
    if (query->subject == NULL) return true;
    f->json = signal_subject_json(query->subject, error);
    if (f->json == NULL) return false;
    f->subject.token = text_of(json_string_value(json_object_get(f->json, "token")));
    if (record_json_symbol(json_string_value(json_object_get(f->json, "type")),
                           subject_type_symbols, SUBJECT_TYPE_COUNT, &f->subject.type, error))
        return true;
    error->code = ERROR_USAGE;
    return error_prefix(error, "--subject");
}

static bool passes(const struct filter *f, const struct signal *s, const char *state) {
    const struct signal_query *q = f->query;
    return (q->kind == NULL || s->kind == f->kind) && (!q->live || strcmp(state, "live") == 0) &&
           (q->subject == NULL || is_about(s, &f->subject));
}

static void print_subjects(const struct signal *s, const struct signal_query *query, FILE *out) {
    char shown[MASKED_SIZE];
    for (uint32_t i = 0; i < s->subject_count; i++) {
        const struct signal_subject *subject = &s->subjects[i];
        fprintf(out, " %s:", subject_type_symbols[subject->type]);
        if (query->full)
            printable_put_text(subject->token, out);
        else
            fprintf(out, "%s", masked(subject->token, shown));
        if (subject->role != ROLE_UNKNOWN) fprintf(out, ":%s", subject_role_symbols[subject->role]);
    }
}

static void print_row(const struct signal_entry *entry, const struct signal *s, const char *state,
                      const struct signal_query *query, FILE *out) {
    char until[TIME_JSON_SIZE];
    const int64_t until_us = signal_until_s(s) * INT64_C(1000000);
    columns_left(entry->id, ID_WIDTH, out);
    fprintf(out, "%3d %-22s %-15s %-12s %-9s %-20s", (int)s->revision, signal_kind_symbols[s->kind],
            signal_source_symbols[s->source], confidence_symbols[s->confidence], state,
            time_json(until_us, until));
    print_subjects(s, query, out);
    fputc('\n', out);
}

static void print_json(const struct signal_entry *entry, const struct signal *s, const char *state,
                       const struct signal_query *query, FILE *out) {
    json_t *object = signal_to_json(s, query);
    json_object_set_new(object, "state", json_string(state));
    json_object_set_new(object, "partition", json_integer(entry->partition));
    json_object_set_new(object, "offset", json_integer(entry->offset));
    json_dumpf(object, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(object);
}

static void print_all(const struct signal_book *book, const struct filter *f, FILE *out) {
    const struct signal_query *query = f->query;
    size_t shown = 0;
    for (size_t i = 0; i < signal_book_count(book); i++) {
        const struct signal_entry *entry = signal_book_at(book, i);
        struct signal s;
        signal_book_signal(book, entry, &s);
        const char *state = signal_state(entry, &s, query->now_s);
        if (!passes(f, &s, state)) continue;
        if (shown++ == 0 && !query->json)
            fprintf(out, "%-36s %3s %-22s %-15s %-12s %-9s %-20s %s\n", "signal", "rev", "kind",
                    "source", "confidence", "state", "until", "subjects");
        (query->json ? print_json : print_row)(entry, &s, state, query, out);
    }
    if (query->quiet || query->json) return;
    fprintf(stderr, "%zu of %zu signals\n", shown, signal_book_count(book));
    if (signal_book_useless(book) > 0)
        fprintf(stderr, "%llu records cannot be used; the engine makes dead letters of them\n",
                (unsigned long long)signal_book_useless(book));
}

bool signal_list(struct port *port, const struct signal_query *query, FILE *out,
                 struct error *error) {
    struct filter filter;
    struct signal_book *book = NULL;
    bool ok = open_filter(&filter, query, error);
    if (ok) book = signal_read_topic(port, query, NULL, NULL, error);
    ok = book != NULL;
    if (ok) print_all(book, &filter, out);
    signal_book_close(book);
    json_decref(filter.json);
    return ok;
}
