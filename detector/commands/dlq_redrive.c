/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/dlq.h"
#include "detector/commands/dlq_batch.h"
#include "detector/commands/topic_send.h"

enum { REFUSED_SAID = 10 };

/* An input that letters come from. */
struct source {
    bool asked, denied;
    int32_t partitions; /* 0: it is not there */
};

struct redrive {
    struct port *port;
    const struct dlq_query *query;
    struct dlq_redriven *result;
    FILE *said;
    int64_t taken;
    struct dlq_walk walk;
    struct dlq_batch batch;
    struct topic_send send;
    bool marks; /* the broker is known to take markers */
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

/* Letters. */

/* `why`: what the broker said; NULL: it was not asked. */
static void refuse(struct redrive *r, const struct dlq_letter *letter, enum dlq_refusal refusal,
                   const char *why) {
    r->result->refused++;
    const int64_t count = ++r->result->refused_for[refusal];
    if (count > REFUSED_SAID + 1) return;
    fprintf(r->said, "refused: %s: ", dlq_refusal_name(refusal));
    if (count > REFUSED_SAID) {
        fputs("and more\n", r->said);
        return;
    }
    printable_put(letter->source_topic, r->said);
    fprintf(r->said, "/%d offset %lld", (int)letter->source_partition,
            (long long)letter->source_offset);
    if (why != NULL) {
        fputs(": ", r->said);
        printable_put(why, r->said);
    }
    fputc('\n', r->said);
}

/* Once for each input: a topic that is missing may be waited for. */
static bool ask_source(struct redrive *r, enum input_kind kind, struct error *error) {
    struct source *source = &r->sources[kind];
    struct error why;
    if (source->asked) return true;
    source->asked = true;
    if (inputs_ask(&r->inputs, r->port, kind, &source->partitions, &why)) return true;
    source->partitions = 0;
    if (why.code == ERROR_CONFIG) return true;
    *error = why;
    return false;
}

/* *refusal is DLQ_REFUSALS when it may go back; then *kind is that of its source. */
static bool judge(struct redrive *r, const struct dlq_letter *letter, enum input_kind *kind,
                  enum dlq_refusal *refusal, struct error *error) {
    *refusal = DLQ_REFUSALS;
    if (letter->cut != NULL)
        *refusal =
            strcmp(letter->cut, "headers") == 0 ? DLQ_REFUSAL_HEADERS_LEFT_OUT : DLQ_REFUSAL_CUT;
    else if (!inputs_find(&r->inputs, text_of(letter->source_topic), kind))
        *refusal = DLQ_REFUSAL_NOT_AN_INPUT;
    else if (!ask_source(r, *kind, error))
        return false;
    else if (r->sources[*kind].partitions == 0)
        *refusal = DLQ_REFUSAL_TOPIC_GONE;
    else if (letter->source_partition >= r->sources[*kind].partitions)
        *refusal = DLQ_REFUSAL_PARTITION_GONE;
    else if (r->sources[*kind].denied)
        *refusal = DLQ_REFUSAL_DENIED;
    return true;
}

/* Sending. */

static bool send_record(struct redrive *r, const struct dlq_copy *copy, struct error *error) {
    const struct port_message back = {
        .topic = copy->letter.source_topic,
        .partition = copy->letter.source_partition,
        .key = copy->key,
        .value = copy->value,
        .headers = copy->headers,
        .header_count = copy->header_count,
    };
    return topic_send(&r->send, &back, error);
}

static bool send_marker(struct redrive *r, const struct dlq_copy *copy, struct error *error) {
    char offset[24];
    snprintf(offset, sizeof offset, "%lld", (long long)copy->offset);
    const struct port_header redriven = {DLQ_REDRIVEN,
                                         {(const uint8_t *)offset, (uint32_t)strlen(offset)}};
    const struct port_message marker = {.topic = r->query->options->topic_dead_letters,
                                        .partition = copy->partition,
                                        .headers = &redriven,
                                        .header_count = 1};
    return topic_send(&r->send, &marker, error);
}

/* The first `count` of the batch, in one transaction. */
static bool send_first(struct redrive *r, size_t count, struct error *error) {
    if (!topic_send_begin(&r->send, error)) return false;
    for (size_t i = 0; i < count; i++)
        if (!send_record(r, r->batch.copies[i], error) ||
            !send_marker(r, r->batch.copies[i], error))
            return false;
    if (!topic_send_commit(&r->send, error)) return false;
    r->result->redriven += (int64_t)count;
    dlq_batch_drop(&r->batch, count);
    return true;
}

/* After a refusal: the next transaction needs a new producer, and with it the ledger anew, as
 * another redrive may have come and gone before its fence. */
static bool start_over(struct redrive *r, struct error *error) {
    r->walk.again = true;
    return r->port->ops->fence(r->port, error);
}

static bool send_batch(struct redrive *r, struct error *error) {
    struct error why;
    if (r->batch.count == 0 || send_first(r, r->batch.count, &why)) return true;
    if (r->send.refused) return start_over(r, error);
    *error = why;
    return false;
}

/* Tried with one that is taken back: where it is the markers that the broker refuses, no letter can
 * go. */
static bool takes_markers(struct redrive *r) {
    struct error ignored;
    if (!r->marks)
        r->marks = topic_send_begin(&r->send, &ignored) &&
                   send_marker(r, r->batch.copies[0], &ignored) && topic_send_abandon(&r->send);
    return r->marks;
}

static void give_up(struct redrive *r, const struct error *why) {
    const struct dlq_copy *copy = r->batch.copies[0];
    const bool denied = why->code == ERROR_DENIED;
    if (denied) r->sources[copy->kind].denied = true;
    refuse(r, &copy->letter, denied ? DLQ_REFUSAL_DENIED : DLQ_REFUSAL_REFUSED_BY_BROKER,
           why->text);
    dlq_batch_drop(&r->batch, 1);
}

static bool send_one(struct redrive *r, struct error *error) {
    struct error why;
    if (send_first(r, 1, &why)) return true;
    const bool refused = r->send.refused;
    if (refused && !start_over(r, error)) return false;
    if (refused && takes_markers(r)) {
        give_up(r, &why);
        return true;
    }
    *error = why;
    return refused ? error_prefix(error, "the broker takes no marker into %s",
                                  r->query->options->topic_dead_letters)
                   : false;
}

/* What was refused together, one by one: who is not to blame goes back. */
static bool send_singly(void *context, const struct dlq_ledger *ledger, struct error *error) {
    struct redrive *r = context;
    while (r->batch.count > 0 && !r->walk.again) {
        const struct dlq_copy *copy = r->batch.copies[0];
        const bool sent = dlq_ledger_has(ledger, copy->offset);
        if (!sent && !r->sources[copy->kind].denied) {
            if (!send_one(r, error)) return false;
            continue;
        }
        if (sent)
            r->result->before++;
        else
            refuse(r, &copy->letter, DLQ_REFUSAL_DENIED, NULL);
        dlq_batch_drop(&r->batch, 1);
    }
    return true;
}

static bool send_rest(void *context, struct error *error) {
    return send_batch(context, error);
}

/* The walk. */

static bool add(struct redrive *r, const struct dlq_letter *letter, const struct dlq_place *place,
                enum input_kind kind, struct error *error) {
    r->taken++;
    if (r->query->dry_run) {
        r->result->redriven++;
        return true;
    }
    return dlq_batch_add(&r->batch, r->port, letter, place, kind, error) &&
           (!dlq_batch_is_full(&r->batch) || send_batch(r, error));
}

static bool take(void *context, const struct dlq_letter *letter, const struct dlq_place *place,
                 struct error *error) {
    struct redrive *r = context;
    const struct dlq_query *query = r->query;
    enum input_kind kind;
    enum dlq_refusal refusal;
    if (r->taken == query->limit) return false;
    if (query->reason != NULL && strcmp(letter->reason, query->reason) != 0) return true;
    if (place->redriven) {
        r->result->before++;
        return true;
    }
    if (!judge(r, letter, &kind, &refusal, error)) return false;
    if (refusal != DLQ_REFUSALS) {
        refuse(r, letter, refusal, NULL);
        return true;
    }
    if (!add(r, letter, place, kind, error)) return false;
    return r->taken < query->limit && !r->walk.again;
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
    r.walk = (struct dlq_walk){.port = port,
                               .topic = query->options->topic_dead_letters,
                               .begun = send_singly,
                               .each = take,
                               .ended = send_rest,
                               .context = &r};
    *result = (struct dlq_redriven){0};
    /* The ledger is read behind the fence: whoever was before has committed or never will. */
    const bool ok = (query->dry_run || port->ops->fence(port, error)) && dlq_walk(&r.walk, error);
    topic_send_abandon(&r.send);
    dlq_batch_drop(&r.batch, r.batch.count);
    return ok;
}
