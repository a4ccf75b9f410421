/* SPDX-License-Identifier: Apache-2.0 */
/* The topics that the engine reads, and what is particular about each kind. A stream is one
 * partition of one of them. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/port.h"
#include "detector/service/options.h"

#include <stdbool.h>

enum input_kind { INPUT_TRANSACTIONS, INPUT_SIGNALS, INPUT_POLICY, INPUT_KINDS };

/* Names of topics by kind; empty or NULL: it is not read. Borrowed. */
struct inputs {
    const char *topic[INPUT_KINDS];
};

/* Of the options topic.transactions, topic.signals and topic.policy, which outlive what is made of
 * them. */
struct inputs inputs_of(const struct options *options);
/* False: no input has this name. */
bool inputs_find(const struct inputs *inputs, struct text topic, enum input_kind *kind);

static inline bool inputs_has(const struct inputs *inputs, enum input_kind kind) {
    return inputs->topic[kind] != NULL && inputs->topic[kind][0] != '\0';
}

/* How many partitions the topic has; 0: it is not there, or not read. ERROR_CONFIG when one that
 * has to be there is not. */
bool inputs_ask(const struct inputs *inputs, struct port *port, enum input_kind kind,
                int32_t *partitions, struct error *error);

/* What holds until something else is said of the same key. Such a topic may be absent; it is read
 * from its first record whatever start.from says, and goes before the transactions instead of being
 * merged with them by time; its records may be compacted away. */
static inline bool input_is_compacted(enum input_kind kind) {
    return kind != INPUT_TRANSACTIONS;
}

/* What is decided behind a record of it may be decided by other documents: no batch goes on behind
 * one. */
static inline bool input_ends_batch(enum input_kind kind) {
    return kind == INPUT_POLICY;
}

/* Whether the group's offsets, a copy of the order log's for lag tools, have a place in it. Kafka
 * refuses those of a topic that is not there, and drops them with it: a topic that may be absent
 * has none, or its loss would end every commit. */
static inline bool input_has_group_offsets(enum input_kind kind) {
    return !input_is_compacted(kind);
}
