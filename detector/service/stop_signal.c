/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static struct {
    void (*stop)(void *context);
    void *context;
    sem_t arrived;
    pthread_mutex_t calling;
    bool over;
    atomic_int seen;
} watch = {.calling = PTHREAD_MUTEX_INITIALIZER};

static void note(int signal) {
    const int kept = errno;
    atomic_store(&watch.seen, signal);
    sem_post(&watch.arrived);
    errno = kept;
}

static void *wait_for_signals(void *unused) {
    (void)unused;
    for (;;) {
        if (sem_wait(&watch.arrived) != 0) continue;
        pthread_mutex_lock(&watch.calling);
        if (!watch.over) watch.stop(watch.context);
        pthread_mutex_unlock(&watch.calling);
    }
    return NULL;
}

static bool handle(int signal) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    return sigaction(signal, &action, NULL) == 0;
}

bool stop_signal_start(void (*stop)(void *context), void *context) {
    pthread_t thread;
    watch.stop = stop;
    watch.context = context;
    return sem_init(&watch.arrived, 0, 0) == 0 &&
           pthread_create(&thread, NULL, wait_for_signals, NULL) == 0 &&
           pthread_detach(thread) == 0 && handle(SIGINT) && handle(SIGTERM);
}

void stop_signal_end(void) {
    pthread_mutex_lock(&watch.calling);
    watch.over = true;
    pthread_mutex_unlock(&watch.calling);
}

void stop_signal_release(void) {
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
}

static void release(void *unused) {
    (void)unused;
    stop_signal_release();
}

bool stop_signal_watch(void) {
    return stop_signal_start(release, NULL);
}

int stop_signal_seen(void) {
    return atomic_load(&watch.seen);
}
