/* SPDX-License-Identifier: Apache-2.0 */
/* How far training is, for people, who may stop it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct train_progress {
    /* done: terms, trials or steps of `stage`, a constant text; total 0: not known. */
    void (*tell)(void *context, const char *stage, int64_t done, int64_t total);
    /* Asked often; once it is true training ends soon, without a model. NULL: never. */
    bool (*stopped)(void *context);
    void *context;
};

/* progress: NULL tells nobody. */
static inline void train_tell(const struct train_progress *progress, const char *stage,
                              int64_t done, int64_t total) {
    if (progress != NULL && progress->tell != NULL)
        progress->tell(progress->context, stage, done, total);
}

static inline bool train_stopped(const struct train_progress *progress) {
    return progress != NULL && progress->stopped != NULL && progress->stopped(progress->context);
}
