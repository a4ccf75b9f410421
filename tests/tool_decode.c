/* SPDX-License-Identifier: Apache-2.0 */
/* The decode plan for tests in other languages. Reads lines: a writer's schema ('{'…), or a record
 * of the last schema in hexadecimal. Answers each record with a line of JSON: its columns, or
 * {"refused": why}. */
#include "schemas/plan.h"
#include "tests/columns.h"

#include <stdio.h>
#include <stdlib.h>

struct tool {
    struct plan *plan;
    struct error error;
    uint8_t *record;
    size_t room;
};

static void take_schema(struct tool *tool, const char *json) {
    plan_free(tool->plan);
    tool->plan = plan_compile(json, strlen(json), &tool->error);
}

static struct bytes from_hex(struct tool *tool, const char *hex) {
    const size_t size = strspn(hex, "0123456789abcdef") / 2;
    if (size + 1 > tool->room) {
        tool->room = 2 * size + 1;
        tool->record = realloc(tool->record, tool->room);
        if (tool->record == NULL) abort();
    }
    for (size_t i = 0; i < size; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        tool->record[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return (struct bytes){tool->record, (uint32_t)size};
}

static json_t *answer(struct tool *tool, const char *hex) {
    const struct bytes bytes = from_hex(tool, hex);
    struct transaction tx;
    uint32_t used = 0;
    const char *why = tool->error.text;
    if (tool->plan == NULL || !plan_decode(tool->plan, bytes, &tx, &used, &why))
        return json_pack("{ss}", "refused", why);
    if (used != bytes.size) return json_pack("{ss}", "refused", "bytes are left over");
    return columns_json(&tx);
}

int main(void) {
    struct tool tool = {.plan = NULL};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        if (line[0] == '{') {
            take_schema(&tool, line);
            continue;
        }
        json_t *columns = answer(&tool, line);
        json_dumpf(columns, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(columns);
    }
    plan_free(tool.plan);
    free(tool.record);
    free(line);
    return 0;
}
