/* SPDX-License-Identifier: Apache-2.0 */
/* Binds a writer's schema to the contract's columns and writes the steps that read it. */
#include "detector/base/printable.h"
#include "schemas/contract.h"
#include "schemas/limits.h"
#include "schemas/plan_ops.h"
#include "schemas/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 32 };

struct compile {
    struct plan *plan;
    uint32_t op_count, symbol_count;
    struct error *error;
    FILE *report;     /* NULL: none */
    const char *path; /* "payer.", "subjects." or "" */
    bool failed;
};

/* Writing steps. */

static uint32_t emit(struct compile *c, struct op op) {
    if (c->op_count == PLAN_OPS_MAX) {
        c->failed = true;
        error_set(c->error, ERROR_BAD_DATA, "the schema needs more than %d steps", PLAN_OPS_MAX);
        c->op_count--;
    }
    c->plan->ops[c->op_count] = op;
    return c->op_count++;
}

static void skip(struct compile *c, struct schema *s);

static void skip_union(struct compile *c, struct schema *s) {
    const uint32_t count = (uint32_t)s->branch_count;
    const uint32_t head = emit(c, (struct op){.code = OP_UNION, .limit = count});
    for (uint32_t i = 0; i < count; i++)
        emit(c, (struct op){.code = OP_JUMP});
    uint32_t *ends = calloc(count, sizeof *ends);
    assert(ends != NULL && "out of memory");
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        c->plan->ops[head + 1 + i].extra = c->op_count;
        skip(c, s->branches[i]);
        ends[i] = emit(c, (struct op){.code = OP_JUMP});
    }
    for (uint32_t i = 0; i < count && !c->failed; i++)
        c->plan->ops[ends[i]].extra = c->op_count;
    free(ends);
}

static void skip_collection(struct compile *c, struct schema *s) {
    if (s->type == SCHEMA_ARRAY && s->branches[0]->size_min == 0) {
        c->failed = true;
        error_set(c->error, ERROR_BAD_DATA, "an array whose items take no bytes is refused");
        return;
    }
    const uint32_t head = emit(c, (struct op){.code = OP_BLOCKS});
    if (s->type == SCHEMA_MAP) emit(c, (struct op){.code = OP_SKIP_TEXT});
    skip(c, s->branches[0]);
    emit(c, (struct op){.code = OP_ITEM, .extra = head + 1});
    c->plan->ops[head].extra = c->op_count;
}

static void skip_field(struct compile *c, const char *path, const struct schema_field *field) {
    skip(c, field->type);
    if (c->failed) error_prefix(c->error, "%s%s", path, field->name);
}

/* A record is skipped by a routine written once, so that a recursive type ends. */
static void skip_record(struct compile *c, struct schema *s) {
    if (s->code == 0) {
        const uint32_t over = emit(c, (struct op){.code = OP_JUMP});
        s->code = c->op_count;
        for (size_t i = 0; i < s->field_count && !c->failed; i++)
            skip_field(c, "", &s->fields[i]);
        emit(c, (struct op){.code = OP_RETURN});
        c->plan->ops[over].extra = c->op_count;
    }
    emit(c, (struct op){.code = OP_CALL, .extra = s->code});
}

static void skip(struct compile *c, struct schema *s) {
    static const uint8_t simple[] = {
        [SCHEMA_BOOLEAN] = OP_SKIP_BOOLEAN, [SCHEMA_INT] = OP_SKIP_INT,
        [SCHEMA_LONG] = OP_SKIP_LONG,       [SCHEMA_FLOAT] = OP_SKIP_FIXED,
        [SCHEMA_DOUBLE] = OP_SKIP_FIXED,    [SCHEMA_BYTES] = OP_SKIP_BYTES,
        [SCHEMA_STRING] = OP_SKIP_TEXT,     [SCHEMA_ENUM] = OP_SKIP_ENUM,
        [SCHEMA_FIXED] = OP_SKIP_FIXED};
    if (c->failed || s->size_min == 0) return;
    switch (s->type) {
    case SCHEMA_UNION:
        skip_union(c, s);
        return;
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
        skip_collection(c, s);
        return;
    case SCHEMA_RECORD:
        skip_record(c, s);
        return;
    default:
        emit(c, (struct op){.code = simple[s->type],
                            .limit = (uint32_t)s->symbol_count,
                            .extra = (uint32_t)s->size_min});
    }
}

