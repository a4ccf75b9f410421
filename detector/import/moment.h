/* SPDX-License-Identifier: Apache-2.0 */
/* A point in time as people and tools write it. */
#pragma once

#include <stdint.h>

/* Seconds since 1970, with or without a fraction, or RFC 3339 as instant.h reads it (UTC without an
 * offset); floored to whole seconds, years 1970 to 2199. NULL, or what is wrong with it. */
const char *moment_read(const char *text, int64_t *second);
