/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/signal_effect.h"

#include <assert.h>

static const char *const effect_names[] = {
#define X(name, text) #name,
    SIGNAL_EFFECT_TABLE(X)
#undef X
};

const char *signal_effect_name(enum signal_effect effect) {
    assert(effect < EFFECT_COUNT);
    return effect_names[effect];
}

const char *signal_effect_text(enum signal_effect effect) {
    static const char *const texts[] = {
#define X(name, text) text,
        SIGNAL_EFFECT_TABLE(X)
#undef X
    };
    assert(effect < EFFECT_COUNT);
    return texts[effect];
}