/* Binding. */

static bool refuse(struct compile *c, const struct column *column, const char *why) {
    c->failed = true;
    return error_set(c->error, ERROR_BAD_DATA, "%s%s: %s", c->path, column->name, why);
}

static uint32_t map_symbols(struct compile *c, const struct schema *s,
                            const struct column *column) {
    const uint32_t first = c->symbol_count;
    uint8_t *symbols = realloc(c->plan->symbols, first + s->symbol_count);
    assert(symbols != NULL && "out of memory");
    c->plan->symbols = symbols;
    c->symbol_count += (uint32_t)s->symbol_count;
    for (size_t i = 0; i < s->symbol_count; i++) {
        symbols[first + i] = 0;
        for (uint32_t ours = 0; ours < column->symbol_count; ours++)
            if (strcmp(s->symbols[i], column->symbols[ours]) == 0)
                symbols[first + i] = (uint8_t)ours;
    }
    return first;
}

static bool is(const struct schema *s, enum schema_type type, const char *logical) {
    return s->type == type && strcmp(s->logical, logical) == 0;
}

static bool long_op(struct compile *c, const struct schema *s, const struct column *column,
                    struct op *op) {
    const bool decimal = strcmp(s->logical, "decimal") == 0;
    if (s->type == SCHEMA_FLOAT || s->type == SCHEMA_DOUBLE)
        return refuse(c, column, "a float or double is never money");
    if (s->type == SCHEMA_BYTES || s->type == SCHEMA_FIXED) {
        if (!decimal) return refuse(c, column, "bytes without logicalType decimal");
        if (s->scale < 0 || s->scale > 18) return refuse(c, column, "a scale outside 0 to 18");
        op->code = s->type == SCHEMA_BYTES ? OP_DECIMAL : OP_DECIMAL_FIXED;
        op->limit = (uint32_t)s->scale;
        op->extra = (uint32_t)s->size;
        return true;
    }
    op->code = s->type == SCHEMA_INT ? OP_INT_TO_LONG : OP_LONG;
    return is(s, SCHEMA_INT, "") || is(s, SCHEMA_LONG, "") ||
           refuse(c, column, "not an int, a long or a decimal");
}

static bool time_op(struct compile *c, const struct schema *s, const struct column *column,
                    struct op *op) {
    op->code = is(s, SCHEMA_LONG, "timestamp-millis") ? OP_MILLIS : OP_MICROS;
    return op->code == OP_MILLIS || is(s, SCHEMA_LONG, "timestamp-micros") ||
           refuse(c, column, "not a long with logicalType timestamp-micros or timestamp-millis");
}

/* The step of one value that is neither a union nor made of others. */
static bool value_op(struct compile *c, const struct schema *s, const struct column *column,
                     uint16_t base, struct op *op) {
    *op = (struct op){.to = (uint16_t)(base + column->to)};
    if (column->seconds != 0) op->seconds = (uint16_t)(base + column->seconds);
    if (column->present != 0) op->present = (uint16_t)(base + column->present);
    switch (column->kind) {
    case COL_TEXT:
        op->code = OP_TEXT;
        op->limit = column->cap;
        return s->type == SCHEMA_STRING || s->type == SCHEMA_BYTES ||
               refuse(c, column, "not a string");
    case COL_LONG:
        return long_op(c, s, column, op);
    case COL_TIME:
        return time_op(c, s, column, op);
    case COL_INT:
        op->code = OP_INT;
        return is(s, SCHEMA_INT, "") || refuse(c, column, "not an int");
    case COL_DATE:
        op->code = OP_INT;
        return is(s, SCHEMA_INT, "date") || refuse(c, column, "not an int with logicalType date");
    case COL_BOOLEAN:
        op->code = OP_BOOLEAN;
        return s->type == SCHEMA_BOOLEAN || refuse(c, column, "not a boolean");
    case COL_ENUM:
        if (s->type != SCHEMA_ENUM) return refuse(c, column, "not an enum");
        op->code = OP_ENUM;
        op->limit = (uint32_t)s->symbol_count;
        op->extra = map_symbols(c, s, column);
        return true;
    case COL_RECORD:
        return refuse(c, column, "not a record");
    case COL_LIST:
        break;
    }
    return refuse(c, column, "not an array");
}

