/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the simulated port share. Private to sim_port.c, sim_producer.c, sim_claim.c.
 */
#pragma once

#include "tests/sim_port.h"

enum {
    SIM_RETRY_MS = 250,
    SIM_SLOW_MS = 3000,  /* a call that took longer may have a twin on its way */
    SIM_LOOK_MS = 10000, /* how often an idle engine looks whether the shard is still its own */
};

struct stream {
    char topic[64];
    int32_t partition;
    int64_t next;      /* to be given */
    int64_t first;     /* where it was assigned */
    int64_t fetched;   /* end of what is here */
    int64_t known_end; /* as of the last fetch; -1: none yet */
    int64_t fetch_not_before;
    bool whole; /* the last fetch brought all there was */
};

/* Messages to a partition in this epoch. */
struct sim_sequence {
    char topic[64];
    int32_t partition;
    int64_t next;
};

struct sim_port {
    struct port port;
    struct sim_world *world;
    struct sim_cluster *cluster;
    bool dead, stopped;
    int64_t cut_off_until_ms;
    struct stream *streams;
    size_t stream_count;
    int64_t borrowed;
    struct sim_task *waiting;

    /* The producer. */
    int id;
    uint32_t instance;
    const char *topic; /* of the offsets whose names tell who has the shard */
    int64_t timeout_ms;
    struct sim_producer producer;
    struct sim_sequence sequences[16];
    size_t sequence_count;
    bool has_shard, shut_out;
    bool sent;        /* a request of the open transaction arrived */
    bool doubtful;    /* a call was slow or retried */
    bool undelivered; /* a message of the open transaction */
    int64_t begun_ms, looked_ms;
};

static inline struct sim_port *sim_port_self(struct port *port) {
    return (struct sim_port *)port;
}

static inline int64_t sim_port_now(const struct sim_port *p) {
    return p->world->now_ms;
}

static inline bool sim_port_is_cut_off(const struct sim_port *p) {
    return sim_port_now(p) < p->cut_off_until_ms;
}

/* Every call begins here. False: the process is dead. */
bool sim_port_enter(struct sim_port *p);
/* Between the tries of a blocking call. False: stopped, or dead. */
bool sim_port_pause(struct sim_port *p, int64_t ms);
/* False, with the error. */
bool sim_port_interrupted(struct error *error);

/* What is committed, waiting for the brokers. False: stopped, or dead. */
bool sim_claim_committed(struct sim_port *p, struct port_position *positions, size_t count,
                         struct error *error);
/* As kafka_claim_holds and kafka_claim_look. */
bool sim_claim_holds(struct sim_port *p, struct error *error);
bool sim_claim_look(struct sim_port *p, struct error *error);
/* As kafka_claim. */
enum port_status sim_claim(struct sim_port *p, struct error *error);

bool sim_producer_fence(struct port *port, struct error *error);
enum port_status sim_producer_begin(struct port *port, struct error *error);
enum port_status sim_producer_produce(struct port *port, const struct port_message *message,
                                      struct error *error);
enum port_status sim_producer_send_offsets(struct port *port, const struct port_position *positions,
                                           size_t count, struct error *error);
enum port_status sim_producer_commit(struct port *port, struct error *error);
/* Of one that has just asked for its epoch: the group's offsets under its own name. */
enum port_status sim_producer_commit_again(struct sim_port *p,
                                           const struct port_position *positions, size_t count,
                                           struct error *error);
enum port_status sim_producer_abort(struct port *port, struct error *error);
