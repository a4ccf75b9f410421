/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/murmur2.h"
#include "detector/base/printable.h"
#include "detector/commands/record_json.h"
#include "detector/commands/signal_verbs.h"
#include "detector/commands/topic_send.h"

enum { MICROS = 1000000 };

struct publishing {
    struct port *port;
    const struct signal_query *query;
    struct signal_book *book;
    struct encoder *encoder;
    struct topic_send send;
    int32_t partitions;
    FILE *out;
    size_t there;
};

static const char *result_of(const struct publishing *p, bool there) {
    if (there) return "already there";
    return p->query->dry_run ? "would be published" : "published";
}

static json_t *row_of(const struct publishing *p, const struct signal_draft *draft) {
    const struct signal *s = &draft->signal;
    if (draft->stands_for_it != NULL)
        return json_pack("{ss ss% ss}", "signal_id", draft->stands_for_it, "withdraws_signal_id",
                         s->withdraws_signal_id.data, (size_t)s->withdraws_signal_id.size, "result",
                         "there");
    return json_pack("{ss% si ss}", "signal_id", s->signal_id.data, (size_t)s->signal_id.size,
                     "revision", (int)s->revision, "result",
                     draft->there ? "there" : result_of(p, false));
}

static void say_json(const struct publishing *p, const struct signal_draft *draft) {
    json_t *row = row_of(p, draft);
    json_dumpf(row, p->out, JSON_COMPACT);
    fputc('\n', p->out);
    json_decref(row);
}

static void say_withdrawn(const struct publishing *p, const struct signal_draft *draft) {
    printable_put_text(draft->signal.withdraws_signal_id, p->out);
    fputs(" is withdrawn already, by ", p->out);
    printable_put(draft->stands_for_it, p->out);
    fputc('\n', p->out);
}

static void say_text(const struct publishing *p, const struct signal_draft *draft) {
    const struct signal *s = &draft->signal;
    fprintf(p->out, "%s ", result_of(p, draft->there));
    printable_put_text(s->signal_id, p->out);
    fprintf(p->out, " revision %d, %s of %s\n", (int)s->revision, signal_kind_symbols[s->kind],
            signal_source_symbols[s->source]);
}

static void say(const struct publishing *p, const struct signal_drafts *drafts) {
    for (size_t i = 0; i < drafts->count; i++) {
        const struct signal_draft *draft = &drafts->items[i];
        if (p->query->json)
            say_json(p, draft);
        else if (draft->stands_for_it != NULL)
            say_withdrawn(p, draft);
        else
            say_text(p, draft);
    }
    if (p->query->quiet || p->query->json) return;
    fprintf(stderr, "%s%zu published, %zu had been there\n",
            p->query->dry_run ? "dry run, nothing was written: " : "", drafts->count - p->there,
            p->there);
}

static bool produce(struct publishing *p, const struct signal *s, struct bytes value,
                    struct error *error) {
    const struct bytes key = {(const uint8_t *)s->signal_id.data, s->signal_id.size};
    const struct port_message message = {.topic = p->query->options->topic_signals,
                                         .partition = murmur2_partition(key, p->partitions),
                                         .key = key,
                                         .value = value};
    if (p->query->dry_run) return true;
    return (p->send.open || topic_send_begin(&p->send, error)) &&
           topic_send(&p->send, &message, error);
}

static bool contradicts(const struct signal *s, const char *why, struct error *error) {
    return error_set(error, ERROR_BAD_DATA, "signal %.*s: %s", (int)s->signal_id.size,
                     s->signal_id.data, why);
}

/* The table of the book knows no clock. */
static bool has_ended(const struct publishing *p, const struct signal *s) {
    return signal_until_s(s) <= p->query->now_s;
}

static bool refuse_ended(const struct signal *s, const char *when, const char *next,
                         struct error *error) {
    char until[TIME_JSON_SIZE], why[96];
    snprintf(why, sizeof why, "%s %s; %s", when, time_json(signal_until_s(s) * MICROS, until),
             next);
    return contradicts(s, why, error);
}

/* Whether the engine would make nothing of it: its term is over, and it ends nothing that counts.
 */
static bool comes_to_nothing(const struct publishing *p, const struct signal *s) {
    const struct text id = s->kind == SIGNAL_WITHDRAWAL ? s->withdraws_signal_id : s->signal_id;
    const struct signal_entry *entry = has_ended(p, s) ? signal_book_find(p->book, id) : NULL;
    struct signal there;
    if (entry == NULL) return has_ended(p, s);
    signal_book_signal(p->book, entry, &there);
    return has_ended(p, &there);
}

/* One withdrawal of a source stands for all that it writes of the same signal. */
static bool compare_withdrawal(const struct publishing *p, struct signal_draft *draft) {
    const char *there = signal_book_withdrawal(p->book, &draft->signal);
    if (!text_equal(draft->signal.signal_id, text_of(there))) draft->stands_for_it = there;
    return true;
}

/* The table has refused it as a replay. */
static bool compare(struct publishing *p, struct signal_draft *draft, struct error *error) {
    const struct signal *s = &draft->signal;
    struct signal there;
    if (s->kind == SIGNAL_WITHDRAWAL) return compare_withdrawal(p, draft);
    signal_book_signal(p->book, signal_book_find(p->book, s->signal_id), &there);
    if (there.revision != s->revision)
        return contradicts(s, "a later revision is there; see saqshy signal show", error);
    if (!signal_draft_says(draft, &there, p->encoder))
        return contradicts(
            s, "another signal is there by this id and revision; give a later revision", error);
    return !has_ended(p, &there) ||
           refuse_ended(&there, "it ended on", "give a later revision", error);
}

