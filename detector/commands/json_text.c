/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/json_text.h"

#include "detector/base/printable.h"

#include <assert.h>
#include <stdlib.h>

json_t *json_text_of(struct text text) {
    json_t *value = json_stringn(text.data, text.size);
    if (value != NULL) return value;
    char *ascii = malloc((size_t)text.size + 1);
    assert(ascii != NULL && "out of memory");
    for (uint32_t i = 0; i < text.size; i++)
        ascii[i] = (text.data[i] & 0x80) != 0 ? '?' : text.data[i];
    value = json_stringn(ascii, text.size);
    free(ascii);
    return value;
}

json_t *json_text(const char *text) {
    return json_text_of(text_of(text));
}

void json_put_lines(const json_t *json, FILE *out) {
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
    assert(text != NULL && "out of memory");
    for (char *line = text, *end = NULL; line != NULL; line = end) {
        end = strchr(line, '\n');
        if (end != NULL) *end++ = '\0';
        printable_put(line, out);
        fputc('\n', out);
    }
    free(text);
}
