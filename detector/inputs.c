/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/inputs.h"

struct inputs inputs_of(const struct options *options) {
    return (struct inputs){{[INPUT_TRANSACTIONS] = options->topic_transactions,
                            [INPUT_SIGNALS] = options->topic_signals,
                            [INPUT_POLICY] = options->topic_policy}};
}

bool inputs_find(const struct inputs *inputs, struct text topic, enum input_kind *kind) {
    for (enum input_kind k = 0; k < INPUT_KINDS; k++)
        if (inputs_has(inputs, k) && text_equal(topic, text_of(inputs->topic[k]))) {
            *kind = k;
            return true;
        }
    return false;
}

bool inputs_ask(const struct inputs *inputs, struct port *port, enum input_kind kind,
                int32_t *partitions, struct error *error) {
    *partitions = 0;
    if (!inputs_has(inputs, kind)) return true;
    return input_is_compacted(kind)
               ? port->ops->find_topic(port, inputs->topic[kind], partitions, error)
               : port->ops->partition_count(port, inputs->topic[kind], partitions, error);
}