/* The engine has limits that the encoder does not know; beyond them nobody would ever read it. */
static bool is_readable(const struct publishing *p, const struct signal *s, struct bytes value,
                        struct error *error) {
    char text[VERDICT_WHY_SIZE];
    const char *why = "";
    const enum verdict verdict = signal_book_judge(p->book, value, text, &why);
    return verdict == VERDICT_ACCEPTED ||
           error_set(error, ERROR_BAD_DATA, "signal %.*s: %s: %s", (int)s->signal_id.size,
                     s->signal_id.data, verdict_name(verdict), why);
}

static bool publish(struct publishing *p, struct signal_draft *draft, struct error *error) {
    struct bytes value;
    const struct signal *s = &draft->signal;
    if (!encode_signal(p->encoder, s, &value, error) || !is_readable(p, s, value, error))
        return false;
    const bool too_late = comes_to_nothing(p, s);
    const enum signal_effect effect = signal_book_take(p->book, s, value);
    switch (effect) {
    case EFFECT_REPLAYED:
        if (!compare(p, draft, error)) return false;
        draft->there = true;
        p->there++;
        return true;
    case EFFECT_STRANGER:
        return contradicts(s, "only its own source and HUB may revise it", error);
    case EFFECT_WITHDRAWN:
        if (s->kind == SIGNAL_WITHDRAWAL) break;
        return contradicts(s, "it was withdrawn; give another id", error);
    case EFFECT_FULL:
        return contradicts(s, "the topic holds too many signals", error);
    default:
        break;
    }
    if (too_late)
        return refuse_ended(s, "it is over already, since", "give a later valid_until", error);
    return produce(p, s, value, error);
}

static bool publish_all(struct publishing *p, struct signal_drafts *drafts, struct error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < drafts->count; i++)
        ok = publish(p, &drafts->items[i], error) ||
             (drafts->items[i].line > 0 &&
              error_prefix(error, "line %lld", (long long)drafts->items[i].line));
    if (ok && p->send.open) ok = topic_send_commit(&p->send, error);
    topic_send_abandon(&p->send);
    if (ok) say(p, drafts);
    return ok;
}

/* The book is read behind the fence: whoever was before has committed or never will. */
static bool open_all(struct publishing *p, struct error *error) {
    const char *topic = p->query->options->topic_signals;
    if (!p->query->dry_run && !p->port->ops->fence(p->port, error)) return false;
    if (!p->port->ops->partition_count(p->port, topic, &p->partitions, error)) return false;
    p->encoder = encoder_open(error);
    if (p->encoder == NULL) return false;
    p->book = signal_read_topic(p->port, p->query, NULL, NULL, error);
    return p->book != NULL;
}

static void close_all(struct publishing *p) {
    encoder_close(p->encoder);
    signal_book_close(p->book);
}

static struct publishing begin(struct port *port, const struct signal_query *query, FILE *out) {
    return (struct publishing){
        .port = port,
        .query = query,
        .out = out,
        .send = {.port = port,
                 .overtaken = "another `saqshy signal` has taken over; nothing of this one was "
                              "published; start it again",
                 .again = "nothing was published; start it again"}};
}

bool signal_publish(struct port *port, const struct signal_query *query,
                    struct signal_drafts *drafts, FILE *out, struct error *error) {
    struct publishing p = begin(port, query, out);
    const bool ok = open_all(&p, error) && publish_all(&p, drafts, error);
    close_all(&p);
    return ok;
}

/* A withdrawal. */

static bool draft_withdrawal(const struct publishing *p, const struct signal_entry *entry,
                             struct signal_draft *draft, struct error *error) {
    struct signal there, *s = &draft->signal;
    signal_book_signal(p->book, entry, &there);
    *draft = (struct signal_draft){.reported_now = true, .from_reported = true};
    *s = (struct signal){.category = text_of(p->query->reason),
                         .withdraws_signal_id = text_of(entry->id),
                         .revision = 1,
                         .kind = SIGNAL_WITHDRAWAL,
                         .source = there.source,
                         .confidence = CONFIDENCE_CONFIRMED,
                         .list_colour = COLOUR_NULL};
    if (p->query->source != NULL && !record_json_symbol(p->query->source, signal_source_symbols,
                                                        SOURCE_COUNT, &s->source, error))
        return error_prefix(error, "--source");
    if (s->source != there.source && s->source != SOURCE_HUB)
        return contradicts(&there, "only its own source and HUB may withdraw it", error);
    s->valid_until_present = signal_until_s(&there) > p->query->now_s;
    s->valid_until_s = signal_until_s(&there);
    s->valid_until_us = s->valid_until_s * MICROS;
    return signal_draft_complete(draft, p->query->now_s * MICROS, p->encoder, error);
}

static bool withdraw(struct publishing *p, struct error *error) {
    const struct signal_entry *entry = signal_book_find(p->book, text_of(p->query->id));
    struct signal_draft draft;
    if (entry == NULL)
        return error_set(error, ERROR_FAILED, "there is no signal %s; see saqshy signal ls",
                         p->query->id);
    if (!draft_withdrawal(p, entry, &draft, error)) return false;
    struct signal_drafts drafts = {&draft, 1, 1};
    return publish_all(p, &drafts, error);
}

bool signal_withdraw(struct port *port, const struct signal_query *query, FILE *out,
                     struct error *error) {
    struct publishing p = begin(port, query, out);
    const bool ok = open_all(&p, error) && withdraw(&p, error);
    close_all(&p);
    return ok;
}
