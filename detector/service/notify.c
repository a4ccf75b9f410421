/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/notify.h"

#include <systemd/sd-daemon.h>

void notify_ready(void) {
    sd_notify(0, "READY=1\nSTATUS=live");
}

void notify_status(const char *text) {
    sd_notifyf(0, "STATUS=%s", text);
}

void notify_stopping(void) {
    sd_notify(0, "STOPPING=1\nSTATUS=commits what was taken, then ends");
}

void notify_alive(void) {
    sd_notify(0, "WATCHDOG=1");
}

int64_t notify_watchdog_ms(void) {
    uint64_t microseconds = 0;
    return sd_watchdog_enabled(0, &microseconds) > 0 ? (int64_t)(microseconds / 1000) : 0;
}
