/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the Kafka port share. Private to the kafka_*.c of this directory. */
#pragma once

#include "detector/broker/bell.h"
#include "detector/broker/kafka_reader.h"
#include "detector/port.h"
#include "detector/service/options.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

enum { KAFKA_INSTANCE_SIZE = 160 };

struct kafka_port {
    struct port port;
    const struct options *options;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *main_queue;
    struct kafka_reader *reader; /* of the assignment in force */
    pthread_t assigner;          /* the engine thread: who assigned takes and releases */
    struct bell bell;            /* wakes it */

    rd_kafka_t *producer;
    rd_kafka_consumer_group_metadata_t *group;
    char instance[KAFKA_INSTANCE_SIZE]; /* who commits; written beside every committed offset */
    atomic_bool has_shard; /* taken over by this instance, and by none after it as far as known */
    _Atomic int64_t looked_ms; /* when that was known last: by a look or by a transaction's begin */
    _Atomic int32_t input_partitions; /* of the transactions' topic, at the last full look */
    /* Since when brokers do not know what they are asked for; 0: they do. Of all threads. */
    _Atomic int64_t unknown_ms;
    int64_t begun_ms; /* when the open transaction began */
    bool command;     /* of no shard: nothing is claimed, a doubtful producer is not renewed */
    bool feeding;     /* a plain, idempotent producer of a tool */
    bool doubtful;    /* a transactional call was slow or retried: rebuild before the next one */
    rd_kafka_resp_err_t delivery_error; /* the first failed delivery of a unit; purges count last */
    char delivery_topic[256];           /* and where it should have gone */
    int64_t delivery_failures;
    rd_kafka_topic_partition_list_t *offsets; /* at-least-once: to be committed after the flush */

    atomic_bool stopped;
    _Atomic int64_t warned_ms; /* when "the broker is away" was said last */
};

enum {
    KAFKA_CALL_MS = 5000,  /* one try of a blocking call */
    KAFKA_LOOK_MS = 10000, /* how often an idle engine looks whether the shard is still its own */
    KAFKA_RETRY_MS = 250,  /* pause between tries */
    KAFKA_WARN_MS = 60000, /* how often an absent broker is mentioned */
    KAFKA_UNKNOWN_MS = 10000, /* a topic that the brokers do not know is waited for */
    KAFKA_SLOW_MS =
        3000, /* a transactional call that took longer may still have a twin on its way */
};

static inline struct kafka_port *kafka_self(struct port *port) {
    return (struct kafka_port *)port;
}

/* A client with the shared settings and the pass-through ones. ERROR_CONFIG when librdkafka refuses
 * a setting. */
rd_kafka_t *kafka_client_new(struct kafka_port *k, enum options_client client, struct error *error);
/* Pauses between two tries of `what`; false once `stop` was called (ERROR_INTERRUPTED). */
bool kafka_pause(struct kafka_port *k, const char *what, const char *why, struct error *error);
/* For loops around blocking calls: false once `stop` was called (ERROR_INTERRUPTED); else says once
 * a minute that `what` waits for the broker, pauses and returns true. */
bool kafka_try_again(struct kafka_port *k, const char *what, const char *why, struct error *error);
/* Of a message that was dropped because its transaction had failed already. */
bool kafka_is_purged(rd_kafka_resp_err_t failed);
/* What a right that is missing answers: waiting does not mend it. */
bool kafka_is_denied(rd_kafka_resp_err_t failed);
/* The same after a call of the engine thread that answered `failed`; ERROR_DENIED where it was
 * refused. */
bool kafka_engine_retry(struct kafka_port *k, const char *what, rd_kafka_resp_err_t failed,
                        struct error *error);
/* The same for loops of the engine thread: to wait for the broker is a sign of life. */
bool kafka_engine_try_again(struct kafka_port *k, const char *what, const char *why,
                            struct error *error);

bool kafka_consumer_open(struct kafka_port *k, struct error *error);
void kafka_consumer_close(struct kafka_port *k);
bool kafka_partition_count(struct port *, const char *, int32_t *, struct error *);
bool kafka_find_topic(struct port *, const char *, int32_t *, struct error *);
bool kafka_watermarks(struct port *, const char *, int32_t, int64_t *, int64_t *, struct error *);
bool kafka_committed(struct port *, struct port_position *, size_t, struct error *);
/* What is committed for the partitions of the list, waiting for the broker; false: stopped,
 * ERROR_DENIED, or ERROR_CONFIG for a partition that brokers do not know. */
bool kafka_ask_committed(struct kafka_port *k, rd_kafka_topic_partition_list_t *list,
                         struct error *error);
/* The same by one short try; false: not told. */
bool kafka_try_committed(struct kafka_port *k, rd_kafka_topic_partition_list_t *list);
bool kafka_assign(struct port *, const struct port_position *, size_t, struct error *);
bool kafka_poll(struct port *, size_t, struct port_record *, size_t, size_t *, struct error *);
bool kafka_at_end(struct port *, size_t);
int64_t kafka_known_end(struct port *, size_t);
void kafka_wait(struct port *, int);
void kafka_wake(struct port *);
void kafka_release(struct port *, struct port_record *, size_t);
bool kafka_header(struct port *, const struct port_record *, size_t, struct port_header *);

void kafka_producer_close(struct kafka_port *k);
/* A name for this process that no other has, to be read by people too. */
void kafka_claim_name(struct kafka_port *k);
/* Whether the shard's committed offsets bear this instance's name, or none at all (nothing is
 * committed yet). False: ERROR_FENCED with who has them; or the wait for the broker was broken. */
bool kafka_claim_holds(struct kafka_port *k, struct error *error);
/* Of committed offsets that were read: whether those of the transactions bear this instance's name.
 * A commit holds the offsets of all inputs, so that one topic tells who made it; who takes over
 * signs no other. */
bool kafka_claim_signed(const struct kafka_port *k, const rd_kafka_topic_partition_list_t *list,
                        struct error *error);
/* Of one that is fenced: the error says who has the shard, if the broker tells it soon. */
void kafka_claim_tell(struct kafka_port *k, struct error *error);
/* The same by one short try, and only when nobody looked and nothing began for KAFKA_LOOK_MS: an
 * engine with nothing to commit is not told that it is fenced. True also when the broker does not
 * answer. Engine thread. */
bool kafka_claim_look(struct kafka_port *k, struct error *error);
/* What the producer's transaction has to say beside offsets: they bear this instance's name. */
void kafka_claim_sign(const struct kafka_port *k, rd_kafka_topic_partition_list_t *offsets);
/* Puts the name beside the offsets that are committed, in a transaction of the producer that has
 * just been initialised. PORT_OK also where none are. */
enum port_status kafka_claim(struct kafka_port *k, struct error *error);
bool kafka_fence(struct port *, struct error *);
/* Takes the error apart and frees it. */
enum port_status kafka_judge(struct kafka_port *k, const char *what, rd_kafka_error_t *failed,
                             struct error *error);
enum port_status kafka_begin(struct port *, struct error *);
enum port_status kafka_produce(struct port *, const struct port_message *, struct error *);
enum port_status kafka_send_offsets(struct port *, const struct port_position *, size_t,
                                    struct error *);
enum port_status kafka_commit(struct port *, struct error *);
enum port_status kafka_abort(struct port *, struct error *);
