/* SPDX-License-Identifier: Apache-2.0 */
/* A directory: one that is away at first, one that cannot be read to its end, one with two holders.
 */
#include "tests/support.h"

#include "detector/base/disk.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stand { char directory[64], below[96], path[128]; } stand;

/* The program's own: a directory with one name, after which it ends, or fails. */
static int readdir_errno;
static bool name_was_read;

struct dirent *readdir(DIR *directory) {
    static struct dirent entry = {.d_name = "a"};
    (void)directory;
    if (!name_was_read) {
        name_was_read = true;
        return &entry;
    }
    if (readdir_errno != 0) errno = readdir_errno;
    return NULL;
}

static int setup(void **state) {
    (void)state;
    strcpy(stand.directory, "/tmp/saqshy-disk-XXXXXX");
    if (mkdtemp(stand.directory) == NULL) return -1;
    snprintf(stand.below, sizeof stand.below, "%s/below", stand.directory);
    snprintf(stand.path, sizeof stand.path, "%s/copies", stand.below);
    readdir_errno = 0;
    name_was_read = false;
    return 0;
}

static int teardown(void **state) {
    char file[160];
    (void)state;
    snprintf(file, sizeof file, "%s/a", stand.path);
    unlink(file);
    rmdir(stand.path);
    rmdir(stand.below);
    return rmdir(stand.directory);
}

static void count(void *context, const char *name) {
    size_t *names = context;
    assert_string_equal(name, "a");
    errno = ENOENT; /* what it does to errno is nobody's concern */
    ++*names;
}

static void names_that_cannot_be_read_are_an_error(void **state) {
    struct error error;
    size_t names = 0;
    (void)state;
    struct disk *disk = disk_posix_open(stand.directory, &error);
    assert_non_null(disk);
    assert_true(disk->ops->list(disk, count, &names, &error));
    assert_int_equal(names, 1);
    name_was_read = false;
    readdir_errno = EIO;
    assert_false(disk->ops->list(disk, count, &names, &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, "Input/output error"));
    disk->ops->dispose(disk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_that_cannot_be_read_are_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
