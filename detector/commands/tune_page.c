/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_page.h"

#include <assert.h>
#include <string.h>

extern const unsigned char embedded_tune_page[];
extern const size_t embedded_tune_page_size;

static const char mark[] = "@DATA@";

void tune_page_write(FILE *file, const char *json) {
    const char *page = (const char *)embedded_tune_page;
    const char *at = memmem(page, embedded_tune_page_size, mark, sizeof mark - 1);
    assert(at != NULL && "the page has a place for its data");
    const char *rest = at + sizeof mark - 1;
    fwrite(page, 1, (size_t)(at - page), file);
    fputs(json, file);
    fwrite(rest, 1, embedded_tune_page_size - (size_t)(rest - page), file);
}
