/* SPDX-License-Identifier: Apache-2.0 */
/* Kafka's clients for freeze_queue.c: how they are made, and what their errors come to. */
#pragma once

#include "ledger.h"

#include <librdkafka/rdkafka.h>

static inline void delivered(rd_kafka_t *producer, const rd_kafka_message_t *message,
                             void *opaque) {
    (void)producer, (void)opaque;
    if (message->err != 0) fail(1, "outcome not sent", rd_kafka_err2str(message->err));
}

/* What waiting does not mend ends the program. */
static inline void complain(rd_kafka_t *consumer, const rd_kafka_message_t *message) {
    const rd_kafka_resp_err_t error = message->err;
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
        rd_kafka_fatal_error(consumer, NULL, 0) != 0)
        fail(1, "Kafka", rd_kafka_message_errstr(message));
    fprintf(stderr, "Kafka: %s\n", rd_kafka_message_errstr(message));
}

static inline rd_kafka_t *client(rd_kafka_type_t type, const char *const settings[][2]) {
    char why[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    for (; (*settings)[0] != NULL; settings++)
        if (rd_kafka_conf_set(conf, (*settings)[0], (*settings)[1], why, sizeof why) != 0)
            fail(78, (*settings)[0], why);
    rd_kafka_t *made = rd_kafka_new(type, conf, why, sizeof why);
    if (made == NULL) fail(78, "Kafka", why);
    return made;
}
