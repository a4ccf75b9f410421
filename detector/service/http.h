/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics, /healthz (503 once the engine's heartbeat has stopped; the broker does not matter),
 * /readyz (503 until live, with how far it is), by libmicrohttpd on loopback. Its own thread; the
 * engine never waits for it. */
#pragma once

#include "detector/base/error.h"

#include <stdint.h>

struct http;

/* ERROR_CONFIG when it is not loopback. */
bool http_address_check(const char *address, struct error *error);
/* port 0 gives NULL without error. ERROR_CONFIG when the address is not loopback or the port is
 * taken. */
struct http *http_open(const char *address, uint16_t port, struct error *error);
void http_close(struct http *http);
