/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/mapping.h"

#include "detector/base/files.h"
#include "detector/base/instant.h"
#include "detector/base/nearest.h"
#include "detector/import/mapping_table.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* inih cuts sections and names to one byte less, silently. */
enum { INI_NAME_SIZE = 50 };

struct reading {
    FILE *file;
    const char *path;
    struct mapping *mapping;
    struct error *error;
    int line;
    bool seen[MAPPING_ROWS_MAX];                         /* rows of the table */
    bool type_seen[MAPPING_TYPES_MAX][MAPPING_ROWS_MAX]; /* rows of [type …], for each */
    bool failed;
};

static bool fail(struct reading *r, const char *section, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct reading *r, const char *section, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(r->error, ERROR_CONFIG, "%s:%d: [%s] %s", r->path, r->line, section, text);
}

/* Values. */

static bool set_choice(const char *choices, const char *value, uint8_t *out) {
    const size_t size = strlen(value);
    uint8_t index = 0;
    for (const char *at = choices;; index++) {
        const size_t width = strcspn(at, "|");
        if (width == size && memcmp(at, value, size) == 0) {
            *out = index;
            return true;
        }
        if (at[width] == '\0') return false;
        at += width + 1;
    }
}

static bool set_number(const char *value, int64_t *out) {
    char *end = NULL;
    errno = 0;
    *out = strtoll(value, &end, 10);
    return errno == 0 && end != value && *end == '\0' && *out > 0;
}

static bool set_list(struct mapping *m, const char *value) {
    while (*value != '\0') {
        const size_t width = strcspn(value, ",");
        if (m->absent_count == MAPPING_ABSENT_MAX || width >= MAPPING_NAME_SIZE) return false;
        char *out = m->absent[m->absent_count++];
        snprintf(out, MAPPING_NAME_SIZE, "%.*s", (int)width, value);
        for (size_t end = strlen(out); end > 0 && out[end - 1] == ' '; end--)
            out[end - 1] = '\0';
        value += width + (value[width] == ',');
        value += strspn(value, " ");
    }
    return true;
}

static bool set_value(struct mapping *m, const struct mapping_row *row, void *place,
                      const char *value) {
    switch (row->kind) {
    case MAPPING_ROW_TEXT:
        if (value[0] == '\0' || strlen(value) >= MAPPING_NAME_SIZE) return false;
        memcpy(place, value, strlen(value) + 1);
        return true;
    case MAPPING_ROW_CHOICE:
        return set_choice(row->choices, value, place);
    case MAPPING_ROW_NUMBER:
        return set_number(value, place);
    case MAPPING_ROW_TIME:
        return instant_parse(value, 0, place);
    case MAPPING_ROW_ZONE:
        return instant_parse_zone(value, place);
    case MAPPING_ROW_LIST:
        return set_list(m, value);
    }
    return false;
}

/* Keys. */

static bool is_type_section(const char *section) {
    return strncmp(section, "type ", 5) == 0 && section[5] != '\0';
}

static const char *section_of(const char *section) {
    return is_type_section(section) ? MAPPING_TYPE_SECTION : section;
}

static bool fail_section(struct reading *r, const char *section) {
    const char *names[MAPPING_ROWS_MAX + 2];
    size_t count = 0;
    names[count++] = "drop";
    names[count++] = "status";
    for (size_t i = 0; i < mapping_row_count; i++)
        if (count < MAPPING_ROWS_MAX && strcmp(mapping_rows[i].section, names[count - 1]) != 0)
            names[count++] = mapping_rows[i].section;
    const char *near = nearest(section, names, count);
    return fail(r, section, "is no section%s%s%s; `saqshy docs mapping` lists them",
                near != NULL ? "; did you mean [" : "", near != NULL ? near : "",
                near != NULL ? "]?" : "");
}

static bool fail_key(struct reading *r, const char *section, const char *key) {
    const char *keys[MAPPING_ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < mapping_row_count; i++)
        if (strcmp(mapping_rows[i].section, section_of(section)) == 0)
            keys[count++] = mapping_rows[i].key;
    if (count == 0) return fail_section(r, section);
    const char *near = nearest(key, keys, count);
    return fail(r, section, "has no key %s%s%s%s; `saqshy docs mapping` lists them", key,
                near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                near != NULL ? "?" : "");
}

