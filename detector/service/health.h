/* SPDX-License-Identifier: Apache-2.0 */
/* What the process tells the world of itself: the engine's heartbeat, whether it is live, and how
 * far it is on the way there. Read by /healthz and /readyz, told to systemd, shown as the gauge
 * saqshy_ready. Process-wide. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_BEAT_MAX_MS = 10000, HEALTH_TEXT_SIZE = 128 };

/* Before the engine: the first beat, and how often systemd wants to hear of us. */
void health_start(void);
/* Engine thread: once per loop, and at every try of a call that waits for the broker. */
void health_beat(void);
/* Accounts of a snapshot that are loaded, of how many; any number of times, systemd hears of it
 * once a percent. */
void health_restoring(uint64_t accounts, uint64_t due);
/* The order log: records so far. */
void health_replaying(uint64_t records);
/* What goes before the first transaction of a first start is read; any number of times. */
void health_reading_first(void);
void health_set_ready(bool ready);
/* Any thread: a stop was asked for. */
void health_stopping(void);

/* Any thread. */
bool health_ready(void);
/* What it is about, in a few words: "restoring a snapshot, 41 % (4100 of 10000 accounts)". */
void health_text(char out[HEALTH_TEXT_SIZE]);
/* True when the last beat is at most HEALTH_BEAT_MAX_MS old at that time of the steady clock. */
bool health_alive_at(int64_t now_ms);
