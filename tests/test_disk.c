/* SPDX-License-Identifier: Apache-2.0 */
/* A directory: one that is away at first, one that cannot be read to its end, one with two holders.
 */
#include "tests/support.h"

#include "detector/base/disk.h"
#include "tests/over_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
    disk_release(disk);
}

static void one_that_is_away_is_tried_by_every_operation(void **state) {
    struct error error;
    size_t names = 0;
    (void)state;
    struct disk *disk = disk_posix_open_late(stand.path, &error);
    assert_non_null(disk);
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, stand.path));
    assert_null(disk->ops->create(disk, "a", &error));
    assert_null(disk->ops->open(disk, "a", &error));
    assert_false(disk->ops->rename(disk, "a", "b", &error));
    assert_false(disk->ops->remove(disk, "a", &error));
    assert_false(disk->ops->sync_names(disk, &error));
    assert_false(disk->ops->list(disk, count, &names, &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_int_equal(mkdir(stand.below, 0700), 0);
    struct disk_file *file = disk->ops->create(disk, "a", &error);
    assert_non_null(file);
    disk->ops->close(file);
    assert_true(disk->ops->list(disk, count, &names, &error));
    assert_true(disk->ops->remove(disk, "a", &error));
    disk_release(disk);
}

/* The name stands for no file that holds bytes. */
static void expect_refused(struct disk *disk, const char *why) {
    struct error error;
    assert_null(disk->ops->open(disk, "a", &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, why));
    assert_null(disk->ops->create(disk, "a", &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, why));
}

static void a_pipe_or_a_directory_by_the_name_of_a_file_is_not_waited_for(void **state) {
    struct error error;
    (void)state;
    struct disk *disk = disk_posix_open(stand.directory, &error);
    char path[96];
    snprintf(path, sizeof path, "%s/a", stand.directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_refused(disk, "no regular file");
    const int held = open(path, O_RDWR); /* somebody is at either end */
    expect_refused(disk, "no regular file");
    close(held);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_refused(disk, "Is a directory");
    assert_int_equal(rmdir(path), 0);
    disk_release(disk);
}

static void one_that_has_to_be_there_is_refused(void **state) {
    struct error error;
    (void)state;
    assert_null(disk_posix_open(stand.path, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(mkdir(stand.below, 0700), 0);
    struct disk *disk = disk_posix_open_late(stand.path, &error);
    assert_int_equal(error.code, ERROR_NONE);
    disk_release(disk);
}

/* The directory makes way for another one at its path, as under a mount. */
static void put_another_in_its_place(const char *moved) {
    assert_int_equal(rename(stand.path, moved), 0);
    assert_int_equal(mkdir(stand.path, 0700), 0);
}

static bool has_a(const char *directory) {
    char file[160];
    snprintf(file, sizeof file, "%s/a", directory);
    return access(file, F_OK) == 0;
}

static void make_a(struct disk *disk) {
    struct error error;
    struct disk_file *file = disk->ops->create(disk, "a", &error);
    assert_non_null(file);
    disk->ops->close(file);
}

static void check_another_in_its_place(struct disk *disk, const char *moved, bool follows) {
    struct error error;
    size_t names = 0;
    put_another_in_its_place(moved);
    assert_true(disk->ops->list(disk, count, &names, &error));
    make_a(disk);
    assert_int_equal(has_a(stand.path), follows);
    assert_int_equal(has_a(moved), !follows);
    assert_true(disk->ops->remove(disk, "a", &error));
    disk_release(disk);
    assert_int_equal(rmdir(moved), 0);
}

static void one_that_was_opened_late_is_followed_to_what_is_mounted(void **state) {
    struct error error;
    char moved[128];
    (void)state;
    snprintf(moved, sizeof moved, "%s/moved", stand.below);
    assert_int_equal(mkdir(stand.below, 0700), 0);
    check_another_in_its_place(disk_posix_open_late(stand.path, &error), moved, true);
    check_another_in_its_place(disk_posix_open(stand.path, &error), moved, false);
}

static void the_names_are_of_the_directory_that_is_written(void **state) {
    struct error error;
    (void)state;
    assert_int_equal(mkdir(stand.below, 0700), 0);
    struct disk *disk = disk_posix_open(stand.path, &error);
    make_a(disk);
    char moved[128];
    size_t names = 0;
    snprintf(moved, sizeof moved, "%s/moved", stand.below);
    assert_int_equal(rename(stand.path, moved), 0);
    assert_true(disk->ops->list(disk, count, &names, &error));
    assert_true(disk->ops->remove(disk, "a", &error));
    disk_release(disk);
    assert_int_equal(rmdir(moved), 0);
}

static int disposals;

static void note_disposal(struct disk *disk) {
    struct disk *inner = over_disk_inner(disk);
    inner->ops->dispose(inner);
    disposals++;
}

static void the_last_holder_disposes_of_it(void **state) {
    struct over_disk over;
    struct error error;
    (void)state;
    over_disk_init(&over, disk_posix_open(stand.directory, &error));
    over.ops.dispose = note_disposal;
    disk_hold(&over.disk);
    disk_release(&over.disk);
    assert_int_equal(disposals, 0);
    disk_release(&over.disk);
    assert_int_equal(disposals, 1);
    disk_hold(NULL);
    disk_release(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_that_cannot_be_read_are_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_away_is_tried_by_every_operation, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_that_was_opened_late_is_followed_to_what_is_mounted,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_names_are_of_the_directory_that_is_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_pipe_or_a_directory_by_the_name_of_a_file_is_not_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_has_to_be_there_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_holder_disposes_of_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
