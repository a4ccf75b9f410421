/* SPDX-License-Identifier: Apache-2.0 */
/* Property: no writer's schema makes the compiler crash, a refusal has a reason, the report agrees
 * with the compiler, and a plan that was made reads any bytes without crashing.
 * Input: a schema's JSON. */
#include "schemas/plan.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static bool report_binds(const char *json, size_t size) {
    char *text = NULL;
    size_t text_size = 0;
    FILE *out = open_memstream(&text, &text_size);
    if (out == NULL) fuzz_broken("no memory");
    const bool binds = plan_report(json, size, out);
    fclose(out);
    fuzz_must(binds || strstr(text, "REFUSED\t") != NULL, "a refusal is not in the report");
    free(text);
    return binds;
}

bool fuzz_one(const uint8_t *data, size_t size) {
    struct error error = {.text = ""};
    struct plan *plan = plan_compile((const char *)data, size, &error);
    fuzz_must(plan != NULL || error.text[0] != '\0', "a refusal without a reason");
    fuzz_must(report_binds((const char *)data, size) == (plan != NULL), "the report differs");
    if (plan == NULL) return false;
    static uint8_t record[256];
    for (uint32_t start = 0; start < 8; start++) {
        struct transaction tx;
        uint32_t used;
        const char *why;
        for (uint32_t i = 0; i < sizeof record; i++)
            record[i] = (uint8_t)((i * start) % 7);
        plan_decode(plan, (struct bytes){record, sizeof record}, &tx, &used, &why);
    }
    plan_free(plan);
    return true;
}
