/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/schema.h"

#include "schemas/limits.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct schema_tree {
    json_t *json; /* names point into it */
    struct schema *nodes[SCHEMA_NODES_MAX];
    size_t node_count;
    struct schema *root;
    void *memory[3 * SCHEMA_NODES_MAX];
    size_t memory_count;
};

struct parse {
    struct schema_tree *tree;
    struct error *error;
    int depth;
};

static const char *const type_names[] = {"null",   "boolean", "int",    "long",   "float",
                                         "double", "bytes",   "string", "record", "enum",
                                         "array",  "map",     "union",  "fixed"};

const char *schema_type_name(enum schema_type type) {
    return type_names[type];
}

static struct schema *parse_any(struct parse *p, json_t *json, const char *space);

static void *keep(struct parse *p, size_t count, size_t size) {
    struct schema_tree *tree = p->tree;
    if (tree->memory_count == sizeof tree->memory / sizeof tree->memory[0]) return NULL;
    void *memory = calloc(count + 1, size);
    if (memory != NULL) tree->memory[tree->memory_count++] = memory;
    return memory;
}

static struct schema *refuse(struct parse *p, const char *what, const char *name) {
    error_set(p->error, ERROR_BAD_DATA, "%s%s%s", what, name[0] != '\0' ? " " : "", name);
    return NULL;
}

static struct schema *node_new(struct parse *p, enum schema_type type) {
    if (p->tree->node_count == SCHEMA_NODES_MAX) return refuse(p, "too many types", "");
    struct schema *node = keep(p, 1, sizeof *node);
    if (node == NULL) return refuse(p, "no memory", "");
    node->type = type;
    node->logical = "";
    p->tree->nodes[p->tree->node_count++] = node;
    return node;
}

static void full_name(char out[256], const char *name, const char *space) {
    const bool full = strchr(name, '.') != NULL || space[0] == '\0';
    snprintf(out, 256, "%s%s%s", full ? "" : space, full ? "" : ".", name);
}

static struct schema *find_named(const struct parse *p, const char *name, const char *space) {
    char full[256];
    if (name[0] == '\0') return NULL;
    full_name(full, name, space);
    for (size_t i = 0; i < p->tree->node_count; i++)
        if (strcmp(p->tree->nodes[i]->name, full) == 0) return p->tree->nodes[i];
    return NULL;
}

static struct schema *parse_name(struct parse *p, const char *name, const char *space) {
    for (enum schema_type t = SCHEMA_NULL; t <= SCHEMA_STRING; t++)
        if (strcmp(name, type_names[t]) == 0) return node_new(p, t);
    struct schema *named = find_named(p, name, space);
    return named != NULL ? named : refuse(p, "unknown type", name);
}

static bool name_node(struct parse *p, struct schema *node, json_t *json, const char **space) {
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *own = json_string_value(json_object_get(json, "namespace"));
    if (name == NULL || name[0] == '\0' || strlen(name) > 120 || (own != NULL && strlen(own) > 120))
        return refuse(p, "a named type without a usable name", "") != NULL;
    if (own != NULL) *space = own;
    char full[256];
    full_name(full, name, *space);
    if (find_named(p, full, "") != NULL) return refuse(p, "a type is defined twice:", full) != NULL;
    memcpy(node->name, full, sizeof full);
    return true;
}

static bool parse_aliases(struct parse *p, struct schema_field *field, json_t *json) {
    json_t *aliases = json_object_get(json, "aliases");
    const size_t count = json_array_size(aliases);
    field->aliases = keep(p, count, sizeof *field->aliases);
    if (field->aliases == NULL) return refuse(p, "no memory", "") != NULL;
    for (size_t i = 0; i < count; i++) {
        const char *alias = json_string_value(json_array_get(aliases, i));
        if (alias == NULL) return refuse(p, "an alias is no text", "") != NULL;
        field->aliases[field->alias_count++] = alias;
    }
    return true;
}

