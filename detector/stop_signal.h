/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT and SIGTERM as a call on a thread of its own, so that the callee may take locks. */
#pragma once

#include <stdbool.h>

/* Blocks both signals in this thread and all it starts later: before the first thread of a library
 * that blocks none is started. A signal that comes now is seen once they are watched. */
bool stop_signal_block(void);
/* Blocks, and calls `stop` at each signal. Once a process. */
bool stop_signal_start(void (*stop)(void *context), void *context);
/* The last signal that came, or 0. */
int stop_signal_seen(void);
