/* SPDX-License-Identifier: Apache-2.0 */
/* A command's transactions: what it sends, all or nothing, and what is said where that fails. */
#pragma once

#include "detector/port.h"

struct topic_send {
    struct port *port;
    const char *overtaken; /* what is said when another run of the command has taken over */
    const char *again;     /* when it should be started again */
    bool open;             /* a transaction is */
    bool refused;          /* out: the last one failed by what it held, and will again */
};

/* Each ends the transaction where it fails, so that nothing hangs open until its time-out. */
bool topic_send_begin(struct topic_send *send, struct error *error);
bool topic_send(struct topic_send *send, const struct port_message *message, struct error *error);
bool topic_send_commit(struct topic_send *send, struct error *error);
/* Nothing of an open transaction is sent. False where the broker would not have taken it. */
bool topic_send_abandon(struct topic_send *send);
