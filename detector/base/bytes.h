/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed memory: a view never owns what it points at. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* `data == NULL` means absent; an empty value has a non-NULL pointer and size 0. */
struct bytes {
    const uint8_t *data;
    uint32_t size;
};

/* UTF-8, not NUL-terminated. `data == NULL` means null. */
struct text {
    const char *data;
    uint32_t size;
};

static inline struct text text_of(const char *string) {
    return (struct text){string, string == NULL ? 0 : (uint32_t)strlen(string)};
}

static inline bool text_equal(struct text a, struct text b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
