/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq.h"
#include "detector/commands/dlq_walk.h"
#include "detector/commands/topic_send.h"

enum { HEADERS_MAX = 64, REFUSED_SAID = 10 };

struct redrive {
    struct port *port;
    const struct dlq_query *query;
    struct dlq_redriven *result;
    int64_t taken;
    /* The open transaction. */
    struct topic_send send;
    int64_t begun_ms;
    size_t letters, bytes;
    /* The source topic asked for last. */
    char topic[DLQ_TOPIC_SIZE];
    int32_t partitions;
};

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

static bool refuse(struct redrive *r, const struct dlq_letter *letter, const char *why) {
    if (++r->result->refused <= REFUSED_SAID)
        fprintf(stderr, "refused: %s/%d offset %lld: %s\n", letter->source_topic,
                (int)letter->source_partition, (long long)letter->source_offset, why);
    else if (r->result->refused == REFUSED_SAID + 1)
        fprintf(stderr, "refused: and more\n");
    return true;
}

static bool ask_partitions(struct redrive *r, const struct dlq_letter *letter,
                           struct error *error) {
    if (strcmp(r->topic, letter->source_topic) == 0) return true;
    if (!r->port->ops->partition_count(r->port, letter->source_topic, &r->partitions, error))
        return false;
    snprintf(r->topic, sizeof r->topic, "%s", letter->source_topic);
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
    if (letter->cut != NULL)
        return refuse(r, letter,
                      strcmp(letter->cut, "headers") == 0
                          ? "some of its headers were left out; send the original again"
                          : "it was too large, what is here is cut; send the original again");
    if (strcmp(letter->source_topic, query->options->topic_dead_letters) == 0)
        return refuse(r, letter, "it comes from the dead-letter topic itself");
    if (!ask_partitions(r, letter, error)) return false;
    if (letter->source_partition >= r->partitions)
        return refuse(r, letter, "its topic has no such partition any more");
    if (query->dry_run)
        r->result->redriven++;
    else if (!send(r, letter, place, error))
        return false;
    return ++r->taken < query->limit;
}

bool dlq_redrive(struct port *port, const struct dlq_query *query, struct dlq_redriven *result,
                 struct error *error) {
    struct redrive r = {.port = port,
                        .query = query,
                        .result = result,
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
