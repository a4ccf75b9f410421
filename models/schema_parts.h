/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON Schemas (draft 2020-12) of the documents are put together from. Every function
 * gives a new value and takes what it is given. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

json_t *schema_text(void); /* not empty */
json_t *schema_id(void);   /* a document's; characters, where the program counts bytes */
json_t *schema_choice(const char *const *names, size_t count);
json_t *schema_whole(int64_t low, int64_t high);
json_t *schema_list(json_t *item, size_t least, size_t most);
/* [x, y] of a pair of numbers and the like. */
json_t *schema_pair(json_t *first, json_t *second);
/* `properties` in order of which the first `required` must be there; no others may. */
json_t *schema_object(json_t *properties, size_t required);
/* Any of the keys `names`, all of one kind. */
json_t *schema_map(const char *const *names, size_t count, json_t *value);
/* With title and description on top, indented. */
void schema_print(const char *title, const char *description, json_t *schema, FILE *out);
