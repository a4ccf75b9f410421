/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/order_log.h"

#include "detector/base/murmur2.h"

#include <stdlib.h>

struct order_log {
    struct port *port;
    const char *topic, *shard_id;
    int32_t partition;
    int64_t next_offset;
    int64_t first, end; /* captured: what lies at or past the end is not ours to read */
    int32_t epoch;
    int64_t next_sequence;
    struct order_record *record; /* handed out last; its texts lie in `held` */
    struct port_record held;
    bool holding;
};

struct order_log *order_log_open(struct port *port, const char *topic, const char *shard_id,
                                 struct error *error) {
    int32_t partitions = 0;
    if (!port->ops->partition_count(port, topic, &partitions, error)) return NULL;
    struct order_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the order log");
        return NULL;
    }
    const struct bytes key = {(const uint8_t *)shard_id, (uint32_t)strlen(shard_id)};
    *log = (struct order_log){.port = port,
                              .topic = topic,
                              .shard_id = shard_id,
                              .partition = murmur2_partition(key, partitions),
                              .next_offset = PORT_OFFSET_EARLIEST};
    return log;
}

static void let_go(struct order_log *log) {
    order_record_free(log->record);
    log->record = NULL;
    if (log->holding) log->port->ops->release(log->port, &log->held, 1);
    log->holding = false;
}

void order_log_close(struct order_log *log) {
    if (log == NULL) return;
    let_go(log);
    free(log);
}

struct port_position order_log_position(struct order_log *log) {
    return (struct port_position){log->topic, log->partition, log->next_offset};
}

bool order_log_capture(struct order_log *log, struct error *error) {
    return log->port->ops->watermarks(log->port, log->topic, log->partition, &log->first, &log->end,
                                      error);
}

void order_log_bounds(const struct order_log *log, int64_t *first, int64_t *end) {
    *first = log->first;
    *end = log->end;
}

void order_log_resume(struct order_log *log, int64_t offset, int32_t epoch, int64_t sequence) {
    let_go(log);
    log->next_offset = offset;
    log->epoch = epoch;
    log->next_sequence = sequence;
}

static bool check_sequence(struct order_log *log, const struct order_record *record,
                           struct error *error) {
    const bool same_epoch = record->epoch == log->epoch;
    if (same_epoch && record->sequence == log->next_sequence) return true;
    const bool missing = same_epoch && record->sequence > log->next_sequence;
    const enum error_code code = missing ? ERROR_INPUT_GONE : ERROR_BAD_DATA;
    return error_set(error, code,
                     "%s/%d at offset %lld: order record %d.%lld where %d.%lld was due; the order "
                     "log of shard %s is not whole, so its state cannot be rebuilt",
                     log->topic, (int)log->partition, (long long)(log->next_offset - 1),
                     (int)record->epoch, (long long)record->sequence, (int)log->epoch,
                     (long long)log->next_sequence, log->shard_id);
}

bool order_log_is_ours(const struct order_log *log, const struct port_record *record) {
    return record->key.data != NULL && record->key.size == strlen(log->shard_id) &&
           memcmp(record->key.data, log->shard_id, record->key.size) == 0;
}

static bool take(struct order_log *log, struct error *error) {
    log->record = order_record_decode(log->held.value, error);
    if (log->record == NULL)
        return error_prefix(error, "%s/%d at offset %lld", log->topic, (int)log->partition,
                            (long long)log->held.offset);
    if (!check_sequence(log, log->record, error)) return false;
    log->next_sequence++;
    return true;
}

enum order_log_outcome order_log_next(struct order_log *log, size_t stream,
                                      const struct order_record **record, struct error *error) {
    struct port *port = log->port;
    bool repeated = false; /* the client may deliver a record twice */
    do {
        let_go(log);
        if (log->next_offset >= log->end) return ORDER_LOG_END;
        size_t count = 0;
        if (!port->ops->poll(port, stream, &log->held, 1, &count, error)) return ORDER_LOG_FAILED;
        if (count == 0) return port->ops->at_end(port, stream) ? ORDER_LOG_END : ORDER_LOG_WAIT;
        log->holding = true;
        repeated = log->held.offset < log->next_offset;
        if (!repeated) log->next_offset = log->held.offset + 1;
    } while (repeated || !order_log_is_ours(log, &log->held));
    if (!take(log, error)) return ORDER_LOG_FAILED;
    *record = log->record;
    return ORDER_LOG_RECORD;
}
