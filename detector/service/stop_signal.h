/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT and SIGTERM as a call on a thread of its own, so that the callee may take locks. A handler
 * and a semaphore, not masks: some libraries start threads before main, and those block nothing. */
#pragma once

#include <stdbool.h>

/* Calls `stop` at each signal. Once a process. */
bool stop_signal_start(void (*stop)(void *context), void *context);
/* The same for who asks stop_signal_seen: the first signal does no more than that, a second one
 * ends the process, whatever it waits for. */
bool stop_signal_watch(void);
/* After it `stop` is not called any more; before what it works on is freed. Not from `stop`. */
void stop_signal_end(void);
/* From now on a signal ends the process as if nobody watched. Any thread, also from `stop`. */
void stop_signal_release(void);
/* The last signal that came, or 0. */
int stop_signal_seen(void);
