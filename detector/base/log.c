/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/log.h"

#include "detector/base/printable.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static atomic_int current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level) {
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool log_enabled(enum log_level level) {
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

static size_t write_time(char *out, size_t room) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    const size_t used = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &utc);
    return used + (size_t)snprintf(out + used, room - used, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Texts of records and of the world outside begin no line of their own and steer no terminal. */
static void flatten(char *line, size_t size) {
    for (size_t i = 0; i < size;) {
        const uint32_t bytes = printable_bytes(line + i, (uint32_t)(size - i));
        if (bytes == 0) line[i] = '?';
        i += bytes > 0 ? bytes : 1;
    }
}

void log_write(enum log_level level, const char *format, ...) {
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char line[2048];
    size_t used = write_time(line, sizeof line);
    used += (size_t)snprintf(line + used, sizeof line - used, " level=%s ", names[level]);
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    if (written > 0) used += (size_t)written;
    if (used > sizeof line - 2) used = sizeof line - 2;
    flatten(line, used);
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) return;
}
