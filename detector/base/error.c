/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *error, enum error_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...) {
    struct error inner = *error;
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    const size_t used = written < 0 ? 0 : strlen(error->text);
    (void)snprintf(error->text + used, sizeof error->text - used, ": %s", inner.text);
    return false;
}

const char *error_name(enum error_code code) {
    static const char *const names[] = {
#define X(name, exit_status) #name,
        ERROR_TABLE(X)
#undef X
    };
    return code < ERROR_COUNT ? names[code] : "FAILED";
}

int error_exit_status(enum error_code code) {
    static const int statuses[] = {
#define X(name, exit_status) exit_status,
        ERROR_TABLE(X)
#undef X
    };
    return code < ERROR_COUNT ? statuses[code] : 1;
}