static bool bind_inner(struct compile *c, struct schema *s, const struct column *column,
                       uint16_t base);
static bool bind_list(struct compile *c, struct schema *s, const struct column *column,
                      uint16_t base);

/* A value that is no union, or one in a union of two whose branch `null_branch` - 1 is null. */
static bool bind_value(struct compile *c, struct schema *s, const struct column *column,
                       uint16_t base, uint8_t null_branch) {
    struct op op;
    if (null_branch == 0 && column->kind == COL_RECORD && s->type == SCHEMA_RECORD)
        return bind_inner(c, s, column, base);
    if (null_branch == 0 && column->kind == COL_LIST && s->type == SCHEMA_ARRAY)
        return bind_list(c, s, column, base);
    if (!value_op(c, s, column, base, &op)) return false;
    op.null_branch = null_branch;
    emit(c, op);
    return true;
}

static bool bind_branches(struct compile *c, struct schema *s, const struct column *column,
                          uint16_t base) {
    const uint32_t count = (uint32_t)s->branch_count;
    const uint32_t head = emit(c, (struct op){.code = OP_UNION, .limit = count});
    for (uint32_t i = 0; i < count; i++)
        emit(c, (struct op){.code = OP_JUMP});
    uint32_t *ends = calloc(count, sizeof *ends);
    assert(ends != NULL && "out of memory");
    bool ok = true;
    for (uint32_t i = 0; i < count && ok && !c->failed; i++) {
        c->plan->ops[head + 1 + i].extra = c->op_count;
        if (s->branches[i]->type != SCHEMA_NULL)
            ok = bind_value(c, s->branches[i], column, base, 0);
        else if (!column->nullable)
            emit(c, (struct op){.code = OP_REFUSE});
        ends[i] = emit(c, (struct op){.code = OP_JUMP});
    }
    for (uint32_t i = 0; i < count && ok && !c->failed; i++)
        c->plan->ops[ends[i]].extra = c->op_count;
    free(ends);
    return ok;
}

static bool bind_union(struct compile *c, struct schema *s, const struct column *column,
                       uint16_t base) {
    const bool simple = column->kind != COL_RECORD && column->kind != COL_LIST;
    for (uint8_t i = 0; i < 2 && s->branch_count == 2 && column->nullable && simple; i++)
        if (s->branches[i]->type == SCHEMA_NULL && s->branches[1 - i]->type != SCHEMA_NULL)
            return bind_value(c, s->branches[1 - i], column, base, (uint8_t)(i + 1));
    return bind_branches(c, s, column, base);
}

static void report_binding(const struct compile *c, const struct schema *s,
                           const struct column *column) {
    fprintf(c->report, "binds\t%s%s\t%s%s", c->path, column->name, schema_type_name(s->type),
            s->logical[0] != '\0' ? " " : "");
    printable_put(s->logical, c->report);
    fputc('\n', c->report);
}

static void report_skipped(const struct compile *c, const char *name) {
    fprintf(c->report, "skipped\t%s", c->path);
    printable_put(name, c->report);
    fputs("\tnot in the contract\n", c->report);
}

