/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/verdict.h"

#include <assert.h>

static const struct {
    const char *name;
    bool dead;
    const char *text;
} table[] = {
#define X(name, dead, text) {#name, dead, text},
    VERDICT_TABLE(X)
#undef X
};

const char *verdict_name(enum verdict verdict) {
    assert(verdict < VERDICT_COUNT);
    return table[verdict].name;
}

enum verdict verdict_find(struct text name) {
    enum verdict v = 0;
    while (v < VERDICT_COUNT && !text_equal(name, text_of(table[v].name)))
        v++;
    return v;
}

const char *verdict_text(enum verdict verdict) {
    assert(verdict < VERDICT_COUNT);
    return table[verdict].text;
}

bool verdict_is_dead_letter(enum verdict verdict) {
    assert(verdict < VERDICT_COUNT);
    return table[verdict].dead;
}
