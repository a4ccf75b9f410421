/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/two_threads.h"

#include <pthread.h>
#include <stdbool.h>

void two_threads(void *(*work)(void *), void *a, void *b) {
    pthread_t thread;
    const bool started = pthread_create(&thread, NULL, work, b) == 0;
    work(a);
    if (started)
        pthread_join(thread, NULL);
    else
        work(b);
}
