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

const char *verdict_text(enum verdict verdict) {
    assert(verdict < VERDICT_COUNT);
    return table[verdict].text;
}

bool verdict_is_dead_letter(enum verdict verdict) {
    assert(verdict < VERDICT_COUNT);
    return table[verdict].dead;
}
