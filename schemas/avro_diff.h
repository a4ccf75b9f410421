/* SPDX-License-Identifier: Apache-2.0 */
/* Two records of one schema, side by side: the leaves in which they differ. For tools. */
#pragma once

#include "schemas/avro_text.h"

struct avro_diff;

/* A leaf that one of them does not have (an array is longer) is NULL there. */
typedef void avro_diff_fn(void *context, const char *path, const char *found, const char *due);

/* ERROR_BAD_DATA as avro_text_open. */
struct avro_diff *avro_diff_open(const char *schema_json, size_t size, struct error *error);
void avro_diff_close(struct avro_diff *diff);
/* Calls `each` for every difference in the order of the schema and returns how many there are.
 * Where one of them cannot be read, what can be is compared, and `each` gets the path
 * "(unreadable)" with why. */
uint32_t avro_diff_records(struct avro_diff *diff, struct bytes found, struct bytes due,
                           avro_diff_fn *each, void *context);
