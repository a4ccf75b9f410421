/* SPDX-License-Identifier: Apache-2.0 */
/* A port whose input is made as it is read: the same records at every reading, as many as one
 * likes; one partition of transactions, and one of signals (bench/made_signal.h) that are all there
 * from the beginning. All other topics are logs in memory. */
#pragma once

#include "detector/port.h"

struct stream_port_options {
    const char *topic; /* of the transactions */
    uint32_t accounts; /* that pay each other, uniformly */
    double events;     /* entries a week an account has, on average */
    uint64_t seed;
    const char *signal_topic;
    int64_t signals; /* 0: the topic is not there */
};

struct stream_port;

/* Ends the program with a message when there is no memory. Topics have their default names. */
struct stream_port *stream_port_open(const struct stream_port_options *options);
/* Owns the stream port: port->ops->close. */
struct port *stream_port_port(struct stream_port *stream);
/* There are so many transactions. */
void stream_port_extend(struct stream_port *stream, int64_t records);
