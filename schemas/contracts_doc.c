/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/contracts_doc.h"

#include "schemas/catalog.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

enum { NESTED_MAX = 64 };

/* Named types met on the way, described after the record that uses them. */
struct pending {
    json_t *types[NESTED_MAX];
    size_t count;
};

static const char *text(json_t *object, const char *key) {
    const char *found = json_string_value(json_object_get(object, key));
    return found == NULL ? "" : found;
}

static void print_type(json_t *type, struct pending *pending, FILE *out) {
    if (json_is_string(type)) {
        fputs(json_string_value(type), out);
    } else if (json_is_array(type)) {
        print_type(json_array_get(type, 1), pending, out);
        fputs(" or null", out);
    } else if (strcmp(text(type, "type"), "array") == 0) {
        fputs("list of ", out);
        print_type(json_object_get(type, "items"), pending, out);
    } else if (json_object_get(type, "name") != NULL) {
        assert(pending->count < NESTED_MAX);
        pending->types[pending->count++] = type;
        fputs(text(type, "name"), out);
    } else {
        fprintf(out, "%s%s%s", text(type, "type"), text(type, "logicalType")[0] != '\0' ? ", " : "",
                text(type, "logicalType"));
    }
}

static void print_symbols(json_t *type, FILE *out) {
    size_t i;
    json_t *symbol;
    json_array_foreach(json_object_get(type, "symbols"), i, symbol)
        fprintf(out, "%s`%s`", i == 0 ? "" : ", ", json_string_value(symbol));
    fputs("\n", out);
}

static void print_fields(json_t *type, struct pending *pending, FILE *out) {
    size_t i;
    json_t *field;
    fputs("| field | type | meaning |\n| --- | --- | --- |\n", out);
    json_array_foreach(json_object_get(type, "fields"), i, field) {
        fprintf(out, "| `%s` | ", text(field, "name"));
        print_type(json_object_get(field, "type"), pending, out);
        fprintf(out, " | %s |\n", text(field, "doc"));
    }
}

static void print_named(json_t *type, struct pending *pending, const char *level, FILE *out) {
    fprintf(out, "\n%s %s\n\n%s\n\n", level, text(type, "name"), text(type, "doc"));
    if (json_object_get(type, "fields") != NULL) print_fields(type, pending, out);
    if (json_object_get(type, "symbols") != NULL) print_symbols(type, out);
}

void contracts_doc_print(FILE *out) {
    fputs(
        "# Contracts\n\nMade from `schemas/*.avsc` by `saqshy docs contracts`; do not edit.\n\n"
        "Every value is framed: `0x00`, the schema id as 4 bytes big-endian, Avro binary. Shipped "
        "ids: "
        "1 TransactionEvent, 2 FreezeRecommendation, 3 OrderRecord, 4 FraudSignal, 5 ShadowScore. "
        "Consumers of "
        "recommendations read with `isolation.level=read_committed` and drop what they have seen "
        "by "
        "`recommendation_id` and `revision`. Money is in tiyn, time in UTC.\n\n## Admission\n\n"
        "A transaction is used when tx_id and event_id are not empty, a side names an account, the "
        "amount is not negative and given in tenge, times lie in the years 2000 to 2099, "
        "event_time "
        "is at most 5 minutes after ingest_time and at most 7 days behind the engine clock, and "
        "ingest_time is at most a day after the Kafka record's own time stamp. What "
        "cannot be "
        "used is a dead letter with the reason in `saqshy.dlq.reason`; what is merely late is "
        "counted.\n",
        out);
    for (int32_t id = SCHEMA_ID_TRANSACTION; id <= SCHEMA_ID_SHADOW; id++) {
        size_t size = 0;
        const char *schema = schema_shipped(id, &size);
        json_t *json = json_loadb(schema, size, 0, NULL);
        assert(json != NULL);
        struct pending pending = {.count = 0};
        print_named(json, &pending, "##", out);
        for (size_t i = 0; i < pending.count; i++)
            print_named(pending.types[i], &pending, "###", out);
        json_decref(json);
    }
}
