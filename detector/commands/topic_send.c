/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/topic_send.h"

static bool judge(const struct topic_send *s, enum port_status status, struct error *error) {
    switch (status) {
    case PORT_OK:
        return true;
    case PORT_FENCED:
        return error_set(error, ERROR_FENCED, "%s", s->overtaken);
    case PORT_STOPPED:
        return error_set(error, ERROR_INTERRUPTED, "stopped; %s", s->again);
    case PORT_ABORT:
    case PORT_REBUILD:
        break;
    case PORT_REFUSED:
        return false;
    }
    return error_prefix(error, "%s", s->again);
}

static bool end(struct topic_send *s, enum port_status status, struct error *error) {
    struct error ignored;
    if (status == PORT_ABORT || status == PORT_REFUSED) s->port->ops->abort(s->port, &ignored);
    s->open = false;
    s->refused = status == PORT_REFUSED;
    return judge(s, status, error);
}

bool topic_send_begin(struct topic_send *s, struct error *error) {
    const enum port_status status = s->port->ops->begin(s->port, error);
    if (status != PORT_OK) return end(s, status, error);
    s->open = true;
    return true;
}

bool topic_send(struct topic_send *s, const struct port_message *message, struct error *error) {
    const enum port_status status = s->port->ops->produce(s->port, message, error);
    return status == PORT_OK || end(s, status, error);
}

bool topic_send_commit(struct topic_send *s, struct error *error) {
    const enum port_status status = s->port->ops->commit(s->port, error);
    return end(s, status, error);
}

bool topic_send_abandon(struct topic_send *s) {
    struct error ignored;
    const bool taken = !s->open || s->port->ops->abort(s->port, &ignored) == PORT_OK;
    s->open = false;
    return taken;
}
