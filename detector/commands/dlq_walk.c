/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq_walk.h"

#include "detector/commands/topic_scan.h"

struct walking {
    struct dlq_walk *walk;
    struct dlq_ledger *ledger;
    int64_t next, end; /* of what is handed out: `end` stays, whatever is written meanwhile */
    bool enough;
};

static bool take(void *context, int32_t partition, const struct port_record *record,
                 struct error *error) {
    struct walking *w = context;
    struct dlq_walk *walk = w->walk;
    struct dlq_letter letter;
    if (record->offset >= w->end) return false;
    if (record->offset < w->next) return true;
    w->next = record->offset + 1;
    switch (dlq_letter_read(walk->port, record, &letter)) {
    case DLQ_MARKER:
        return true;
    case DLQ_STRANGER:
        walk->strangers++;
        return true;
    case DLQ_LETTER:
        break;
    }
    const struct dlq_place place = {partition, record, dlq_ledger_has(w->ledger, record->offset)};
    const bool more = walk->each(walk->context, &letter, &place, error);
    w->enough = !more && !walk->again;
    return more;
}

static bool hand_out(struct walking *w, int32_t partition, struct error *error) {
    const struct topic_scan scan = {w->walk->port, w->walk->topic, take, w};
    struct topic_extent extent;
    if (w->enough || w->next >= w->end) return true;
    if (!topic_scan_partition(&scan, partition, &extent, error)) return false;
    if (!w->walk->again) w->next = w->end;
    return true;
}

static bool pass(struct walking *w, int32_t partition, struct error *error) {
    struct dlq_walk *walk = w->walk;
    struct topic_extent extent;
    walk->again = false;
    if (!dlq_ledger_read(w->ledger, walk->port, walk->topic, partition, &extent, error))
        return false;
    if (w->end < 0) {
        w->next = extent.low;
        w->end = extent.high;
    }
    if (walk->begun != NULL && !walk->begun(walk->context, w->ledger, error)) return false;
    if (!walk->again && !hand_out(w, partition, error)) return false;
    return walk->again || walk->ended == NULL || walk->ended(walk->context, error);
}

static bool walk_partition(struct walking *w, int32_t partition, struct error *error) {
    bool ok = true;
    w->end = -1;
    do
        ok = pass(w, partition, error);
    while (ok && w->walk->again);
    return ok;
}

bool dlq_walk(struct dlq_walk *walk, struct error *error) {
    struct walking w = {.walk = walk, .ledger = dlq_ledger_new()};
    int32_t partitions = 0;
    walk->strangers = 0;
    bool ok = w.ledger != NULL || error_set(error, ERROR_FAILED, "no memory for the markers");
    ok = ok && walk->port->ops->partition_count(walk->port, walk->topic, &partitions, error);
    for (int32_t p = 0; ok && !w.enough && p < partitions; p++)
        ok = walk_partition(&w, p, error);
    dlq_ledger_free(w.ledger);
    return ok;
}
