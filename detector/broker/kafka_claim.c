/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the shard. The transactional id fences whoever was there before; but an engine that was
 * frozen past its transaction's time-out is told that it is fenced whether another one has taken
 * over or not, and if it then initialised its transactions it would shut out its successor. So
 * every committed offset bears the name of the instance that committed it, and an engine that takes
 * over commits the offsets it finds once more under its own name, before anything else. They do not
 * change; a successor that is live has therefore always left its name, and one that is not yet live
 * has published nothing that could be lost. */
#include "detector/base/steady.h"
#include "detector/broker/kafka_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NAME_BEGINS "host="

void kafka_claim_name(struct kafka_port *k) {
    char host[65] = "";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    gethostname(host, sizeof host - 1);
    snprintf(k->instance, sizeof k->instance, NAME_BEGINS "%s pid=%ld started=%lld.%09ld", host,
             (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
}

static rd_kafka_topic_partition_list_t *input_of(const struct kafka_port *k) {
    const int32_t count = atomic_load(&k->input_partitions);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, k->options->topic_transactions, i);
    return list;
}

/* The committed offsets of the shard's input with what is written beside them; NULL: ERROR_…. */
static rd_kafka_topic_partition_list_t *read_committed(struct kafka_port *k, struct error *error) {
    int32_t count = 0;
    if (!kafka_partition_count(&k->port, k->options->topic_transactions, &count, error))
        return NULL;
    atomic_store(&k->input_partitions, count);
    rd_kafka_topic_partition_list_t *list = input_of(k);
    if (kafka_ask_committed(k, list, error)) return list;
    rd_kafka_topic_partition_list_destroy(list);
    return NULL;
}

static bool is_ours(const struct kafka_port *k, const rd_kafka_topic_partition_t *at) {
    const size_t size = strlen(k->instance);
    return at->metadata_size == size && memcmp(at->metadata, k->instance, size) == 0;
}

static bool is_an_engines(const rd_kafka_topic_partition_t *at) {
    const size_t size = strlen(NAME_BEGINS);
    return at->metadata_size > size && memcmp(at->metadata, NAME_BEGINS, size) == 0;
}

static bool fail_taken(const struct kafka_port *k, const rd_kafka_topic_partition_t *at,
                       struct error *error) {
    if (is_an_engines(at))
        return error_set(error, ERROR_FENCED,
                         "another engine with this shard.id has taken over (%.*s)",
                         (int)at->metadata_size, (const char *)at->metadata);
    return error_set(error, ERROR_BAD_DATA,
                     "%s/%d: somebody who is no engine has set the committed offset of group %s to "
                     "%lld; a start says what the order log has: set it back to that "
                     "(kafka-consumer-groups.sh --reset-offsets), or take a new shard.id",
                     at->topic, (int)at->partition, k->options->shard_id, (long long)at->offset);
}

bool kafka_claim_signed(const struct kafka_port *k, const rd_kafka_topic_partition_list_t *list,
                        struct error *error) {
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        const bool tells = strcmp(at->topic, k->options->topic_transactions) == 0;
        if (tells && at->offset >= 0 && !is_ours(k, at)) return fail_taken(k, at, error);
    }
    return true;
}

bool kafka_claim_holds(struct kafka_port *k, struct error *error) {
    rd_kafka_topic_partition_list_t *list = read_committed(k, error);
    if (list == NULL) return false;
    const bool holds = kafka_claim_signed(k, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return holds;
}

bool kafka_claim_look(struct kafka_port *k, struct error *error) {
    const int64_t now_ms = steady_ms();
    if (!atomic_load(&k->has_shard) || now_ms - atomic_load(&k->looked_ms) < KAFKA_LOOK_MS)
        return true;
    atomic_store(&k->looked_ms, now_ms);
    rd_kafka_topic_partition_list_t *list = input_of(k);
    const bool holds = !kafka_try_committed(k, list) || kafka_claim_signed(k, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return holds;
}

void kafka_claim_tell(struct kafka_port *k, struct error *error) {
    struct error told;
    rd_kafka_topic_partition_list_t *list = input_of(k);
    if (kafka_try_committed(k, list) && !kafka_claim_signed(k, list, &told)) *error = told;
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_claim_sign(const struct kafka_port *k, rd_kafka_topic_partition_list_t *offsets) {
    const size_t size = strlen(k->instance);
    for (int i = 0; i < offsets->cnt; i++) {
        rd_kafka_topic_partition_t *at = &offsets->elems[i];
        at->metadata = realloc(at->metadata, size); /* the list's; it is freed with it */
        if (at->metadata == NULL) abort();
        memcpy(at->metadata, k->instance, size);
        at->metadata_size = size;
    }
}

/* Partitions of which nothing is committed cannot be committed again. */
static void keep_committed(rd_kafka_topic_partition_list_t *list) {
    for (int i = list->cnt - 1; i >= 0; i--)
        if (list->elems[i].offset < 0) rd_kafka_topic_partition_list_del_by_idx(list, i);
}

static enum port_status commit_again(struct kafka_port *k,
                                     const rd_kafka_topic_partition_list_t *list,
                                     struct error *error) {
    const int64_t started_ms = steady_ms();
    rd_kafka_error_t *failed = rd_kafka_begin_transaction(k->producer);
    if (failed == NULL)
        failed = rd_kafka_send_offsets_to_transaction(k->producer, list, k->group, KAFKA_CALL_MS);
    if (failed == NULL) failed = rd_kafka_commit_transaction(k->producer, -1);
    if (steady_ms() - started_ms > KAFKA_SLOW_MS) k->doubtful = true;
    return failed == NULL ? PORT_OK : kafka_judge(k, "taking the shard over", failed, error);
}

enum port_status kafka_claim(struct kafka_port *k, struct error *error) {
    rd_kafka_topic_partition_list_t *list = read_committed(k, error);
    if (list == NULL) return error->code == ERROR_INTERRUPTED ? PORT_STOPPED : PORT_REBUILD;
    keep_committed(list);
    kafka_claim_sign(k, list);
    const enum port_status status = list->cnt == 0 ? PORT_OK : commit_again(k, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
