/* SPDX-License-Identifier: Apache-2.0 */
/* The Confluent frame: 0x00, 4-byte big-endian schema id, Avro binary. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>

enum { FRAME_SIZE = 5 };

/* False: `*looks_like` names the format the bytes look like (static text). */
bool frame_parse(struct bytes value, int32_t *schema_id, struct bytes *body,
                 const char **looks_like);
void frame_write(uint8_t out[FRAME_SIZE], int32_t schema_id);