static bool parse_field(struct parse *p, struct schema *record, json_t *json, const char *space) {
    struct schema_field *field = &record->fields[record->field_count];
    field->name = json_string_value(json_object_get(json, "name"));
    if (field->name == NULL) return refuse(p, "a field without a name in", record->name) != NULL;
    for (size_t i = 0; i < record->field_count; i++)
        if (strcmp(record->fields[i].name, field->name) == 0)
            return error_set(p->error, ERROR_BAD_DATA, "%s: the field is defined twice",
                             field->name);
    field->type = parse_any(p, json_object_get(json, "type"), space);
    if (field->type == NULL || !parse_aliases(p, field, json))
        return error_prefix(p->error, "%s", field->name);
    record->field_count++;
    return true;
}

static struct schema *parse_record(struct parse *p, json_t *json, const char *space) {
    struct schema *node = node_new(p, SCHEMA_RECORD);
    json_t *fields = json_object_get(json, "fields");
    if (node == NULL || !name_node(p, node, json, &space)) return NULL;
    if (!json_is_array(fields)) return refuse(p, "a record without fields:", node->name);
    node->fields = keep(p, json_array_size(fields), sizeof *node->fields);
    if (node->fields == NULL) return refuse(p, "no memory", "");
    for (size_t i = 0; i < json_array_size(fields); i++)
        if (!parse_field(p, node, json_array_get(fields, i), space)) return NULL;
    return node;
}

static struct schema *parse_enum(struct parse *p, json_t *json, const char *space) {
    struct schema *node = node_new(p, SCHEMA_ENUM);
    json_t *symbols = json_object_get(json, "symbols");
    if (node == NULL || !name_node(p, node, json, &space)) return NULL;
    const size_t count = json_array_size(symbols);
    if (count == 0 || count > SYMBOLS_MAX) return refuse(p, "no usable symbols in", node->name);
    node->symbols = keep(p, count, sizeof *node->symbols);
    if (node->symbols == NULL) return refuse(p, "no memory", "");
    for (; node->symbol_count < count; node->symbol_count++) {
        const char *symbol = json_string_value(json_array_get(symbols, node->symbol_count));
        if (symbol == NULL) return refuse(p, "a symbol is no text in", node->name);
        node->symbols[node->symbol_count] = symbol;
    }
    return node;
}

static struct schema *parse_fixed(struct parse *p, json_t *json, const char *space) {
    struct schema *node = node_new(p, SCHEMA_FIXED);
    if (node == NULL || !name_node(p, node, json, &space)) return NULL;
    node->size = json_integer_value(json_object_get(json, "size"));
    return node->size > 0 && node->size <= 65536 ? node
                                                 : refuse(p, "no usable size in", node->name);
}

static struct schema *with_branches(struct parse *p, struct schema *node, size_t count) {
    if (node == NULL) return NULL;
    node->branches = keep(p, count, sizeof(struct schema *));
    return node->branches != NULL ? node : refuse(p, "no memory", "");
}

static struct schema *parse_union(struct parse *p, json_t *json, const char *space) {
    const size_t count = json_array_size(json);
    struct schema *node = with_branches(p, node_new(p, SCHEMA_UNION), count);
    if (node == NULL) return NULL;
    if (count == 0) return refuse(p, "an empty union", "");
    for (; node->branch_count < count; node->branch_count++) {
        struct schema *branch = parse_any(p, json_array_get(json, node->branch_count), space);
        if (branch == NULL) return NULL;
        if (branch->type == SCHEMA_UNION) return refuse(p, "a union inside a union", "");
        node->branches[node->branch_count] = branch;
    }
    return node;
}

static struct schema *parse_collection(struct parse *p, json_t *json, const char *space,
                                       enum schema_type type, const char *key) {
    struct schema *node = with_branches(p, node_new(p, type), 1);
    if (node == NULL) return NULL;
    node->branches[0] = parse_any(p, json_object_get(json, key), space);
    node->branch_count = 1;
    return node->branches[0] == NULL ? NULL : node;
}

