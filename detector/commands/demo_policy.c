/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_policy.h"

#include "detector/commands/command_port.h"
#include "detector/commands/policy_verbs.h"
#include "detector/service/metrics.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORDS_EACH = 2, /* the change and its acknowledgement */
    MILLIS = 1000
};

struct demo_policy {
    struct options options; /* with an id of its own in place of the engine's */
    struct port *port;
    int64_t at_s;
    char *json; /* the document */
    size_t size;
    atomic_bool published;
    struct policy_book *book; /* of the topic, once it holds the acknowledgement */
};

/* That of the options with another term and another name. */
static bool write_document(struct demo_policy *p, struct error *error) {
    struct documents *documents = documents_open(&p->options, error);
    if (documents == NULL) return false;
    size_t size = 0;
    const char *json = policy_json(documents_policy(documents), &size);
    json_t *document = json_loadb(json, size, 0, NULL);
    json_object_set_new(document, "id", json_string(DEMO_POLICY_ID));
    json_object_set_new(document, "max_hold_business_days", json_integer(1));
    p->json = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    documents_close(documents);
    if (p->json == NULL) return error_set(error, ERROR_FAILED, "no memory for a policy");
    p->size = strlen(p->json);
    return true;
}

struct demo_policy *demo_policy_open(const struct options *options, int64_t at_s,
                                     struct error *error) {
    struct demo_policy *p = calloc(1, sizeof *p);
    if (p == NULL) {
        error_set(error, ERROR_FAILED, "no memory for a policy");
        return NULL;
    }
    p->options = *options;
    p->at_s = at_s;
    if (options->topic_policy[0] == '\0') return p;
    p->port = command_port_open(&p->options, "saqshy-policy", error);
    if (p->port != NULL && write_document(p, error)) return p;
    demo_policy_close(p);
    return NULL;
}

void demo_policy_close(struct demo_policy *p) {
    if (p == NULL) return;
    policy_book_close(p->book);
    if (p->port != NULL) p->port->ops->close(p->port);
    free(p->json);
    free(p);
}

bool demo_policy_reach(struct demo_policy *p, int64_t now_s, int64_t *records,
                       struct error *error) {
    *records = 0;
    if (p->port == NULL || now_s < p->at_s || atomic_load(&p->published)) return true;
    const struct policy_query query = {.options = &p->options, .timestamp_ms = p->at_s * MILLIS};
    const struct policy_change change = {.author = "asel",
                                         .approver = "marat",
                                         .reason = "a demo lives fast: holds of one working day",
                                         .policy = p->json,
                                         .policy_size = p->size};
    if (!policy_publish_change(p->port, &query, &change, error)) return false;
    *records = RECORDS_EACH;
    atomic_store(&p->published, true);
    return true;
}

/* The acknowledgement is in the commit that ends with the change. */
static void read_topic(struct demo_policy *p) {
    const struct policy_query query = {.options = &p->options};
    struct error ignored;
    if (metrics_get(METRIC_POLICY_ACTIVATIONS) + metrics_get(METRIC_POLICY_REFUSED) == 0) return;
    p->book = policy_read_topic(p->port, &query, &ignored);
    if (p->book == NULL || (p->book->count > 0 && p->book->ack_count > 0)) return;
    policy_book_close(p->book);
    p->book = NULL;
}

struct demo_policy_said demo_policy_look(struct demo_policy *p) {
    struct demo_policy_said said = {.published = atomic_load(&p->published), .at_s = p->at_s};
    if (said.published && p->book == NULL) read_topic(p);
    if (p->book == NULL) return said;
    const struct policy_entry *change = &p->book->entries[0];
    const struct policy_ack *ack = &p->book->acks[0];
    said.acknowledged = true;
    said.active = ack->active;
    said.author = change->author;
    said.approver = change->approver;
    said.reason = change->reason;
    said.shard = ack->shard;
    said.why = ack->why;
    return said;
}
