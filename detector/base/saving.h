/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a table that are saved one by one, each whole, while the table goes on: what has gone
 * through the sink, and what is due. */
#pragma once

#include "detector/base/pack.h"

struct saving {
    bool running;
    uint32_t records, due;
    struct pack one; /* the record in hand */
    struct pack_sink sink;
};

static inline void saving_free(struct saving *s) {
    free(s->one.data);
    *s = (struct saving){.running = false};
}

static inline void saving_begin(struct saving *s, uint32_t due, const struct pack_sink *sink) {
    saving_free(s);
    s->running = true;
    s->due = due;
    s->sink = *sink;
}

/* For the next record; NULL: there is none, and the saving ends. */
static inline uint8_t *saving_space(struct saving *s, size_t size) {
    uint8_t *at = s->sink.space(s->sink.context, size);
    s->running = at != NULL;
    s->records += s->running;
    return at;
}

/* Where one whose size is not known is packed, */
static inline struct pack *saving_one(struct saving *s) {
    s->one.size = 0;
    return &s->one;
}

/* and that it is. Without space for it the saving ends. */
static inline void saving_put(struct saving *s) {
    uint8_t *at = saving_space(s, s->one.size);
    if (at != NULL) memcpy(at, s->one.data, s->one.size);
}

/* True: all of them have gone through. */
static inline bool saving_end(struct saving *s) {
    const bool whole = s->running && s->records == s->due;
    saving_free(s);
    return whole;
}