static struct schema *parse_object(struct parse *p, json_t *json, const char *space) {
    json_t *type = json_object_get(json, "type");
    const char *name = json_string_value(type);
    if (name == NULL) return parse_any(p, type, space);
    if (strcmp(name, "record") == 0 || strcmp(name, "error") == 0)
        return parse_record(p, json, space);
    if (strcmp(name, "enum") == 0) return parse_enum(p, json, space);
    if (strcmp(name, "array") == 0) return parse_collection(p, json, space, SCHEMA_ARRAY, "items");
    if (strcmp(name, "map") == 0) return parse_collection(p, json, space, SCHEMA_MAP, "values");
    struct schema *node =
        strcmp(name, "fixed") == 0 ? parse_fixed(p, json, space) : parse_name(p, name, space);
    const char *logical = json_string_value(json_object_get(json, "logicalType"));
    if (node != NULL && logical != NULL &&
        (node->type <= SCHEMA_STRING || node->type == SCHEMA_FIXED)) {
        node->logical = logical;
        node->scale = json_integer_value(json_object_get(json, "scale"));
    }
    return node;
}

static struct schema *parse_any(struct parse *p, json_t *json, const char *space) {
    struct schema *node = NULL;
    if (++p->depth > SCHEMA_DEPTH_MAX)
        refuse(p, "the schema is nested too deeply", "");
    else if (json_is_string(json))
        node = parse_name(p, json_string_value(json), space);
    else if (json_is_array(json))
        node = parse_union(p, json, space);
    else if (json_is_object(json))
        node = parse_object(p, json, space);
    else
        refuse(p, "a type is missing", "");
    p->depth--;
    return node;
}

/* Sizes by rounds until nothing changes: everything that holds others starts without a finite
 * value, and a record may be smaller once its fields are. */

static size_t add_sizes(size_t a, size_t b) {
    if (a == SIZE_MAX || b == SIZE_MAX) return SIZE_MAX;
    return a < SIZE_MAX / 2 && b < SIZE_MAX / 2 ? a + b : SIZE_MAX - 1;
}

static size_t size_of(const struct schema *s) {
    size_t size = s->type == SCHEMA_UNION ? SIZE_MAX : 0;
    switch (s->type) {
    case SCHEMA_NULL:
        return 0;
    case SCHEMA_FLOAT:
        return 4;
    case SCHEMA_DOUBLE:
        return 8;
    case SCHEMA_FIXED:
        return (size_t)s->size;
    case SCHEMA_RECORD:
        for (size_t i = 0; i < s->field_count; i++)
            size = add_sizes(size, s->fields[i].type->size_min);
        return size;
    case SCHEMA_UNION:
        for (size_t i = 0; i < s->branch_count; i++)
            if (s->branches[i]->size_min < size) size = s->branches[i]->size_min;
        return add_sizes(size, 1);
    default:
        return 1;
    }
}

static void find_sizes(struct schema_tree *tree) {
    for (size_t i = 0; i < tree->node_count; i++)
        tree->nodes[i]->size_min = SIZE_MAX;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = tree->node_count; i-- > 0;) {
            const size_t size = size_of(tree->nodes[i]);
            changed = changed || size != tree->nodes[i]->size_min;
            tree->nodes[i]->size_min = size;
        }
    }
}

struct schema_tree *schema_parse(const char *json, size_t size, struct error *error) {
    json_error_t why;
    struct schema_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL) {
        error_set(error, ERROR_FAILED, "no memory for a schema");
        return NULL;
    }
    tree->json = json_loadb(json, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
    if (tree->json == NULL) {
        error_set(error, ERROR_BAD_DATA, "the schema is no JSON: line %d, column %d: %s", why.line,
                  why.column, why.text);
        schema_free(tree);
        return NULL;
    }
    struct parse parse = {.tree = tree, .error = error};
    struct schema *root = parse_any(&parse, tree->json, "");
    if (root == NULL) {
        schema_free(tree);
        return NULL;
    }
    tree->root = root;
    find_sizes(tree);
    return tree;
}

void schema_free(struct schema_tree *tree) {
    if (tree == NULL) return;
    for (size_t i = 0; i < tree->memory_count; i++)
        free(tree->memory[i]);
    json_decref(tree->json);
    free(tree);
}

struct schema *schema_root(struct schema_tree *tree) {
    return tree->root;
}
