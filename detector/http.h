/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics, /healthz (the engine's heartbeat alone), /readyz (503 until live), by libmicrohttpd on
 * loopback. Its own thread; the engine never waits for it. */
#pragma once

#include "detector/error.h"

#include <stdint.h>

struct http;

/* port 0 gives NULL without error. ERROR_CONFIG when the address is not loopback or the port is
 * taken. */
struct http *http_open(const char *address, uint16_t port, struct error *error);
void http_close(struct http *http);

/* Engine thread: once per loop. /healthz fails when the last beat is older than 10 s. */
void health_beat(void);
void health_set_ready(bool ready);
