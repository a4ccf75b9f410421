/* SPDX-License-Identifier: Apache-2.0 */
/* What the process tells the world of itself: the engine's heartbeat, and whether it is live. Read
 * by /healthz and /readyz, told to systemd, shown as the gauge saqshy_ready. Process-wide. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_BEAT_MAX_MS = 10000 };

/* Before the engine: the first beat, and how often systemd wants to hear of us. */
void health_start(void);
/* Engine thread: once per loop, and at every try of a call that waits for the broker. */
void health_beat(void);
void health_replaying(uint64_t records);
void health_set_ready(bool ready);
/* Any thread: a stop was asked for. */
void health_stopping(void);

/* Any thread. */
bool health_ready(void);
/* True when the last beat is at most HEALTH_BEAT_MAX_MS old at that time of the steady clock. */
bool health_alive_at(int64_t now_ms);
