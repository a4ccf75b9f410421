/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/names.h"

#include "detector/base/grow.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t hash_of(struct text text) {
    return XXH3_64bits(text.data, text.size);
}

static bool is_text(const void *texts, uint32_t number, const void *wanted) {
    return text_equal(((const struct text *)texts)[number], *(const struct text *)wanted);
}

uint32_t names_find(const struct names *names, struct text text) {
    return lookup_find(&names->lookup, hash_of(text), is_text, names->texts, &text);
}

uint32_t names_number(struct names *names, struct text text) {
    const uint32_t known = names_find(names, text);
    if (known != LOOKUP_NONE) return known;
    names->texts = grow(names->texts, names->count, &names->room, sizeof *names->texts);
    names->texts[names->count] = text;
    lookup_add(&names->lookup, hash_of(text), (uint32_t)names->count);
    return (uint32_t)names->count++;
}

size_t names_bytes(const struct names *names) {
    return names->room * sizeof *names->texts + lookup_bytes(&names->lookup);
}

void names_clear(struct names *names) {
    free(names->texts);
    lookup_clear(&names->lookup);
    *names = (struct names){.texts = NULL};
}
