/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/order_find.h"

#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/service/health.h"

/* HELD_MS_MAX: brokers let no transaction stay open longer (transaction.max.timeout.ms), unless
 * told to. */
enum { WAIT_MS = 200, STRETCH = 16, HELD_MS_MAX = 900000 };

static bool place_of(struct port_record *record, struct order_place *place, struct error *error) {
    struct order_record *decoded = order_record_decode(record->value, error);
    if (decoded == NULL)
        return error_prefix(error, "order log at offset %lld", (long long)record->offset);
    *place = (struct order_place){record->offset, decoded->epoch, decoded->sequence,
                                  decoded->state_hash};
    order_record_free(decoded);
    return true;
}

static bool assign(const struct order_find *f, int64_t offset, struct error *error) {
    struct port_position position = order_log_position(f->log);
    position.offset = offset;
    return f->port->ops->assign(f->port, &position, 1, error);
}

static bool is_stopped(const struct order_find *f, struct error *error) {
    health_beat();
    return atomic_load(f->stopping) &&
           !error_set(error, ERROR_INTERRUPTED, "stopped while reading the order log");
}

/* Where the log ends for the broker, who also counts what may not be read yet. */
static bool end_of_all(const struct order_find *f, int64_t from, int64_t *end,
                       struct error *error) {
    struct port *port = f->port;
    if (!assign(f, from, error)) return false;
    while (!is_stopped(f, error)) {
        struct port_record record;
        size_t count = 0;
        if (!port->ops->poll(port, 0, &record, 1, &count, error)) return false;
        port->ops->release(port, &record, count);
        *end = port->ops->known_end(port, 0);
        if (*end >= 0) return true;
        port->ops->wait(port, WAIT_MS);
    }
    return false;
}

/* Says that it waits, then fails when no broker would let a transaction be open for so long. */
static bool wait_held(const struct order_find *f, int64_t from, int64_t to, int64_t *since_ms,
                      struct error *error) {
    const struct port_position log = order_log_position(f->log);
    if (is_stopped(f, error)) return false;
    if (*since_ms == 0) {
        *since_ms = steady_ms();
        log_info("event=order_log_held topic=%s partition=%d from=%lld to=%lld "
                 "why=\"a transaction of another shard is open\" next=\"waits for its end\"",
                 log.topic, (int)log.partition, (long long)from, (long long)to);
    }
    f->port->ops->wait(f->port, WAIT_MS);
    if (steady_ms() - *since_ms < HELD_MS_MAX) return true;
    return error_set(error, ERROR_UNAVAILABLE,
                     "%s/%d: a transaction has been open at offset %lld or behind for %d s and "
                     "holds back what comes after; see kafka-transactions.sh find-hanging",
                     log.topic, (int)log.partition, (long long)from, HELD_MS_MAX / 1000);
}

bool order_find_capture(const struct order_find *f, struct error *error) {
    int64_t first = 0, end = 0, due = 0, since_ms = 0;
    if (!order_log_capture(f->log, error)) return false;
    order_log_bounds(f->log, &first, &end);
    if (!f->port->exactly_once) return true;
    if (!end_of_all(f, end, &due, error)) return false;
    while (end < due) {
        if (!wait_held(f, end, due, &since_ms, error) || !order_log_capture(f->log, error))
            return false;
        order_log_bounds(f->log, &first, &end);
    }
    return true;
}

/* The next record of the shard, of what was assigned. */
static enum order_found next(const struct order_find *f, int64_t end, struct order_place *place,
                             struct error *error) {
    struct port *port = f->port;
    for (;;) {
        struct port_record record;
        size_t count = 0;
        if (is_stopped(f, error)) return ORDER_FIND_FAILED;
        if (!port->ops->poll(port, 0, &record, 1, &count, error)) return ORDER_FIND_FAILED;
        if (count == 0) {
            if (port->ops->at_end(port, 0)) return ORDER_NOT_THERE;
            port->ops->wait(port, WAIT_MS);
            continue;
        }
        const bool past = record.offset >= end, ours = order_log_is_ours(f->log, &record);
        const bool read = past || !ours || place_of(&record, place, error);
        port->ops->release(port, &record, 1);
        if (!read) return ORDER_FIND_FAILED;
        if (past || ours) return past ? ORDER_NOT_THERE : ORDER_FOUND;
    }
}

/* The last of the shard from an offset on. */
static enum order_found last_from(const struct order_find *f, int64_t from, int64_t end,
                                  struct order_place *place, struct error *error) {
    enum order_found any = ORDER_NOT_THERE;
    if (!assign(f, from, error)) return ORDER_FIND_FAILED;
    for (;;) {
        const enum order_found found = next(f, end, place, error);
        if (found == ORDER_FIND_FAILED) return found;
        if (found == ORDER_NOT_THERE) return any;
        any = ORDER_FOUND;
        if (place->offset + 1 >= end) return any;
    }
}

/* Longer and longer stretches from the end: markers and other shards lie there too. */
enum order_found order_find_last(const struct order_find *f, struct order_place *place,
                                 struct error *error) {
    int64_t first = 0, end = 0;
    order_log_bounds(f->log, &first, &end);
    for (int64_t stretch = STRETCH; end > first; stretch *= STRETCH) {
        const int64_t from = end - first > stretch ? end - stretch : first;
        const enum order_found found = last_from(f, from, end, place, error);
        if (found != ORDER_NOT_THERE || from == first) return found;
    }
    return ORDER_NOT_THERE;
}

static bool is_before(const struct order_place *place, int32_t epoch, int64_t sequence) {
    return place->epoch < epoch || (place->epoch == epoch && place->sequence < sequence);
}

/* By halving the stretch in which the first record not before the wanted one lies. */
enum order_found order_find(const struct order_find *f, int32_t epoch, int64_t sequence,
                            struct order_place *place, struct error *error) {
    int64_t low = 0, high = 0, end = 0;
    bool any = false;
    order_log_bounds(f->log, &low, &end);
    for (high = end; low < high;) {
        const int64_t middle = low + (high - low) / 2;
        struct order_place probe = {0};
        if (!assign(f, middle, error)) return ORDER_FIND_FAILED;
        const enum order_found found = next(f, end, &probe, error);
        if (found == ORDER_FIND_FAILED) return found;
        if (found == ORDER_FOUND && is_before(&probe, epoch, sequence)) {
            low = probe.offset + 1;
            continue;
        }
        high = middle;
        if (found == ORDER_FOUND) *place = probe;
        any = any || found == ORDER_FOUND;
    }
    return any && place->epoch == epoch && place->sequence == sequence ? ORDER_FOUND
                                                                       : ORDER_NOT_THERE;
}
