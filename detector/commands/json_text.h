/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a JSON text. */
#pragma once

#include "detector/base/bytes.h"

#include <jansson.h>

/* What is no UTF-8 (a file's name, a text that was cut) loses what is not ASCII. The caller's. */
json_t *json_text_of(struct text text);
json_t *json_text(const char *text);