/* The choice nearest to what was given; lives until the next call. */
static const char *nearest_choice(const char *choices, const char *value) {
    static char copy[512];
    const char *names[64];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", choices);
    for (char *at = copy; at != NULL && count < 64;)
        names[count++] = strsep(&at, "|");
    return nearest(value, names, count);
}

static bool fail_choice(struct reading *r, const char *section, const char *key,
                        const char *choices, const char *value) {
    const char *near = nearest_choice(choices, value);
    return fail(r, section, "%s = %s: it takes %s%s%s%s", key, value, choices,
                near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                near != NULL ? "?" : "");
}

static bool fail_value(struct reading *r, const char *section, const struct mapping_row *row,
                       const char *value) {
    if (row->kind == MAPPING_ROW_CHOICE)
        return fail_choice(r, section, row->key, row->choices, value);
    return fail(r, section, "%s = %s: it takes %s", row->key, value, row->choices);
}

static bool set_row(struct reading *r, const char *section, const struct mapping_row *row,
                    void *base, bool *seen, const char *value) {
    if (*seen) return fail(r, section, "%s is given twice", row->key);
    *seen = true;
    return set_value(r->mapping, row, (char *)base + row->offset, value) ||
           fail_value(r, section, row, value);
}

static struct mapping_type *type_of(struct reading *r, const char *section) {
    struct mapping *m = r->mapping;
    const char *value = section + 5;
    for (size_t i = 0; i < m->type_count; i++)
        if (strcmp(m->types[i].value, value) == 0) return &m->types[i];
    if (m->type_count == MAPPING_TYPES_MAX) {
        fail(r, section, "is one section too many; %d are the most", MAPPING_TYPES_MAX);
        return NULL;
    }
    struct mapping_type *type = &m->types[m->type_count++];
    memcpy(type->value, value, strlen(value) + 1);
    return type;
}

/* Sections whose keys are names of the CSV. */

static bool take_dropped(struct reading *r, const char *column) {
    struct mapping *m = r->mapping;
    if (m->dropped_count == MAPPING_DROPPED_MAX)
        return fail(r, "drop", "has more than %d columns", MAPPING_DROPPED_MAX);
    memcpy(m->dropped[m->dropped_count++], column, strlen(column) + 1);
    return true;
}

static bool take_status(struct reading *r, const char *key, const char *value) {
    struct mapping *m = r->mapping;
    if (m->status_count == MAPPING_STATUSES_MAX)
        return fail(r, "status", "has more than %d values", MAPPING_STATUSES_MAX);
    struct mapping_status *status = &m->statuses[m->status_count++];
    memcpy(status->value, key, strlen(key) + 1);
    return set_choice(mapping_statuses, value, &status->status) ||
           fail_choice(r, "status", key, mapping_statuses, value);
}

static bool take_row(struct reading *r, const char *section, const char *key, const char *value) {
    struct mapping_type *type = NULL;
    if (is_type_section(section) && (type = type_of(r, section)) == NULL) return false;
    for (size_t i = 0; i < mapping_row_count; i++) {
        const struct mapping_row *row = &mapping_rows[i];
        if (strcmp(row->section, section_of(section)) != 0 || strcmp(row->key, key) != 0) continue;
        if (type == NULL) return set_row(r, section, row, r->mapping, &r->seen[i], value);
        bool *seen = r->type_seen[type - r->mapping->types];
        return set_row(r, section, row, type, &seen[i], value);
    }
    return fail_key(r, section, key);
}

static bool take(struct reading *r, const char *section, const char *key, const char *value) {
    if (strlen(section) >= INI_NAME_SIZE - 1 || strlen(key) >= INI_NAME_SIZE - 1)
        return fail(r, section, "%s: names here may have %d bytes", key, INI_NAME_SIZE - 2);
    if (strcmp(section, "drop") == 0) return take_dropped(r, key);
    if (strcmp(section, "status") == 0) return take_status(r, key, value);
    return take_row(r, section, key, value);
}

