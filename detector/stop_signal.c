/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/stop_signal.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static struct {
    void (*stop)(void *context);
    void *context;
    sigset_t signals;
    atomic_int seen;
} watch;

static void *wait_for_signals(void *unused) {
    (void)unused;
    for (;;) {
        int signal = 0;
        if (sigwait(&watch.signals, &signal) != 0) return NULL;
        atomic_store(&watch.seen, signal);
        watch.stop(watch.context);
    }
}

bool stop_signal_block(void) {
    sigemptyset(&watch.signals);
    sigaddset(&watch.signals, SIGINT);
    sigaddset(&watch.signals, SIGTERM);
    return pthread_sigmask(SIG_BLOCK, &watch.signals, NULL) == 0;
}

bool stop_signal_start(void (*stop)(void *context), void *context) {
    pthread_t thread;
    watch.stop = stop;
    watch.context = context;
    return stop_signal_block() && pthread_create(&thread, NULL, wait_for_signals, NULL) == 0 &&
           pthread_detach(thread) == 0;
}

int stop_signal_seen(void) {
    return atomic_load(&watch.seen);
}
