/* SPDX-License-Identifier: Apache-2.0 */
/* An Avro schema as a tree, with what avro-c drops: logical types, defaults, aliases. Built from
 * JSON by jansson, bounded by limits.h. Named types are resolved to the node itself, so the tree
 * may be a graph. */
#pragma once

#include "detector/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum schema_type {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INT,
    SCHEMA_LONG,
    SCHEMA_FLOAT,
    SCHEMA_DOUBLE,
    SCHEMA_BYTES,
    SCHEMA_STRING,
    SCHEMA_RECORD,
    SCHEMA_ENUM,
    SCHEMA_ARRAY,
    SCHEMA_MAP,
    SCHEMA_UNION,
    SCHEMA_FIXED,
};

struct schema;

struct schema_field {
    const char *name;
    const char **aliases;
    size_t alias_count;
    struct schema *type;
};

struct schema {
    enum schema_type type;
    char name[256];              /* full name of a named type */
    const char *logical;         /* logicalType, or "" */
    int64_t scale;               /* of a decimal */
    int64_t size;                /* of a fixed */
    struct schema_field *fields; /* of a record */
    size_t field_count;
    const char **symbols; /* of an enum */
    size_t symbol_count;
    struct schema **branches; /* of a union; [0]: items of an array, values of a map */
    size_t branch_count;
    uint32_t code;   /* the plan compiler's: first step of a skip routine, 0: none */
    size_t size_min; /* fewest bytes a value takes; SIZE_MAX when there is no finite value */
};

struct schema_tree;

/* ERROR_BAD_DATA; the text starts with the fields that lead to what is wrong. */
struct schema_tree *schema_parse(const char *json, size_t size, struct error *error);
void schema_free(struct schema_tree *tree);
struct schema *schema_root(struct schema_tree *tree);
const char *schema_type_name(enum schema_type type);
