/* SPDX-License-Identifier: Apache-2.0 */
/* The input of a live session: partitions that are new, and what is read before the first
 * transaction. */
#include "detector/base/log.h"
#include "detector/session.h"

/* A partition of the transactions that is new begins at 0; a compacted topic may have come to be
 * long before its name was given to us. */
static bool first_offset(struct session *s, const struct inputs *inputs, enum input_kind kind,
                         int32_t partition, int64_t *offset, struct error *error) {
    struct port *port = s->pipeline->port;
    int64_t high = 0;
    *offset = 0;
    return !input_is_compacted(kind) ||
           port->ops->watermarks(port, inputs->topic[kind], partition, offset, &high, error);
}

struct gone {
    const char *event, *next;
};

#define KEPT_NEXT                                                                                  \
    "what it said stays in force, transactions are taken; restore it with its offsets: a start "   \
    "without them ends with 66 if any of it was read"

static const struct gone GONE[INPUT_KINDS] = {
    [INPUT_TRANSACTIONS] = {"event=transactions_gone",
                            "nothing is judged until it is back; restore it with its offsets: a "
                            "start without it ends with 78, without them with 66"},
    [INPUT_SIGNALS] = {"event=signals_gone", KEPT_NEXT},
    [INPUT_POLICY] = {"event=policy_gone", KEPT_NEXT},
};

/* A topic of which partitions are read is not there, or is there again: said when that changes. The
 * client asks for it by itself, and the other inputs are read on. */
static void note_gone(struct session *s, enum input_kind kind, const char *topic,
                      int32_t partitions) {
    const bool gone = partitions == 0 && consume_has_stream(s->consume, kind, 0);
    if (gone && !s->gone[kind])
        log_warn("%s topic=%s next=\"%s\"", GONE[kind].event, topic, GONE[kind].next);
    s->gone[kind] = gone;
}

static bool take_in(struct session *s, enum input_kind kind, int32_t *partitions,
                    struct error *error) {
    const struct inputs inputs = inputs_of(s->pipeline->settings);
    const size_t before = consume_stream_count(s->consume);
    struct port *port = s->pipeline->port;
    *partitions = 0;
    if (!inputs_has(&inputs, kind)) return true;
    if (!port->ops->find_topic(port, inputs.topic[kind], partitions, error)) return false;
    note_gone(s, kind, inputs.topic[kind], *partitions);
    for (int32_t i = 0; i < *partitions; i++) {
        int64_t offset = 0;
        if (consume_has_stream(s->consume, kind, i)) continue;
        if (!first_offset(s, &inputs, kind, i, &offset, error) ||
            !consume_add_stream(s->consume, kind, i, offset, error))
            return false;
    }
    if (consume_stream_count(s->consume) > before)
        log_info("event=new_partitions topic=%s partitions=%d", inputs.topic[kind],
                 (int)*partitions);
    return true;
}

bool session_look_for_input(struct session *s, struct error *error) {
    const size_t before = consume_stream_count(s->consume);
    int32_t partitions = 0;
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        if (!take_in(s, kind, &partitions, error)) return false;
    return consume_stream_count(s->consume) == before || consume_assign(s->consume, NULL, error);
}

/* What the compacted inputs hold now goes before the first transaction. */
static bool read_first(struct session *s, struct error *error) {
    struct port *port = s->pipeline->port;
    int64_t records[INPUT_KINDS] = {0};
    for (size_t i = 0; i < consume_stream_count(s->consume); i++) {
        const struct port_position at = consume_position(s->consume, i);
        int64_t low = 0, high = 0;
        const enum input_kind kind = consume_kind(s->consume, i);
        if (!input_is_compacted(kind) || s->gone[kind]) continue;
        if (!port->ops->watermarks(port, at.topic, at.partition, &low, &high, error)) return false;
        if (high <= at.offset) continue;
        consume_read_first(s->consume, i, high);
        records[kind] += high - at.offset;
    }
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++)
        if (records[kind] > 0)
            log_info("%s records=%lld next=\"transactions are taken once these were read\"",
                     kind == INPUT_SIGNALS ? "event=signals_first" : "event=policy_first",
                     (long long)records[kind]);
    return true;
}

static void say_absent(const struct session *s, enum input_kind kind) {
    const bool signals = kind == INPUT_SIGNALS;
    log_info("%s topic=%s next=\"looks again every minute; create it, or set %s to nothing\"",
             signals ? "event=signals_absent" : "event=policy_absent",
             inputs_of(s->pipeline->settings).topic[kind],
             signals ? "topic.signals" : "topic.policy");
}

bool session_open_input(struct session *s, struct error *error) {
    const struct inputs inputs = inputs_of(s->pipeline->settings);
    for (enum input_kind kind = 0; kind < INPUT_KINDS; kind++) {
        int32_t partitions = 0;
        if (!input_is_compacted(kind) || !inputs_has(&inputs, kind)) continue;
        if (!take_in(s, kind, &partitions, error)) return false;
        if (partitions == 0 && !s->gone[kind]) say_absent(s, kind);
    }
    const bool in_order = s->pipeline->options.signals_by_time || consume_has_begun(s->consume);
    return (in_order || read_first(s, error)) && consume_assign(s->consume, NULL, error);
}
