/* SPDX-License-Identifier: Apache-2.0 */
/* One Avro record, by whatever schema, as text for people: a line for each leaf ("reasons[2].code",
 * "FAN_IN"). Own bounded reader, no avro-c: the bytes may be anybody's. For tools, never for the
 * stream. One thread. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <stddef.h>

enum {
    AVRO_TEXT_DEPTH_MAX = 8,
    AVRO_TEXT_LEAVES_MAX = 4096,
    AVRO_TEXT_PATH_SIZE = 256, /* a longer path is cut */
    AVRO_TEXT_VALUE_SIZE = 256 /* and so is a longer text */
};

struct avro_text;

enum avro_leaf_kind {
    AVRO_LEAF_NULL,
    AVRO_LEAF_BOOLEAN, /* number is 0 or 1 */
    AVRO_LEAF_NUMBER,
    AVRO_LEAF_SYMBOL,
    AVRO_LEAF_TIME, /* number in microseconds */
    AVRO_LEAF_REAL,
    AVRO_LEAF_TEXT,
    AVRO_LEAF_BYTES,
    AVRO_LEAF_EMPTY, /* an array without an item */
};

struct avro_leaf {
    const char *path;
    const char *value; /* escaped; texts in quotes, bytes in hexadecimal, null and [] bare */
    struct bytes raw;  /* the value on the wire, for comparing */
    enum avro_leaf_kind kind;
    int64_t number;   /* of an int, long or enum; else 0 */
    double real;      /* of a float or double; else 0 */
    struct text text; /* of a text, whole and as it is; else null */
};

/* `schema_json` is copied. ERROR_BAD_DATA when it is no record's schema. */
struct avro_text *avro_text_open(const char *schema_json, size_t size, struct error *error);
void avro_text_close(struct avro_text *text);
/* Calls `each` for every leaf in the order of the schema; what it gets lives until it returns.
 * False: `*why` is a static text, and what came before was handed out. Bytes left over are a
 * failure. */
bool avro_text_read(struct avro_text *text, struct bytes body,
                    void (*each)(void *context, const struct avro_leaf *leaf), void *context,
                    const char **why);
