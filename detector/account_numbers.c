/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/account_numbers.h"

#include <assert.h>
#include <stdlib.h>

enum { PAGE_BITS = 13, PAGE_NUMBERS = 1 << PAGE_BITS };
#define PAGES ((size_t)1 << (32 - PAGE_BITS))

struct number_page {
    uint32_t used;
    uint32_t references[PAGE_NUMBERS];
};

bool account_numbers_open(struct account_numbers *n) {
    *n = (struct account_numbers){.pages = calloc(PAGES, sizeof(struct number_page *))};
    return n->pages != NULL;
}

void account_numbers_close(struct account_numbers *n) {
    for (size_t i = 0; n->pages != NULL && n->page_count > 0 && i < PAGES; i++) {
        n->page_count -= n->pages[i] != NULL;
        free(n->pages[i]);
    }
    free(n->pages);
}

uint32_t account_numbers_get(const struct account_numbers *n, uint32_t number) {
    const struct number_page *page = n->pages[number >> PAGE_BITS];
    return page == NULL ? 0 : page->references[number % PAGE_NUMBERS];
}

static struct number_page *add_page(struct account_numbers *n, uint32_t number) {
    struct number_page *page = calloc(1, sizeof *page);
    n->pages[number >> PAGE_BITS] = page;
    n->page_count += page != NULL;
    return page;
}

bool account_numbers_set(struct account_numbers *n, uint32_t number, uint32_t reference) {
    struct number_page *page = n->pages[number >> PAGE_BITS];
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
    return n->page_count * sizeof(struct number_page);
}
