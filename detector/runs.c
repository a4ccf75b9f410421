/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/runs.h"

#include <assert.h>
#include <stdlib.h>

struct run {
    uint64_t first_ordinal;
    int64_t first_offset;
    int32_t partition;
    uint32_t kind; /* enum input_kind */
};

struct runs {
    struct inputs inputs;
    size_t room;
    size_t oldest; /* index of the oldest run in ring[] */
    size_t count;
    uint64_t forgotten; /* runs, ever */
    uint64_t next_ordinal;
    int64_t next_offset;
    struct run ring[];
};

struct runs *runs_new(const struct inputs *inputs, size_t runs_max) {
    assert(runs_max > 0);
    struct runs *runs = calloc(1, sizeof *runs + runs_max * sizeof runs->ring[0]);
    if (runs == NULL) return NULL;
    runs->inputs = *inputs;
    runs->room = runs_max;
    return runs;
}

void runs_free(struct runs *runs) {
    free(runs);
}

/* Index of number `i` from the oldest. */
static size_t place(const struct runs *runs, size_t i) {
    const size_t index = runs->oldest + i;
    return index < runs->room ? index : index - runs->room;
}

static bool continues(const struct runs *runs, enum input_kind kind, int32_t partition,
                      int64_t offset) {
    if (runs->count == 0 || offset != runs->next_offset) return false;
    const struct run *newest = &runs->ring[place(runs, runs->count - 1)];
    return newest->kind == kind && newest->partition == partition;
}

static void start_run(struct runs *runs, struct run run) {
    if (runs->count == runs->room) {
        runs->oldest = runs->oldest + 1 == runs->room ? 0 : runs->oldest + 1;
        runs->count--;
        runs->forgotten++;
    }
    runs->ring[place(runs, runs->count)] = run;
    runs->count++;
}

void runs_add(struct runs *runs, uint64_t ordinal, enum input_kind kind, int32_t partition,
              int64_t offset) {
    assert(runs->count == 0 || ordinal == runs->next_ordinal);
    if (!continues(runs, kind, partition, offset))
        start_run(runs, (struct run){ordinal, offset, partition, kind});
    runs->next_ordinal = ordinal + 1;
    runs->next_offset = offset + 1;
}

bool runs_find(const struct runs *runs, uint64_t ordinal, struct run_position *out) {
    if (runs->count == 0 || ordinal >= runs->next_ordinal) return false;
    size_t low = 0, high = runs->count; /* runs below `low` start at or before the ordinal */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (runs->ring[place(runs, middle)].first_ordinal <= ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return false;
    const struct run *run = &runs->ring[place(runs, low - 1)];
    const int64_t offset = run->first_offset + (int64_t)(ordinal - run->first_ordinal);
    *out = (struct run_position){runs->inputs.topic[run->kind], run->partition, offset};
    return true;
}

void runs_save_begin(const struct runs *runs, struct runs_save *save, struct pack *head) {
    *save = (struct runs_save){runs->forgotten, runs->forgotten + runs->count};
    pack_u64(head, runs->count);
    pack_u64(head, runs->next_ordinal);
    pack_i64(head, runs->next_offset);
}

size_t runs_save_step(const struct runs *runs, struct runs_save *save, size_t max,
                      struct pack *pack) {
    size_t done = 0;
    assert(save->next == save->count || save->next >= runs->forgotten);
    for (; save->next < save->count && done < max; save->next++, done++) {
        const struct run *run = &runs->ring[place(runs, save->next - runs->forgotten)];
        pack_u64(pack, run->first_ordinal);
        pack_i64(pack, run->first_offset);
        pack_u32(pack, (uint32_t)run->partition);
        pack_u8(pack, (uint8_t)run->kind);
    }
    return done;
}

void runs_load_head(struct runs *runs, struct unpack *head) {
    const uint64_t count = unpack_u64(head);
    head->bad = head->bad || count > runs->room;
    runs->next_ordinal = unpack_u64(head);
    runs->next_offset = unpack_i64(head);
}

bool runs_load(struct runs *runs, struct unpack *u) {
    while (u->at < u->end) {
        const uint64_t ordinal = unpack_u64(u);
        const int64_t offset = unpack_i64(u);
        const int32_t partition = (int32_t)unpack_u32(u);
        const uint8_t kind = unpack_u8(u);
        if (u->bad || runs->count == runs->room || kind >= INPUT_KINDS) return false;
        start_run(runs, (struct run){ordinal, offset, partition, kind});
    }
    return true;
}