static void report_refusal(FILE *out, const char *why) {
    fputs("REFUSED\t", out);
    printable_put(why, out);
    fputc('\n', out);
}

static bool bind_column(struct compile *c, struct schema *s, const struct column *column,
                        uint16_t base) {
    if (c->report != NULL && column->kind != COL_RECORD) report_binding(c, s, column);
    if (s->type == SCHEMA_NULL && column->nullable) return true;
    return s->type == SCHEMA_UNION ? bind_union(c, s, column, base)
                                   : bind_value(c, s, column, base, 0);
}

static bool names(const struct schema_field *field, const struct column *column, bool by_alias) {
    if (!by_alias) return strcmp(field->name, column->name) == 0;
    for (size_t i = 0; i < field->alias_count; i++)
        if (strcmp(field->aliases[i], column->name) == 0) return true;
    return false;
}

/* For each of the writer's fields its column or NULL: by name, else by the field's aliases. */
static void match(const struct schema *record, const struct column *list, size_t count,
                  const struct column **column_of) {
    bool taken[COLUMNS_MAX] = {false};
    for (int by_alias = 0; by_alias < 2; by_alias++)
        for (size_t f = 0; f < record->field_count; f++)
            for (size_t i = 0; i < count && column_of[f] == NULL; i++) {
                if (taken[i] || !names(&record->fields[f], &list[i], by_alias == 1)) continue;
                column_of[f] = &list[i];
                taken[i] = true;
            }
}

static bool bind_default(struct compile *c, const struct column *column) {
    if (column->obligatory) return refuse(c, column, "missing, and it has no default");
    if (c->report != NULL)
        fprintf(c->report, "default\t%s%s\t%s\n", c->path, column->name,
                column->nullable           ? "null"
                : column->kind == COL_LIST ? "none"
                                           : "UNKNOWN");
    return true;
}

static bool bind_fields(struct compile *c, struct schema *record, const struct column *list,
                        size_t count, uint16_t base, const struct column **column_of) {
    bool bound[COLUMNS_MAX] = {false};
    match(record, list, count, column_of);
    for (size_t f = 0; f < record->field_count && !c->failed; f++) {
        if (column_of[f] != NULL) {
            bound[column_of[f] - list] = true;
            if (bind_column(c, record->fields[f].type, column_of[f], base) && c->failed)
                error_prefix(c->error, "%s%s", c->path, column_of[f]->name);
            continue;
        }
        skip_field(c, c->path, &record->fields[f]);
        if (c->report != NULL && !c->failed) report_skipped(c, record->fields[f].name);
    }
    for (size_t i = 0; i < count && !c->failed; i++)
        if (!bound[i]) bind_default(c, &list[i]);
    return !c->failed;
}

static bool bind_record(struct compile *c, struct schema *record, const struct column *list,
                        size_t count, uint16_t base) {
    const struct column **column_of = calloc(record->field_count + 1, sizeof(struct column *));
    assert(column_of != NULL && "out of memory");
    const bool ok = bind_fields(c, record, list, count, base, column_of);
    free(column_of);
    return ok;
}

/* The columns of a record in a record, or of a list's items. */
static bool bind_fields_of(struct compile *c, struct schema *s, const struct column *column,
                           uint16_t base) {
    char path[64];
    const char *outer = c->path;
    snprintf(path, sizeof path, "%s.", column->name);
    c->path = path;
    const bool ok = bind_record(c, s, column->fields, column->field_count, base);
    c->path = outer;
    return ok;
}

static bool bind_inner(struct compile *c, struct schema *s, const struct column *column,
                       uint16_t base) {
    if (column->present != 0)
        emit(c, (struct op){.code = OP_PRESENT, .present = (uint16_t)(base + column->present)});
    return bind_fields_of(c, s, column, (uint16_t)(base + column->to));
}

