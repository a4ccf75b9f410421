/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/transact.h"

#include "detector/base/steady.h"
#include "detector/service/metrics.h"

static enum port_status send(struct port *port, const struct commit_unit *unit,
                             struct error *error) {
    for (size_t i = 0; i < commit_unit_count(unit); i++) {
        const struct port_message message = commit_unit_message(unit, i);
        const enum port_status status = port->ops->produce(port, &message, error);
        if (status != PORT_OK) return status;
    }
    size_t count = 0;
    const struct port_position *positions = commit_unit_positions(unit, &count);
    const enum port_status status = port->ops->send_offsets(port, positions, count, error);
    return status == PORT_OK ? port->ops->commit(port, error) : status;
}

static enum port_status commit(struct port *port, const struct commit_unit *unit,
                               struct error *error) {
    enum port_status status = port->ops->begin(port, error);
    if (status == PORT_OK) status = send(port, unit, error);
    if (status == PORT_ABORT) {
        struct error why_not;
        const enum port_status aborted = port->ops->abort(port, &why_not);
        if (aborted != PORT_OK) status = aborted;
    }
    return status;
}

enum port_status transact(struct port *port, const struct commit_unit *unit, struct error *error) {
    const int64_t start = steady_us();
    const enum port_status status = commit(port, unit, error);
    metrics_set(METRIC_COMMIT_MICROSECONDS_LAST, steady_us() - start);
    metrics_add(status == PORT_OK ? METRIC_COMMITS : METRIC_COMMIT_FAILURES, 1);
    return status;
}
