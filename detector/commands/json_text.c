/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/json_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text) {
    json_t *value = json_string(text);
    if (value != NULL) return value;
    char *ascii = strdup(text);
    assert(ascii != NULL && "out of memory");
    for (char *c = ascii; *c != '\0'; c++)
        if ((*c & 0x80) != 0) *c = '?';
    value = json_string(ascii);
    free(ascii);
    return value;
}
