/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/account_numbers.h"

#include "detector/base/prefetch.h"

#include <assert.h>
#include <stdlib.h>

enum { PAGE_BITS = 11, PAGE_NUMBERS = 1 << PAGE_BITS, ROOM_LEAST = 16 };

struct number_page {
    uint32_t used;
    uint32_t references[PAGE_NUMBERS];
};

void account_numbers_close(struct account_numbers *n) {
    for (size_t i = 0; i < n->room; i++)
        free(n->pages[i]);
    free(n->pages);
}

static struct number_page *page_of(const struct account_numbers *n, uint32_t number) {
    return number >> PAGE_BITS < n->room ? n->pages[number >> PAGE_BITS] : NULL;
}

void account_numbers_prefetch(const struct account_numbers *n, uint32_t number) {
    const struct number_page *page = page_of(n, number);
    if (page != NULL) prefetch(&page->references[number % PAGE_NUMBERS]);
}

uint32_t account_numbers_get(const struct account_numbers *n, uint32_t number) {
    const struct number_page *page = page_of(n, number);
    return page == NULL ? 0 : page->references[number % PAGE_NUMBERS];
}

/* Places there are once the number has been in use. */
static size_t room_for(uint32_t number) {
    size_t room = ROOM_LEAST;
    while (room <= number >> PAGE_BITS)
        room *= 2;
    return number == 0 ? 0 : room;
}

bool account_numbers_reserve(struct account_numbers *n, uint32_t number) {
    const size_t room = room_for(number);
    if (room <= n->room) return true;
    struct number_page **pages = realloc(n->pages, room * sizeof *pages);
    if (pages == NULL) return false;
    for (size_t i = n->room; i < room; i++)
        pages[i] = NULL;
    n->pages = pages;
    n->room = room;
    return true;
}

static struct number_page *add_page(struct account_numbers *n, uint32_t number) {
    if (!account_numbers_reserve(n, number)) return NULL;
    struct number_page *page = calloc(1, sizeof *page);
    n->pages[number >> PAGE_BITS] = page;
    n->page_count += page != NULL;
    return page;
}

bool account_numbers_set(struct account_numbers *n, uint32_t number, uint32_t reference) {
    struct number_page *page = page_of(n, number);
    assert(number != 0);
    if (page == NULL && reference == 0) return true;
    if (page == NULL) page = add_page(n, number);
    if (page == NULL) return false;
    uint32_t *at = &page->references[number % PAGE_NUMBERS];
    page->used += (uint32_t)(reference != 0) - (uint32_t)(*at != 0);
    *at = reference;
    if (page->used > 0) return true;
    free(page);
    n->pages[number >> PAGE_BITS] = NULL;
    n->page_count--;
    return true;
}

size_t account_numbers_bytes(const struct account_numbers *n) {
    return n->page_count * sizeof(struct number_page) + n->room * sizeof *n->pages;
}

size_t account_numbers_reserved_bytes(uint32_t number) {
    return room_for(number) * sizeof(struct number_page *);
}
