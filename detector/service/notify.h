/* SPDX-License-Identifier: Apache-2.0 */
/* Tells systemd how the service fares (sd_notify). Does nothing where NOTIFY_SOCKET is not set. Any
 * thread; never fails: nobody can act on it. */
#pragma once

#include <stdint.h>

void notify_ready(void);
/* One line for `systemctl status`. */
void notify_status(const char *text);
void notify_stopping(void);
void notify_alive(void);
/* Longest time between two notify_alive that systemd accepts, or 0 when it does not watch. */
int64_t notify_watchdog_ms(void);
