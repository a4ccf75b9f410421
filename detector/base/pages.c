/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/pages.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

/* The kernel aligns to a page; what is left over at both ends goes back. */
void *pages_reserve(size_t size) {
    const size_t whole = size + PAGES_PIECE;
    uint8_t *memory =
        mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    const size_t before = (PAGES_PIECE - (uintptr_t)memory % PAGES_PIECE) % PAGES_PIECE;
    if (before > 0) munmap(memory, before);
    munmap(memory + before + size, PAGES_PIECE - before);
    return memory + before;
}

bool pages_commit(void *at, size_t size) {
    if (mprotect(at, size, PROT_READ | PROT_WRITE) != 0) return false;
    madvise(at, size, MADV_HUGEPAGE);
    return true;
}

void pages_touch(void *at, size_t size) {
    volatile uint8_t *bytes = at;
    for (size_t i = 0; i < size; i += PAGE)
        bytes[i] = 0;
}

void pages_give_back(void *at, size_t size) {
    madvise(at, size, MADV_DONTNEED);
}

void pages_release(void *at, size_t size) {
    if (at != NULL) munmap(at, size);
}

static bool settings_allow(void) {
    char line[128] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file == NULL) return false;
    const bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    return read && strstr(line, "[never]") == NULL;
}

/* smaps: a line "from-to …" a mapping, and lines "Name: n kB" under it. */
bool pages_are_huge(const void *at) {
    if (!settings_allow()) return false;
    if (at == NULL) return true;
    char line[512];
    unsigned long from, to, kib = 0;
    bool here = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = from <= (uintptr_t)at && (uintptr_t)at < to;
        else if (here && sscanf(line, "AnonHugePages: %lu", &kib) == 1)
            break;
    }
    if (file != NULL) (void)fclose(file);
    return kib > 0;
}
