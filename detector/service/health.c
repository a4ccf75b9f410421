/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/health.h"

#include "detector/base/steady.h"
#include "detector/service/metrics.h"
#include "detector/service/notify.h"

#include <stdatomic.h>

enum { TOLD_PER_PERIOD = 3 };

static _Atomic int64_t beat_ms;
static _Atomic int64_t told_ms;      /* when systemd heard of the last beat */
static _Atomic int64_t told_each_ms; /* 0: systemd does not watch */

void health_start(void) {
    const int64_t period_ms = notify_watchdog_ms() / TOLD_PER_PERIOD;
    atomic_store(&told_each_ms, period_ms);
    atomic_store(&told_ms, steady_ms() - period_ms);
    health_beat();
}

void health_beat(void) {
    const int64_t now_ms = steady_ms();
    atomic_store_explicit(&beat_ms, now_ms, memory_order_relaxed);
    const int64_t each_ms = atomic_load_explicit(&told_each_ms, memory_order_relaxed);
    if (each_ms == 0) return;
    if (now_ms - atomic_load_explicit(&told_ms, memory_order_relaxed) < each_ms) return;
    atomic_store_explicit(&told_ms, now_ms, memory_order_relaxed);
    notify_alive();
}

void health_replaying(uint64_t records) {
    notify_replaying(records);
}

void health_set_ready(bool ready) {
    metrics_set(METRIC_READY, ready);
    if (ready)
        notify_ready();
    else
        notify_not_ready();
}

void health_stopping(void) {
    notify_stopping();
}

bool health_ready(void) {
    return metrics_get(METRIC_READY) == 1;
}

bool health_alive_at(int64_t now_ms) {
    return now_ms - atomic_load_explicit(&beat_ms, memory_order_relaxed) <= HEALTH_BEAT_MAX_MS;
}
