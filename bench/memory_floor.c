/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/memory_floor.h"

#include "bench/random_model.h"
#include "detector/base/prefetch.h"
#include "detector/base/steady.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, ENTRIES_MAX = 256, INDEX_LINES_SHIFT = 2 };

struct memory_floor {
    uint8_t *index, *records;
    size_t index_size, records_size, stride;
    uint32_t count;
    uint64_t random;
};

static uint8_t *take_pages(size_t size) {
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) exit(1);
    madvise(pages, size, MADV_HUGEPAGE);
    memset(pages, 1, size);
    return pages;
}

/* An index line says which record: eight bytes at its start. */
static void fill_index(struct memory_floor *f) {
    const uint64_t lines = f->index_size / LINE;
    for (uint64_t i = 0; i < lines; i++) {
        const uint64_t record = random_next(&f->random) % f->count;
        memcpy(f->index + i * LINE, &record, sizeof record);
    }
}

struct memory_floor *memory_floor_open(uint32_t records, size_t stride, uint64_t seed) {
    struct memory_floor *f = calloc(1, sizeof *f);
    if (f == NULL) exit(1);
    f->random = seed;
    f->count = records;
    f->stride = stride;
    f->index_size = ((size_t)records >> INDEX_LINES_SHIFT) * LINE;
    f->records_size = (size_t)records * stride;
    f->index = take_pages(f->index_size);
    f->records = take_pages(f->records_size);
    fill_index(f);
    return f;
}

void memory_floor_close(struct memory_floor *f) {
    munmap(f->index, f->index_size);
    munmap(f->records, f->records_size);
    free(f);
}

double memory_floor_touch(struct memory_floor *f, uint32_t entries, uint32_t lines) {
    const uint8_t *index[ENTRIES_MAX];
    uint8_t *record[ENTRIES_MAX];
    const uint64_t index_lines = f->index_size / LINE;
    for (uint32_t i = 0; i < entries; i++)
        index[i] = f->index + random_next(&f->random) % index_lines * LINE;
    const int64_t start = steady_ns();
    for (uint32_t i = 0; i < entries; i++)
        prefetch(index[i]);
    for (uint32_t i = 0; i < entries; i++) {
        uint64_t number;
        memcpy(&number, index[i], sizeof number);
        record[i] = f->records + number * f->stride;
        for (uint32_t line = 0; line < lines; line++)
            prefetch(record[i] + (size_t)line * LINE);
    }
    for (uint32_t i = 0; i < entries; i++)
        for (uint32_t line = 0; line < lines; line++)
            record[i][(size_t)line * LINE]++;
    return (double)(steady_ns() - start) / entries;
}
