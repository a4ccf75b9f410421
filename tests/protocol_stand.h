/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka's mock cluster of one broker, a few records in its input, for tests of what the Kafka
 * port does when a protocol request fails. */
#pragma once

#include "detector/broker/kafka_port.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum {
    RECORDS = 12,    /* of the input; each is its number, a byte */
    A_UNIT = 2,      /* records that a transaction copies */
    DELAY_MS = 3100, /* an answer that comes late */
};

/* Requests by their number in the Kafka protocol. */
enum {
    OFFSET_COMMIT = 8,
    INIT_PRODUCER_ID = 22,
    ADD_PARTITIONS = 24,
    ADD_OFFSETS = 25,
    END = 26,
    OFFSETS_IN_TRANSACTION = 28
};

#define INPUT "antifrod.transactions"
#define OUTPUT "out"

struct stand {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    struct options options;
    struct port *port; /* the test's to open */
};

/* Ends the process, as what the test is of cannot be asked. */
_Noreturn void end_case(const char *what, const char *why);

void protocol_open(struct stand *stand, const char *delivery);
/* With its port. */
void protocol_close(struct stand *stand);
