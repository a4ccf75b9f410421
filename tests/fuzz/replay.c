/* SPDX-License-Identifier: Apache-2.0 */
/* The regression driver: every file of the corpus once, in order of name. Fails when fewer than a
 * tenth are accepted, since a target that accepts nothing proves nothing. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 1 << 20 };

static bool run(const char *directory, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    uint8_t *data = malloc(INPUT_MAX);
    if (file == NULL || data == NULL) fuzz_broken(path);
    const size_t size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    uint8_t *exact = realloc(data, size > 0 ? size : 1); /* so that reading past the end shows */
    if (exact == NULL) fuzz_broken(path);
    const bool accepted = fuzz_one(exact, size);
    free(exact);
    return accepted;
}

static int no_dots(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv) {
    struct dirent **entries;
    const int count = argc == 2 ? scandir(argv[1], &entries, no_dots, alphasort) : -1;
    int accepted = 0;
    if (count <= 0) fuzz_broken("there is no corpus; usage: fuzz_NAME DIRECTORY");
    for (int i = 0; i < count; i++) {
        accepted += run(argv[1], entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    printf("accepted %d of %d inputs\n", accepted, count);
    return accepted * 10 >= count ? 0 : 1;
}