static int take_pair(void *context, const char *section, const char *key, const char *value) {
    struct reading *r = context;
    if (!r->failed) r->failed = !take(r, section, key, value);
    return !r->failed;
}

/* fgets for inih that counts lines, and ends the file at the first error. */
static char *read_line(char *line, int room, void *context) {
    struct reading *r = context;
    if (r->failed || fgets(line, room, r->file) == NULL) return NULL;
    r->line++;
    if (strlen(line) + 1 < (size_t)room || strchr(line, '\n') != NULL) return line;
    r->failed = true;
    error_set(r->error, ERROR_CONFIG, "%s:%d: the line is longer than %d bytes", r->path, r->line,
              room - 2);
    return NULL;
}

/* The document as a whole. */

static bool check(const struct mapping *m, const char *path, struct error *error) {
    static const enum mapping_column needed[] = {MAPPING_TIME, MAPPING_AMOUNT};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (m->columns[needed[i]][0] == '\0')
            return error_set(error, ERROR_CONFIG, "%s: [columns] does not say which column is %s",
                             path, mapping_column_key(needed[i]));
    if (m->columns[MAPPING_PAYER][0] == '\0' && m->columns[MAPPING_PAYEE][0] == '\0')
        return error_set(error, ERROR_CONFIG,
                         "%s: [columns] says neither which column is payer nor which is payee",
                         path);
    if ((m->columns[MAPPING_TYPE][0] == '\0') != (m->type_count == 0))
        return error_set(error, ERROR_CONFIG,
                         "%s: type in [columns] and the [type VALUE] sections go together; "
                         "event_type of [record] is for a file without types",
                         path);
    if ((m->columns[MAPPING_STATUS][0] == '\0') != (m->status_count == 0))
        return error_set(error, ERROR_CONFIG,
                         "%s: status in [columns] and the section [status] go together", path);
    for (size_t i = 0; i < m->type_count; i++)
        if (m->types[i].event_type == 0)
            return error_set(error, ERROR_CONFIG, "%s: [type %s] does not say its event_type", path,
                             m->types[i].value);
    return true;
}

static bool read_all(struct reading *r) {
    const int line = ini_parse_stream(read_line, r, take_pair, r);
    if (r->failed) return false;
    if (line == 0) return check(r->mapping, r->path, r->error);
    return error_set(r->error, ERROR_CONFIG, "%s:%d: this is neither [section] nor key=value",
                     r->path, line);
}

static void set_defaults(struct mapping *m) {
    for (size_t i = 0; i < mapping_row_count; i++)
        if (mapping_rows[i].standard[0] != '\0' &&
            strcmp(mapping_rows[i].section, MAPPING_TYPE_SECTION) != 0)
            set_value(m, &mapping_rows[i], (char *)m + mapping_rows[i].offset,
                      mapping_rows[i].standard);
}

struct mapping *mapping_load(const char *path, struct error *error) {
    struct mapping *mapping = calloc(1, sizeof *mapping);
    struct reading *r = calloc(1, sizeof *r);
    FILE *file = files_open(path, ERROR_CONFIG, error);
    bool ok = false;
    if (mapping == NULL || r == NULL) {
        error_set(error, ERROR_FAILED, "no memory for %s", path);
    } else if (file != NULL) {
        set_defaults(mapping);
        *r = (struct reading){.file = file, .path = path, .mapping = mapping, .error = error};
        ok = read_all(r);
    }
    if (file != NULL) fclose(file);
    free(r);
    if (ok) return mapping;
    mapping_free(mapping);
    return NULL;
}

void mapping_free(struct mapping *mapping) {
    free(mapping);
}

const struct mapping_type *mapping_find_type(const struct mapping *m, const char *value) {
    const struct mapping_type *rest = NULL;
    for (size_t i = 0; i < m->type_count; i++) {
        if (strcmp(m->types[i].value, value) == 0) return &m->types[i];
        if (strcmp(m->types[i].value, "*") == 0) rest = &m->types[i];
    }
    return rest;
}
