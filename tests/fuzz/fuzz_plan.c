/* SPDX-License-Identifier: Apache-2.0 */
/* Property: the decode plan accepts only what avro-c accepts, with equal values, and never crashes.
 * Input: a byte that chooses one of the evolved schemas of family.h, then a record. */
#include "schemas/plan.h"
#include "tests/columns.h"
#include "tests/evolved.h"
#include "tests/fuzz/family.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static struct evolved *family[FAMILY_SIZE];
static struct plan *plans[FAMILY_SIZE];

static void close_family(void) {
    for (size_t i = 0; i < FAMILY_SIZE; i++) {
        evolved_free(family[i]);
        plan_free(plans[i]);
    }
}

static void open_family(void) {
    for (size_t i = 0; i < FAMILY_SIZE; i++) {
        struct error error;
        family[i] = evolved_new(FAMILY_SEED + i);
        const char *json = evolved_json(family[i]);
        plans[i] = plan_compile(json, strlen(json), &error);
        fuzz_must(plans[i] != NULL, "a schema of the family does not bind");
    }
    atexit(close_family);
}

bool fuzz_one(const uint8_t *data, size_t size) {
    if (family[0] == NULL) open_family();
    if (size == 0) return false;
    const size_t which = data[0] % FAMILY_SIZE;
    struct transaction tx, other;
    uint32_t used = 0;
    const char *why = NULL;
    if (!plan_decode(plans[which], (struct bytes){data + 1, (uint32_t)size - 1}, &tx, &used,
                     &why)) {
        fuzz_must(why != NULL, "a refusal without a reason");
        return false;
    }
    fuzz_must(used <= size - 1, "more bytes used than given");
    fuzz_must(evolved_read(family[which], (struct bytes){data + 1, used}, &other),
              "avro-c refuses what the plan accepts");
    const char *name = columns_differ(&tx, &other);
    if (name != NULL) fuzz_broken(name);
    return true;
}
