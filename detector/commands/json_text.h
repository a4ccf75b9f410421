/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a JSON text. */
#pragma once

#include "detector/base/bytes.h"

#include <jansson.h>
#include <stdio.h>

/* What is no UTF-8 (a file's name, a text that was cut) loses what is not ASCII. The caller's. */
json_t *json_text_of(struct text text);
json_t *json_text(const char *text);
/* For people: indented, and with a question mark for what JSON does not escape and a terminal may
 * obey (printable.h). */
void json_put_lines(const json_t *json, FILE *out);
