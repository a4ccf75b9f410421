/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/topic_scan.h"

enum { SCAN_RECORDS = 256, WAIT_MS = 200, WAITS_MAX = 150, HELD_WAITS_MAX = 300 };

enum outcome { GOING, ENOUGH, FAILED };

static enum outcome hand_out(const struct topic_scan *scan, int32_t partition,
                             struct port_record *records, size_t count, int64_t high,
                             struct error *error) {
    enum outcome outcome = GOING;
    struct error failed = {.code = ERROR_NONE};
    for (size_t i = 0; outcome == GOING && i < count && records[i].offset < high; i++)
        if (!scan->each(scan->context, partition, &records[i], &failed))
            outcome = failed.code == ERROR_NONE ? ENOUGH : FAILED;
    scan->port->ops->release(scan->port, records, count);
    if (outcome == FAILED) *error = failed;
    return outcome;
}

/* What the port knows of the end may be older than this scan. */
static bool has_ended(struct port *port, const struct topic_extent *extent) {
    return port->ops->at_end(port, 0) && port->ops->known_end(port, 0) >= extent->high;
}

static enum outcome read_partition(const struct topic_scan *scan, int32_t partition,
                                   const struct topic_extent *extent, struct error *error) {
    struct port *port = scan->port;
    struct port_record records[SCAN_RECORDS];
    for (int waits = 0; waits < WAITS_MAX;) {
        size_t count = 0;
        if (!port->ops->poll(port, 0, records, SCAN_RECORDS, &count, error)) return FAILED;
        if (count == 0 && has_ended(port, extent)) return GOING;
        if (count == 0) {
            port->ops->wait(port, WAIT_MS);
            waits++;
            continue;
        }
        waits = 0;
        const bool last = records[count - 1].offset >= extent->high - 1;
        const enum outcome outcome = hand_out(scan, partition, records, count, extent->high, error);
        if (outcome != GOING || last) return outcome;
    }
    error_set(error, ERROR_UNAVAILABLE, "%s/%d: the broker gives no record for %d s; try again",
              scan->topic, (int)partition, WAITS_MAX * WAIT_MS / 1000);
    return FAILED;
}

static enum outcome scan_partition(const struct topic_scan *scan, int32_t partition, int64_t last,
                                   struct topic_extent *extent, struct error *error) {
    struct port *port = scan->port;
    struct port_position position = {scan->topic, partition, PORT_OFFSET_EARLIEST};
    if (!port->ops->watermarks(port, scan->topic, partition, &extent->low, &extent->high, error))
        return FAILED;
    extent->end = extent->high;
    if (extent->high - extent->low > last) position.offset = extent->high - last;
    if (!port->ops->assign(port, &position, 1, error)) return FAILED;
    const enum outcome outcome = read_partition(scan, partition, extent, error);
    const int64_t end = port->ops->known_end(port, 0);
    if (end > extent->end) extent->end = end;
    return outcome;
}

bool topic_scan_partition(const struct topic_scan *scan, int32_t partition,
                          struct topic_extent *extent, struct error *error) {
    return topic_scan_tail(scan, partition, INT64_MAX, extent, error);
}

bool topic_scan_tail(const struct topic_scan *scan, int32_t partition, int64_t last,
                     struct topic_extent *extent, struct error *error) {
    return scan_partition(scan, partition, last, extent, error) != FAILED;
}

bool topic_scan_await(struct port *port, const char *topic, int32_t partition, int64_t end,
                      struct error *error) {
    for (int waits = 0; waits < HELD_WAITS_MAX; waits++) {
        int64_t low = 0, high = 0;
        if (!port->ops->watermarks(port, topic, partition, &low, &high, error)) return false;
        if (high >= end) return true;
        port->ops->wait(port, WAIT_MS);
    }
    return error_set(error, ERROR_UNAVAILABLE,
                     "%s/%d: another producer's transaction has been open for %d s, and hides what "
                     "came after it began; try again when it has ended; if it never does, see "
                     "kafka-transactions.sh find-hanging",
                     topic, (int)partition, HELD_WAITS_MAX * WAIT_MS / 1000);
}

bool topic_scan_all(const struct topic_scan *scan, struct error *error) {
    struct topic_extent extent;
    int32_t partitions = 0;
    enum outcome outcome = GOING;
    if (!scan->port->ops->partition_count(scan->port, scan->topic, &partitions, error))
        return false;
    for (int32_t p = 0; outcome == GOING && p < partitions; p++)
        outcome = scan_partition(scan, p, INT64_MAX, &extent, error);
    return outcome != FAILED;
}
