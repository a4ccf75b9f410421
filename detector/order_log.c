/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/order_log.h"

#include "detector/base/log.h"
#include "detector/base/murmur2.h"
#include "detector/base/steady.h"

#include <stdlib.h>

/* Brokers let no transaction stay open longer (transaction.max.timeout.ms), unless told to. */
enum { HELD_MS_MAX = 900000 };

struct order_log {
    struct port *port;
    const char *topic, *shard_id;
    int32_t partition;
    int64_t next_offset;
    int64_t end;     /* captured: what lies at or past it is not ours to read */
    bool end_known;  /* false: only as far as no open transaction holds back */
    int64_t held_ms; /* since when we wait for one; 0: we do not */
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
    int64_t first = 0;
    log->end_known = log->port->ops->readable_end == NULL;
    log->held_ms = 0;
    return log->port->ops->watermarks(log->port, log->topic, log->partition, &first, &log->end,
                                      error);
}

static bool check_sequence(struct order_log *log, const struct order_record *record,
                           struct error *error) {
    if (record->sequence == log->next_sequence) return true;
    const enum error_code code =
        record->sequence > log->next_sequence ? ERROR_INPUT_GONE : ERROR_BAD_DATA;
    return error_set(error, code,
                     "%s/%d at offset %lld: order record %lld where %lld was due; the order log of "
                     "shard %s is not whole, so its state cannot be rebuilt",
                     log->topic, (int)log->partition, (long long)(log->next_offset - 1),
                     (long long)record->sequence, (long long)log->next_sequence, log->shard_id);
}

static bool is_ours(const struct order_log *log, const struct port_record *record) {
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

/* The broker tells a reader of what is committed only the end of that; the stream knows the log's
 * own once something has been fetched for this assignment. */
static void find_end(struct order_log *log, size_t stream) {
    if (log->end_known) return;
    const int64_t end = log->port->ops->known_end(log->port, stream);
    log->end_known = end >= 0;
    if (end > log->end) log->end = end;
}

/* At the stream's end for now, but not yet at the log's. */
static enum order_log_outcome wait_held(struct order_log *log, struct error *error) {
    const int64_t now_ms = steady_ms();
    if (log->held_ms == 0) {
        log->held_ms = now_ms;
        log_info("event=order_log_held topic=%s partition=%d from=%lld to=%lld "
                 "why=\"a transaction of another shard is open\" next=\"waits for its end\"",
                 log->topic, (int)log->partition, (long long)log->next_offset, (long long)log->end);
    }
    if (now_ms - log->held_ms < HELD_MS_MAX) return ORDER_LOG_WAIT;
    error_set(error, ERROR_UNAVAILABLE,
              "%s/%d: a transaction has been open at offset %lld or behind for %d s and holds back "
              "what comes after; see kafka-transactions.sh find-hanging",
              log->topic, (int)log->partition, (long long)log->next_offset, HELD_MS_MAX / 1000);
    return ORDER_LOG_FAILED;
}

static enum order_log_outcome at_end(struct order_log *log, size_t stream, struct error *error) {
    struct port *port = log->port;
    if (!port->ops->at_end(port, stream)) return ORDER_LOG_WAIT;
    find_end(log, stream);
    const bool held =
        port->ops->readable_end != NULL && port->ops->readable_end(port, stream) < log->end;
    return held ? wait_held(log, error) : ORDER_LOG_END;
}

enum order_log_outcome order_log_next(struct order_log *log, size_t stream,
                                      const struct order_record **record, struct error *error) {
    struct port *port = log->port;
    do {
        let_go(log);
        if (log->end_known && log->next_offset >= log->end) return ORDER_LOG_END;
        size_t count = 0;
        if (!port->ops->poll(port, stream, &log->held, 1, &count, error)) return ORDER_LOG_FAILED;
        if (count == 0) return at_end(log, stream, error);
        find_end(log, stream);
        log->holding = true;
        log->next_offset = log->held.offset + 1;
    } while (!is_ours(log, &log->held));
    if (!take(log, error)) return ORDER_LOG_FAILED;
    *record = log->record;
    return ORDER_LOG_RECORD;
}
