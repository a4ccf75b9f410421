/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the simulated cluster share. Private to sim_cluster.c and sim_topics.c. */
#pragma once

#include "tests/sim_cluster.h"

enum { TOPICS_MAX = 8, PARTITIONS_MAX = 8, IDS_MAX = 8, PARTS_MAX = 32, LATE_MAX = 64 };
enum { INSTANCES_MAX = 1024 };

/* Of a transactional id in one partition: where its messages are known again. */
struct sequence {
    int32_t epoch;
    int64_t next;
};

struct log {
    struct sim_entry **entries;
    size_t count, room;
    int64_t low, end, down_until_ms;
    struct sequence sequences[IDS_MAX];
};

struct topic {
    char name[64];
    int32_t count;
    struct log logs[PARTITIONS_MAX];
};

/* What a transaction has written to one partition. */
struct part {
    struct log *log;
    size_t first; /* index of its first entry; SIZE_MAX: none yet */
    bool marked;
    int64_t mark_at_ms;
};

/* An offset, and who committed it: the name is written beside it. */
struct offset {
    struct port_position at;
    uint32_t instance;
};

enum stage { EMPTY, ONGOING, PREPARED, COMPLETE };

/* A transactional id as its coordinator knows it, and its last transaction. */
struct id {
    char name[64];
    int32_t epoch;
    uint32_t initialiser; /* the instance that asked for an epoch last */
    int32_t timed_out;    /* the last epoch that a time-out ended; 0: none */
    enum stage stage;
    bool commit; /* how it is, or was, ended */
    uint64_t transaction;
    int64_t begun_ms, timeout_ms;
    struct part parts[PARTS_MAX];
    size_t part_count;
    struct offset offsets[PARTS_MAX];
    size_t offset_count;
    int64_t offsets_at_ms;
    uint64_t commits;
};

/* A request that is on its way. */
struct late {
    enum { LATE_END, LATE_PART, LATE_MESSAGE, LATE_OFFSETS } what;
    struct sim_producer producer;
    bool commit;
    struct log *log;
    struct sim_entry *entry;
    int64_t sequence;
    struct offset offsets[PARTS_MAX];
    size_t offset_count;
    int64_t at_ms;
};

/* A process by its name. */
struct instance {
    bool committed; /* offsets of its own were the group's */
    bool had_shard; /* and it saw them there: before that it is still taking over */
    bool looked;    /* there was no other name when it asked last; nothing was sent since */
};

struct sim_cluster {
    struct sim_world *world;
    struct topic topics[TOPICS_MAX];
    int topic_count;
    struct id ids[IDS_MAX];
    int id_count;
    uint64_t last_transaction;
    struct offset group[PARTS_MAX];
    size_t group_count;
    struct instance instances[INSTANCES_MAX];
    uint32_t last_instance;
    struct late late[LATE_MAX];
    size_t late_count;
    int64_t down_until_ms, coordinator_down_until_ms;
};

struct topic *sim_find_topic(const struct sim_cluster *c, const char *name);
/* Which has to be there. */
struct log *sim_find_log(const struct sim_cluster *c, const char *topic, int32_t partition);
/* A copy, to be appended or freed. */
struct sim_entry *sim_entry_of(const struct port_message *message);
/* Takes the entry. */
struct sim_entry *sim_append(struct sim_cluster *c, struct log *log, struct sim_entry *entry);
bool sim_log_is_up(const struct sim_cluster *c, const struct log *log);
bool sim_coordinator_is_up(const struct sim_cluster *c);
