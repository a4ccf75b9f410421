/* SPDX-License-Identifier: Apache-2.0 */
/* detector/base/log.h in the programs of the simulator alone: by the simulated clock, and nothing
 * at all below LOG_LEVEL_INFO, so that a failing seed is the one line that is seen. */
#include "detector/base/log.h"
#include "detector/base/steady.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static enum log_level level_now = LOG_LEVEL_INFO;

void log_set_level(enum log_level level) {
    level_now = level;
}

bool log_enabled(enum log_level level) {
    return level <= level_now;
}

void log_write(enum log_level level, const char *format, ...) {
    if (level_now < LOG_LEVEL_INFO) return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%" PRId64 ".%03" PRId64 " %s ", steady_ms() / 1000, steady_ms() % 1000,
            level <= LOG_LEVEL_WARN ? "warn" : "info");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
