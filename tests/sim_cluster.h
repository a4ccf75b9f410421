/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated Kafka cluster: what its brokers hold and how they answer one request.
 *
 * Partitions are logs of records and markers; what read_committed sees of one ends at the first
 * record of an undecided transaction. A transaction that is ended is first prepared, then marked in
 * each partition and in the group's offsets, one after another; while that lasts, its producer is
 * told CONCURRENT. A new epoch of an id ends the open transaction of the one before, as does the
 * time-out, and shuts it out. Messages are numbered by their producer, and one that has been there
 * is not written again. Beside an offset stands the instance that committed it: one that saw its
 * own name there and asks for a new epoch has failed the run when a younger one's is there and it
 * has not looked before. Retries and time-outs of the client are sim_port.h's. */
#pragma once

#include "detector/port.h"
#include "tests/sim_world.h"

struct sim_cluster;

enum sim_answer {
    SIM_DONE,
    SIM_AWAY,       /* the broker that would answer is not there */
    SIM_CONCURRENT, /* the last transaction of this id is being ended: ask again */
    SIM_FENCED,     /* of an epoch that is over */
    SIM_INVALID,    /* nothing to end, or it was ended the other way */
};

/* A producer as it names itself in its requests. */
struct sim_producer {
    int id; /* of sim_cluster_id */
    int32_t epoch;
};

struct sim_entry {
    int64_t offset, timestamp_ms;
    struct bytes key, value;
    struct port_header *headers;
    size_t header_count;
    uint64_t transaction; /* 0: none */
    enum { SIM_UNDECIDED, SIM_VISIBLE, SIM_ABORTED, SIM_MARKER } state;
};

struct sim_cluster *sim_cluster_new(struct sim_world *world);
void sim_cluster_free(struct sim_cluster *cluster);
/* What happens with time: time-outs, markers, requests that were on their way. */
void sim_cluster_step(struct sim_cluster *cluster);
/* Every broker is there, nothing is on its way, no transaction is open any more, every marker is
 * written. */
void sim_cluster_settle(struct sim_cluster *cluster);

/* Topics: adds partitions to a topic, which is made when it is new. */
void sim_cluster_add_partitions(struct sim_cluster *cluster, const char *topic, int32_t count);
/* 0: no such topic. */
int32_t sim_cluster_partitions(const struct sim_cluster *cluster, const char *topic);
/* First offset, end as read_committed sees it, end. */
int64_t sim_cluster_low(const struct sim_cluster *cluster, const char *topic, int32_t partition);
int64_t sim_cluster_stable(const struct sim_cluster *cluster, const char *topic, int32_t partition);
int64_t sim_cluster_end(const struct sim_cluster *cluster, const char *topic, int32_t partition);
/* The first visible record at or past an offset and below `limit`; NULL: none. */
const struct sim_entry *sim_cluster_read(const struct sim_cluster *cluster, const char *topic,
                                         int32_t partition, int64_t offset, int64_t limit);
/* Appends a record without a transaction; returns its offset. */
int64_t sim_cluster_append(struct sim_cluster *cluster, const struct port_message *message);
/* Leaves offsets out. */
void sim_cluster_skip(struct sim_cluster *cluster, const char *topic, int32_t partition,
                      int64_t count);
/* Retention: records below the offset are gone. */
void sim_cluster_trim(struct sim_cluster *cluster, const char *topic, int32_t partition,
                      int64_t offset);

/* The topic is made anew and filled again: other records at the same offsets. False: the last
 * record of each partition has neither key nor value and is the same. */
bool sim_cluster_refill(struct sim_cluster *cluster, const char *topic);

/* Brokers: away until a time. */
void sim_cluster_partition_down(struct sim_cluster *cluster, const char *topic, int32_t partition,
                                int64_t until_ms);
void sim_cluster_coordinator_down(struct sim_cluster *cluster, int64_t until_ms);
void sim_cluster_down(struct sim_cluster *cluster, int64_t until_ms);
bool sim_cluster_partition_is_up(const struct sim_cluster *cluster, const char *topic,
                                 int32_t partition);

/* Transactions. */
int sim_cluster_id(struct sim_cluster *cluster, const char *transactional_id);
/* A name that no process has yet, above those before it; 0 is nobody's. */
uint32_t sim_cluster_instance(struct sim_cluster *cluster);
/* InitProducerId. */
enum sim_answer sim_cluster_init(struct sim_cluster *cluster, int id, uint32_t instance,
                                 int64_t timeout_ms, struct sim_producer *producer);
/* AddPartitionsToTxn and Produce. `sequence`: of the producer's messages to this partition, from 0
 * on. */
enum sim_answer sim_cluster_produce(struct sim_cluster *cluster, struct sim_producer producer,
                                    const struct port_message *message, int64_t sequence);
/* AddOffsetsToTxn and TxnOffsetCommit. */
enum sim_answer sim_cluster_send_offsets(struct sim_cluster *cluster, struct sim_producer producer,
                                         uint32_t instance, const struct port_position *positions,
                                         size_t count);
/* EndTxn. */
enum sim_answer sim_cluster_finish(struct sim_cluster *cluster, struct sim_producer producer,
                                   bool commit);
/* The same, arriving at a time; nobody hears the answer. */
void sim_cluster_finish_later(struct sim_cluster *cluster, struct sim_producer producer,
                              bool commit, int64_t at_ms);
void sim_cluster_add_part_later(struct sim_cluster *cluster, struct sim_producer producer,
                                const struct port_message *message, int64_t at_ms);
void sim_cluster_produce_later(struct sim_cluster *cluster, struct sim_producer producer,
                               const struct port_message *message, int64_t sequence, int64_t at_ms);
void sim_cluster_send_offsets_later(struct sim_cluster *cluster, struct sim_producer producer,
                                    uint32_t instance, const struct port_position *positions,
                                    size_t count, int64_t at_ms);
/* Transactions with records that were committed by an id. */
uint64_t sim_cluster_commits(const struct sim_cluster *cluster, int id);

/* The producer's epoch was ended by a time-out. */
bool sim_cluster_timed_out(const struct sim_cluster *cluster, struct sim_producer producer);
/* The instance that asked for an epoch of the id last. */
uint32_t sim_cluster_initialiser(const struct sim_cluster *cluster, int id);

/* The group's committed offset, PORT_OFFSET_NONE where there is none; CONCURRENT while a
 * transaction with offsets is undecided. */
enum sim_answer sim_cluster_committed(const struct sim_cluster *cluster, const char *topic,
                                      int32_t partition, int64_t *offset);
/* Whose name, if not the instance's own, stands beside offsets of the topic; 0: nobody's. Answers
 * as the one above. */
enum sim_answer sim_cluster_look(struct sim_cluster *cluster, uint32_t instance, const char *topic,
                                 uint32_t *other);
/* The group was deleted, or its offsets have expired. */
void sim_cluster_lose_offsets(struct sim_cluster *cluster);
/* Somebody sets them to 0. False: they were so already. */
bool sim_cluster_reset_offsets(struct sim_cluster *cluster);
