/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/dlq.h"
#include "detector/commands/dlq_walk.h"
#include "detector/commands/topic_send.h"
#include "detector/inputs.h"

enum { HEADERS_MAX = 64, REFUSED_SAID = 10 };

/* An input that letters come from. */
struct source {
    bool asked;
    int32_t partitions; /* 0: it is not there */
};

struct redrive {
    struct port *port;
    const struct dlq_query *query;
    struct dlq_redriven *result;
    FILE *said;
    int64_t taken;
    /* The open transaction. */
    struct topic_send send;
    int64_t begun_ms;
    size_t letters, bytes;
    struct inputs inputs;
    struct source sources[INPUT_KINDS];
};

const char *dlq_refusal_name(enum dlq_refusal refusal) {
    static const char *const names[] = {
#define X(name, text) #name,
        DLQ_REFUSAL_TABLE(X)
#undef X
    };
    return names[refusal];
}

const char *dlq_refusal_text(enum dlq_refusal refusal) {
    static const char *const texts[] = {
#define X(name, text) text,
        DLQ_REFUSAL_TABLE(X)
#undef X
    };
    return texts[refusal];
}

/* The producer. */

static bool commit(struct redrive *r, struct error *error) {
    if (!r->send.open) return true;
    if (!topic_send_commit(&r->send, error)) return false;
    r->result->redriven += (int64_t)r->letters;
    return true;
}

static bool begin(struct redrive *r, struct error *error) {
    if (r->send.open) return true;
    if (!topic_send_begin(&r->send, error)) return false;
    r->begun_ms = r->port->ops->now_ms(r->port);
    r->letters = r->bytes = 0;
    return true;
}

static bool is_full(const struct redrive *r) {
    return r->send.open && (r->letters >= DLQ_BATCH_LETTERS || r->bytes >= DLQ_BATCH_BYTES ||
                            r->port->ops->now_ms(r->port) - r->begun_ms >= DLQ_BATCH_MS);
}

/* Letters. */

static void refuse(struct redrive *r, const struct dlq_letter *letter, enum dlq_refusal refusal) {
    r->result->refused++;
    const int64_t count = ++r->result->refused_for[refusal];
    if (count > REFUSED_SAID + 1) return;
    fprintf(r->said, "refused: %s: ", dlq_refusal_name(refusal));
    if (count <= REFUSED_SAID) {
        printable_put(letter->source_topic, r->said);
        fprintf(r->said, "/%d offset %lld\n", (int)letter->source_partition,
                (long long)letter->source_offset);
    } else {
        fputs("and more\n", r->said);
    }
}

/* Once for each input, and with no transaction open: a topic that is missing may be waited for
 * until one has timed out. */
static bool ask_source(struct redrive *r, enum input_kind kind, struct error *error) {
    struct source *source = &r->sources[kind];
    struct error why;
    if (source->asked) return true;
    if (!commit(r, error)) return false;
    source->asked = true;
    if (inputs_ask(&r->inputs, r->port, kind, &source->partitions, &why)) return true;
    source->partitions = 0;
    if (why.code == ERROR_CONFIG) return true;
    *error = why;
    return false;
}

/* *refusal is DLQ_REFUSALS when it may go back. */
static bool judge(struct redrive *r, const struct dlq_letter *letter, enum dlq_refusal *refusal,
                  struct error *error) {
    enum input_kind kind;
    *refusal = DLQ_REFUSALS;
    if (letter->cut != NULL)
        *refusal =
            strcmp(letter->cut, "headers") == 0 ? DLQ_REFUSAL_HEADERS_LEFT_OUT : DLQ_REFUSAL_CUT;
    else if (!inputs_find(&r->inputs, text_of(letter->source_topic), &kind))
        *refusal = DLQ_REFUSAL_NOT_AN_INPUT;
    else if (!ask_source(r, kind, error))
        return false;
    else if (r->sources[kind].partitions == 0)
        *refusal = DLQ_REFUSAL_TOPIC_GONE;
    else if (letter->source_partition >= r->sources[kind].partitions)
        *refusal = DLQ_REFUSAL_PARTITION_GONE;
    return true;
}

/* Headers that speak of dead letters would be taken for another life's. */
static size_t own_headers(struct redrive *r, const struct dlq_letter *letter,
                          const struct port_record *record, struct port_header *headers) {
    static const char ours[] = "saqshy.dlq.";
    size_t count = 0;
    for (size_t i = 0; i < letter->own_headers && count < HEADERS_MAX; i++)
        if (r->port->ops->header(r->port, record, i, &headers[count]) &&
            strncmp(headers[count].name, ours, sizeof ours - 1) != 0)
            count++;
    return count;
}

static bool send(struct redrive *r, const struct dlq_letter *letter, const struct dlq_place *place,
                 struct error *error) {
    struct port_header headers[HEADERS_MAX];
    char offset[24];
    const struct port_record *record = place->record;
    const struct port_message back = {
        .topic = letter->source_topic,
        .partition = letter->source_partition,
        .key = record->key,
        .value = record->value,
        .headers = headers,
        .header_count = own_headers(r, letter, record, headers),
    };
    snprintf(offset, sizeof offset, "%lld", (long long)record->offset);
    const struct port_header redriven = {DLQ_REDRIVEN,
                                         {(const uint8_t *)offset, (uint32_t)strlen(offset)}};
    const struct port_message marker = {.topic = r->query->options->topic_dead_letters,
                                        .partition = place->partition,
                                        .headers = &redriven,
                                        .header_count = 1};
    if (!begin(r, error) || !topic_send(&r->send, &back, error) ||
        !topic_send(&r->send, &marker, error))
        return false;
    r->letters++;
    r->bytes += record->key.size + record->value.size;
    return true;
}

static bool take(void *context, const struct dlq_letter *letter, const struct dlq_place *place,
                 struct error *error) {
    struct redrive *r = context;
    const struct dlq_query *query = r->query;
    if (is_full(r) && !commit(r, error)) return false;
    if (query->reason != NULL && strcmp(letter->reason, query->reason) != 0) return true;
    if (place->redriven) {
        r->result->before++;
        return true;
    }
    enum dlq_refusal refusal;
    if (!judge(r, letter, &refusal, error)) return false;
    if (refusal != DLQ_REFUSALS) {
        refuse(r, letter, refusal);
        return true;
    }
    if (query->dry_run)
        r->result->redriven++;
    else if (!send(r, letter, place, error))
        return false;
    return ++r->taken < query->limit;
}

bool dlq_redrive(struct port *port, const struct dlq_query *query, struct dlq_redriven *result,
                 FILE *said, struct error *error) {
    struct redrive r = {.port = port,
                        .query = query,
                        .result = result,
                        .said = said,
                        .inputs = inputs_of(query->options),
                        .send = {.port = port,
                                 .overtaken = "another `saqshy dlq redrive` has taken over; this "
                                              "one ends, and what it had not committed the other "
                                              "one sends",
                                 .again = "start it again, it goes on where it was"}};
    struct dlq_walk walk = {
        .port = port, .topic = query->options->topic_dead_letters, .each = take, .context = &r};
    *result = (struct dlq_redriven){0};
    /* The ledger is read behind the fence: whoever was before has committed or never will. */
    if (!query->dry_run && !port->ops->fence(port, error)) return false;
    if (dlq_walk(&walk, error)) return commit(&r, error);
    topic_send_abandon(&r.send);
    return false;
}
