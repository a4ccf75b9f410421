/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one signal at the table of signals. Names are stable: they are metric labels. */
#pragma once

/* X(name, what it means) */
#define SIGNAL_EFFECT_TABLE(X)                                                                     \
    X(ADDED, "a signal that was not known")                                                        \
    X(REVISED, "a later revision took the place of an earlier one")                                \
    X(WITHDRAWN, "a signal was withdrawn by its own source or the hub")                            \
    X(REMEMBERED, "a withdrawal that came before its signal, or of another source's: kept")        \
    X(REPLAYED, "the same or a later revision is known already: nothing changes")                  \
    X(STRANGER, "a revision by neither the signal's source nor the hub: nothing changes")          \
    X(EXPIRED, "its term had ended before it came: nothing changes")                               \
    X(FULL, "signals.max is reached: nothing changes")

enum signal_effect {
#define X(name, text) EFFECT_##name,
    SIGNAL_EFFECT_TABLE(X)
#undef X
        EFFECT_COUNT
};
const char *signal_effect_name(enum signal_effect effect);
const char *signal_effect_text(enum signal_effect effect);
