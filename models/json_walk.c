/* SPDX-License-Identifier: Apache-2.0 */
#include "models/json_walk.h"

#include <jansson.h>
#include <string.h>

static bool is_among(const struct json_walk *w, const char *set) {
    return w->at < w->end && *w->at != '\0' && strchr(set, *w->at) != NULL;
}

static void skip_space(struct json_walk *w) {
    while (is_among(w, " \t\r\n"))
        w->at++;
}

/* Past the bracket, comma or colon, to what follows it. */
static void skip_mark(struct json_walk *w) {
    if (w->at < w->end) w->at++;
    skip_space(w);
}

static void skip_string(struct json_walk *w) {
    for (w->at++; w->at < w->end && *w->at != '"'; w->at++)
        if (*w->at == '\\') w->at++;
    w->at = w->at < w->end ? w->at + 1 : w->end;
}

/* To the comma or bracket that ends the value. */
static void skip_value(struct json_walk *w) {
    for (int depth = 0; w->at < w->end && (depth > 0 || !is_among(w, ",]}"));) {
        if (*w->at == '"') {
            skip_string(w);
            continue;
        }
        depth += is_among(w, "[{") - is_among(w, "]}");
        w->at++;
    }
}

/* The string with its quotes may spell the key with escapes. */
static bool spells(const char *string, size_t size, const char *key) {
    json_t *text = json_loadb(string, size, JSON_DECODE_ANY, NULL);
    const bool same = json_is_string(text) && strcmp(json_string_value(text), key) == 0;
    json_decref(text);
    return same;
}

struct json_walk json_walk(const char *json, size_t size) {
    struct json_walk w = {json, json + size, json, json};
    skip_space(&w);
    w.mark = w.at;
    return w;
}

bool json_walk_key(struct json_walk *w, const char *key) {
    for (bool more = is_among(w, "{"); more; more = is_among(w, ",")) {
        skip_mark(w);
        if (!is_among(w, "\"")) return false;
        const char *name = w->at;
        skip_string(w);
        const bool found = spells(name, (size_t)(w->at - name), key);
        skip_space(w);
        skip_mark(w);
        if (found) {
            w->mark = name;
            return true;
        }
        skip_value(w);
    }
    return false;
}

bool json_walk_item(struct json_walk *w, size_t index) {
    for (bool more = is_among(w, "["); more; more = is_among(w, ",")) {
        skip_mark(w);
        if (is_among(w, "]")) return false;
        if (index-- == 0) {
            w->mark = w->at;
            return true;
        }
        skip_value(w);
    }
    return false;
}

size_t json_walk_line(const struct json_walk *w) {
    size_t line = 1;
    for (const char *c = w->start; c < w->mark; c++)
        line += *c == '\n';
    return line;
}
