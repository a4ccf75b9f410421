/* SPDX-License-Identifier: Apache-2.0 */
/* One Avro record, by whatever schema, as JSON: enums are symbols, times RFC 3339 texts with
 * microseconds, bytes hexadecimal. Reading is that of avro_text.h. For tools. */
#pragma once

#include "schemas/avro_text.h"

#include <jansson.h>

/* The caller's, or NULL: `*why` is a static text. A text that is no UTF-8 loses what is not ASCII,
 * a number that JSON has no word for is null. */
json_t *avro_json_read(struct avro_text *text, struct bytes body, const char **why);