static bool bind_item(struct compile *c, struct schema *s, const struct column *column) {
    const struct column text = {.name = column->name, .kind = COL_TEXT, .cap = column->cap};
    if (column->fields == NULL) return bind_column(c, s, &text, 0);
    if (s->type != SCHEMA_RECORD) return refuse(c, column, "not an array of records");
    return bind_fields_of(c, s, column, 0);
}

static bool bind_list(struct compile *c, struct schema *s, const struct column *column,
                      uint16_t base) {
    struct schema *items = s->branches[0];
    if (items->size_min == 0)
        return refuse(c, column, "an array whose items take no bytes is refused");
    const uint32_t head = emit(c, (struct op){.code = OP_BLOCKS});
    emit(c, (struct op){.code = OP_SLOT,
                        .to = (uint16_t)(base + column->to),
                        .seconds = (uint16_t)(base + column->count),
                        .limit = column->items_max,
                        .extra = column->item_bytes});
    if (!bind_item(c, items, column) || c->failed) return false;
    emit(c, (struct op){.code = OP_LEAVE});
    emit(c, (struct op){.code = OP_ITEM, .extra = head + 1});
    c->plan->ops[head].extra = c->op_count;
    return true;
}

static struct plan *compile(enum contract contract, const char *json, size_t size, FILE *report,
                            struct error *error) {
    const struct contract_columns *of = contract_columns(contract);
    struct schema_tree *tree = schema_parse(json, size, error);
    struct plan *plan = tree == NULL ? NULL : calloc(1, sizeof *plan);
    if (plan != NULL) plan->ops = calloc(PLAN_OPS_MAX + 1, sizeof *plan->ops);
    if (tree != NULL && (plan == NULL || plan->ops == NULL))
        error_set(error, ERROR_FAILED, "no memory for a decode plan");
    if (plan == NULL || plan->ops == NULL) goto failed;
    plan->blank = of->blank();
    plan->blank_size = of->size;
    struct compile c = {.plan = plan, .error = error, .report = report, .path = ""};
    struct schema *root = schema_root(tree);
    if (root->type != SCHEMA_RECORD || root->size_min == SIZE_MAX) {
        error_set(error, ERROR_BAD_DATA, "the schema is not a record that ends");
        goto failed;
    }
    if (!bind_record(&c, root, of->columns, of->count, 0)) goto failed;
    emit(&c, (struct op){.code = OP_END});
    if (c.failed) goto failed;
    struct op *ops = realloc(plan->ops, c.op_count * sizeof *ops);
    if (ops != NULL) plan->ops = ops;
    schema_free(tree);
    return plan;
failed:
    plan_free(plan);
    schema_free(tree);
    return NULL;
}

struct plan *plan_compile_for(enum contract contract, const char *schema_json, size_t size,
                              struct error *error) {
    return compile(contract, schema_json, size, NULL, error);
}

struct plan *plan_compile(const char *schema_json, size_t size, struct error *error) {
    return plan_compile_for(CONTRACT_TRANSACTION, schema_json, size, error);
}

enum contract plan_contract_of(const char *schema_json, size_t size) {
    struct error ignored;
    struct schema_tree *tree = schema_parse(schema_json, size, &ignored);
    const char *name = tree == NULL ? "" : schema_root(tree)->name;
    const char *dot = strrchr(name, '.');
    const bool is_signal = strcmp(dot == NULL ? name : dot + 1, "FraudSignal") == 0;
    schema_free(tree);
    return is_signal ? CONTRACT_SIGNAL : CONTRACT_TRANSACTION;
}

bool plan_report_for(enum contract contract, const char *schema_json, size_t size, FILE *out) {
    struct error error = {.code = ERROR_NONE};
    struct plan *plan = compile(contract, schema_json, size, out, &error);
    if (plan == NULL) report_refusal(out, error.text);
    plan_free(plan);
    return plan != NULL;
}

bool plan_report(const char *schema_json, size_t size, FILE *out) {
    return plan_report_for(CONTRACT_TRANSACTION, schema_json, size, out);
}
