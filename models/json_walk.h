/* SPDX-License-Identifier: Apache-2.0 */
/* From value to value through JSON that a parser has taken already, for the line on which something
 * stands: the parser keeps none. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The text is borrowed. */
struct json_walk {
    const char *start, *end;
    const char *at;   /* the value that has been reached */
    const char *mark; /* its key; the value itself where it has none */
};

/* At the document's value. */
struct json_walk json_walk(const char *json, size_t size);
/* To the member `key` of the object, to item `index` of the array. False: there is none, and the
 * mark stays. No further step then. */
bool json_walk_key(struct json_walk *walk, const char *key);
bool json_walk_item(struct json_walk *walk, size_t index);
/* The line of the mark, from 1. */
size_t json_walk_line(const struct json_walk *walk);
