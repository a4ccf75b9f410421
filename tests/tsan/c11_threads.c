/* SPDX-License-Identifier: Apache-2.0 */
/* C11 threads over POSIX ones, for the ThreadSanitizer build alone: the sanitizer follows the
 * latter only, and crashes in a thread that librdkafka started by thrd_create. glibc's mtx_t and
 * cnd_t have the size of their POSIX twins. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "mtx_t is too small");
static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "cnd_t is too small");

struct start {
    thrd_start_t function;
    void *argument;
};

static pthread_mutex_t *mutex_of(mtx_t *mutex) {
    return (pthread_mutex_t *)(void *)mutex;
}

static pthread_cond_t *condition_of(cnd_t *condition) {
    return (pthread_cond_t *)(void *)condition;
}

static int result_of(int error) {
    if (error == 0) return thrd_success;
    if (error == EBUSY) return thrd_busy;
    return error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

static void *run(void *context) {
    const struct start start = *(struct start *)context;
    free(context);
    return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) return thrd_nomem;
    *start = (struct start){function, argument};
    return result_of(pthread_create(thread, NULL, run, start));
}

int thrd_join(thrd_t thread, int *result) {
    void *value = NULL;
    const int error = pthread_join(thread, &value);
    if (result != NULL) *result = (int)(intptr_t)value;
    return result_of(error);
}

int thrd_detach(thrd_t thread) {
    return result_of(pthread_detach(thread));
}

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if ((type & mtx_recursive) != 0)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    return result_of(pthread_mutex_init(mutex_of(mutex), &attributes));
}

void mtx_destroy(mtx_t *mutex) {
    pthread_mutex_destroy(mutex_of(mutex));
}

int mtx_lock(mtx_t *mutex) {
    return result_of(pthread_mutex_lock(mutex_of(mutex)));
}

int mtx_trylock(mtx_t *mutex) {
    return result_of(pthread_mutex_trylock(mutex_of(mutex)));
}

int mtx_unlock(mtx_t *mutex) {
    return result_of(pthread_mutex_unlock(mutex_of(mutex)));
}

int cnd_init(cnd_t *condition) {
    return result_of(pthread_cond_init(condition_of(condition), NULL));
}

void cnd_destroy(cnd_t *condition) {
    pthread_cond_destroy(condition_of(condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result_of(pthread_cond_wait(condition_of(condition), mutex_of(mutex)));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
    return result_of(pthread_cond_timedwait(condition_of(condition), mutex_of(mutex), until));
}

int cnd_signal(cnd_t *condition) {
    return result_of(pthread_cond_signal(condition_of(condition)));
}

int cnd_broadcast(cnd_t *condition) {
    return result_of(pthread_cond_broadcast(condition_of(condition)));
}
