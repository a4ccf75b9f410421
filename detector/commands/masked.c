/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/masked.h"

#include <stdio.h>

enum { SHOWN_MAX = 4, SHOWN_OF = 4 };

static char shown(char c) {
    return c > ' ' && c <= '~' ? c : '?';
}

const char *masked(struct text token, char out[MASKED_SIZE]) {
    char ends[2][SHOWN_MAX + 1] = {{0}};
    const uint32_t quarter = token.size / SHOWN_OF;
    const uint32_t show = quarter < SHOWN_MAX ? quarter : SHOWN_MAX;
    for (uint32_t i = 0; i < show; i++) {
        ends[0][i] = shown(token.data[i]);
        ends[1][i] = shown(token.data[token.size - show + i]);
    }
    if (token.data == NULL)
        out[0] = '\0';
    else
        snprintf(out, MASKED_SIZE, "%s…%s", ends[0], ends[1]);
    return out;
}
