/* SPDX-License-Identifier: Apache-2.0 */
/* Failures of the environment. Bad records are verdicts (verdict.h); our own bugs are asserts.
 *
 * A code is stable and decides the exit status; the text says what happened and what to do next.
 * Functions that can fail return false (or NULL) and fill `error`; on success they leave it alone.
 */
#pragma once

#include <stdbool.h>

/* X(name, exit status) */
#define ERROR_TABLE(X)                                                                             \
    X(NONE, 0)                                                                                     \
    X(FAILED, 1)                                                                                   \
    X(USAGE, 2)                                                                                    \
    X(GATE, 3)                                                                                     \
    X(BAD_DATA, 65)                                                                                \
    X(INPUT_GONE, 66)                                                                              \
    X(UNAVAILABLE, 69)                                                                             \
    X(IO, 74)                                                                                      \
    X(FENCED, 75)                                                                                  \
    X(DENIED, 77)                                                                                  \
    X(CONFIG, 78)                                                                                  \
    X(INTERRUPTED, 130)

enum error_code {
#define X(name, exit_status) ERROR_##name,
    ERROR_TABLE(X)
#undef X
        ERROR_COUNT
};

struct error {
    enum error_code code;
    char text[1024];
};

/* Sets code and text; always returns false, so that `return error_set(...)` reads well. */
bool error_set(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the text that is there. Always returns false. */
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

const char *error_name(enum error_code code);
int error_exit_status(enum error_code code);
