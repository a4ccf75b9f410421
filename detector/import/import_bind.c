/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/import_bind.h"

#include "detector/base/nearest.h"

#include <stdio.h>

struct head {
    size_t count;
    const char *names[CSV_FIELDS_MAX];
    char numbers[CSV_FIELDS_MAX][4]; /* names of columns without a head line */
    bool used[CSV_FIELDS_MAX];
};

static void read_names(const struct mapping *m, const struct csv *csv, struct head *head) {
    head->count = csv_count(csv);
    for (size_t i = 0; i < head->count; i++) {
        snprintf(head->numbers[i], sizeof head->numbers[i], "%u", (unsigned)(i + 1) % 1000);
        head->names[i] = m->header ? csv_field(csv, i) : head->numbers[i];
    }
}

static void list_names(const struct head *head, char *out, size_t room) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < head->count && used + 1 < room; i++) {
        const int size =
            snprintf(out + used, room - used, "%s%.40s", i == 0 ? "" : ", ", head->names[i]);
        used += size < 0 ? 0 : (size_t)size;
    }
}

static bool fail_missing(const struct head *head, const char *name, const char *section,
                         struct error *error) {
    char all[512];
    list_names(head, all, sizeof all);
    const char *near = nearest(name, head->names, head->count);
    return error_set(error, ERROR_CONFIG,
                     "the CSV has no column %s, which [%s] names%s%s%s; it has %s", name, section,
                     near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "", all);
}

static bool find(struct head *head, const char *name, const char *section, int *index,
                 struct error *error) {
    *index = -1;
    for (size_t i = 0; i < head->count; i++) {
        if (strcmp(head->names[i], name) != 0) continue;
        if (*index >= 0) return error_set(error, ERROR_CONFIG, "the CSV has two columns %s", name);
        *index = (int)i;
        head->used[i] = true;
    }
    return *index >= 0 || fail_missing(head, name, section, error);
}

bool import_bind(const struct mapping *m, const struct csv *csv, struct import_binding *binding,
                 struct error *error) {
    struct head head = {0};
    int unused;
    read_names(m, csv, &head);
    binding->column_count = head.count;
    for (int i = 0; i < MAPPING_COLUMN_COUNT; i++) {
        binding->index[i] = -1;
        if (m->columns[i][0] != '\0' &&
            !find(&head, m->columns[i], "columns", &binding->index[i], error))
            return false;
    }
    for (size_t i = 0; i < m->dropped_count; i++)
        if (!find(&head, m->dropped[i], "drop", &unused, error)) return false;
    for (size_t i = 0; i < head.count; i++)
        if (!head.used[i])
            return error_set(error, ERROR_CONFIG,
                             "column %s of the CSV is neither mapped nor dropped; name it in "
                             "[columns] or in [drop]",
                             head.names[i]);
    return true;
}
