/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/json_text.h"
#include "detector/commands/text_columns.h"
#include "detector/commands/verify.h"

enum { PATH_WIDTH = 31, FOUND_WIDTH = 37 };

struct fields {
    json_t *json;
    int shown, all;
};

static void print_field(void *context, const char *path, const char *found, const char *due) {
    struct fields *fields = context;
    if (fields->all++ >= VERIFY_FIELDS_SHOWN) return;
    if (fields->shown++ == 0) printf("    %-30s %-36s %s\n", "field", "found", "due");
    fputs("    ", stdout);
    columns_left(path, PATH_WIDTH, stdout);
    columns_left(found == NULL ? "(none)" : found, FOUND_WIDTH, stdout);
    printable_put(due == NULL ? "(none)" : due, stdout);
    putchar('\n');
}

static json_t *text_or_null(const char *text) {
    return text == NULL ? json_null() : json_text(text);
}

static void add_field(void *context, const char *path, const char *found, const char *due) {
    struct fields *fields = context;
    json_array_append_new(fields->json, json_pack("{so so so}", "field", json_text(path), "found",
                                                  text_or_null(found), "due", text_or_null(due)));
}

static void print_text(const struct verify_finding *f) {
    printf("%-10s partition %d", f->kind, (int)f->partition);
    if (f->sequence >= 0) printf(", number %lld", (long long)f->sequence);
    if (f->offset >= 0) printf(" at offset %lld", (long long)f->offset);
    fputs(": ", stdout);
    printable_put(f->text, stdout);
    putchar('\n');
    if (f->diff == NULL) return;
    struct fields fields = {NULL, 0, 0};
    avro_diff_records(f->diff, f->found, f->due, print_field, &fields);
    if (fields.all > fields.shown)
        printf("    and %d more field%s\n", fields.all - fields.shown,
               fields.all - fields.shown == 1 ? "" : "s");
}

static void print_json(const struct verify_finding *f) {
    struct fields fields = {json_array(), 0, 0};
    if (f->diff != NULL) avro_diff_records(f->diff, f->found, f->due, add_field, &fields);
    json_t *row =
        json_pack("{ss si sI sI so so}", "finding", f->kind, "partition", (int)f->partition,
                  "sequence", (json_int_t)f->sequence, "offset", (json_int_t)f->offset, "text",
                  json_text(f->text), "fields", fields.json);
    json_dumpf(row, stdout, JSON_PRESERVE_ORDER | JSON_COMPACT);
    putchar('\n');
    json_decref(row);
}

void verify_report(struct verify_report *report, const struct verify_finding *f) {
    if (report->findings++ == 0) {
        char number[40] = "";
        if (f->sequence >= 0)
            snprintf(number, sizeof number, ", number %lld", (long long)f->sequence);
        snprintf(report->first, sizeof report->first, "partition %d%s: %s", (int)f->partition,
                 number, f->text);
    }
    if (report->findings > VERIFY_FINDINGS_SHOWN) return;
    if (report->json)
        print_json(f);
    else
        print_text(f);
}
