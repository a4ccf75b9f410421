/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of advice, and their bytes in one piece: u32 bytes of the head, the head, the records. */
#pragma once

#include "detector/advice_save.h"
#include "tests/saved_whole.h"

static inline struct advice_tables advice_tables_of(uint32_t episodes, uint32_t instructions,
                                                    uint32_t issued) {
    const struct advice_tables t = {episodes_open(episodes), instructions_open(instructions),
                                    issued_open(issued)};
    assert(t.episodes != NULL && t.instructions != NULL && t.issued != NULL);
    return t;
}

static inline void advice_tables_close(struct advice_tables *t) {
    episodes_close(t->episodes);
    instructions_close(t->instructions);
    issued_close(t->issued);
    *t = (struct advice_tables){NULL, NULL, NULL};
}

static inline void advice_save(const struct advice_tables *t, struct pack *p) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    struct advice_save save;
    const struct pack_sink sink = {&records, saved_space};
    advice_save_begin(&save, t, &head, &sink);
    while (advice_save_step(&save, UINT32_MAX))
        continue;
    const bool whole = advice_save_end(&save);
    assert(whole);
    saved_join(p, &head, &records);
}

/* To the end of the bytes. */
static inline bool advice_load(const struct advice_tables *t, struct unpack *u) {
    struct unpack head;
    if (!saved_head(u, &head)) return false;
    return advice_load_begin(t, &head) && head.at == head.end && advice_load_records(t, u) &&
           advice_load_end(t);
}
