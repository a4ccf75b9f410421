/* SPDX-License-Identifier: Apache-2.0 */
/* A writer of snapshots whose disk does not answer holds nobody up. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/snapshot_writer.h"
#include "tests/stuck_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHARD "saqshy-0"
enum { BUFFERS = 8, A_MINUTE_MS = 60000 };

static struct stand { char directory[64], copies[96]; } stand;

static int setup(void **state) {
    (void)state;
    strcpy(stand.directory, "/tmp/saqshy-writer-XXXXXX");
    if (mkdtemp(stand.directory) == NULL) return -1;
    snprintf(stand.copies, sizeof stand.copies, "%s/copies", stand.directory);
    return 0;
}

static void remove_name(void *context, const char *name) {
    char path[SNAPSHOT_NAME_SIZE + 128];
    snprintf(path, sizeof path, "%s/%s", (const char *)context, name);
    remove(path);
}

static void remove_directory(char *path) {
    struct error error;
    struct disk *disk = disk_posix_open(path, &error);
    disk->ops->list(disk, remove_name, path, &error);
    disk->ops->dispose(disk);
    rmdir(path);
}

static int teardown(void **state) {
    (void)state;
    remove_directory(stand.copies);
    remove_directory(stand.directory);
    return 0;
}

/* One of a single piece, begun and handed over. */
static struct snapshot_writer *write_one(struct disk *disk, struct disk *copies) {
    static const struct snapshot_name nothing;
    struct snapshot_name name;
    struct error error;
    char shard[] = SHARD; /* nobody may look at it later */
    struct snapshot_writer *writer = snapshot_writer_open(disk, copies, shard, BUFFERS, &error);
    assert_non_null(writer);
    memset(shard, 'x', sizeof shard - 1);
    snapshot_name_set(&name, SHARD, 0, 7);
    snapshot_writer_begin(writer, &name, &nothing);
    struct snapshot_buffer *buffer = snapshot_writer_take(writer, A_MINUTE_MS);
    assert_non_null(buffer);
    buffer->kind = SNAPSHOT_STATE;
    pack_u32(&buffer->bytes, 7);
    snapshot_writer_put(writer, buffer);
    snapshot_writer_finish(writer);
    return writer;
}

static size_t snapshots_in(const char *path) {
    static struct snapshot_list list;
    struct error error;
    struct disk *disk = disk_posix_open(path, &error);
    assert_true(snapshots_list(disk, SHARD, &list, &error));
    disk->ops->dispose(disk);
    return list.count;
}

static void what_is_finished_is_written_before_it_ends(void **state) {
    struct error error;
    (void)state;
    struct disk *disk = disk_posix_open(stand.directory, &error);
    struct disk *copies = disk_posix_open(stand.copies, &error);
    assert_true(snapshot_writer_close(write_one(disk, copies), A_MINUTE_MS));
    assert_int_equal(snapshots_in(stand.directory), 1);
    assert_int_equal(snapshots_in(stand.copies), 1);
    assert_int_equal(snapshot_writers_left(), 0);
    disk_release(disk);
    disk_release(copies);
}

/* Neither the disks nor the options are there any more when it comes back. */
static void one_whose_copies_hang_is_left_behind(void **state) {
    struct error error;
    (void)state;
    struct disk *disk = disk_posix_open(stand.directory, &error);
    struct disk *copies = stuck_disk_open(stand.copies);
    struct snapshot_writer *writer = write_one(disk, copies);
    stuck_disk_await();
    assert_false(snapshot_writer_close(writer, 1));
    disk_release(disk);
    disk_release(copies);
    assert_int_equal(snapshot_writers_left(), 1);
    assert_true(snapshot_copies_hang());
    assert_int_equal(snapshots_in(stand.directory), 1);
    stuck_disk_let_go();
    stuck_disk_await_writers();
    assert_false(snapshot_copies_hang());
    assert_int_equal(snapshots_in(stand.copies), 1);
}

/* It could be one that is older than what a successor has written meanwhile. */
static void one_that_was_left_behind_publishes_nothing(void **state) {
    (void)state;
    struct disk *disk = stuck_disk_open(stand.directory);
    struct snapshot_writer *writer = write_one(disk, NULL);
    stuck_disk_await();
    assert_false(snapshot_writer_close(writer, 1));
    disk_release(disk);
    assert_int_equal(snapshot_writers_left(), 1);
    assert_false(snapshot_copies_hang());
    stuck_disk_let_go();
    stuck_disk_await_writers();
    assert_int_equal(snapshots_in(stand.directory), 0);
}

static void what_a_buffer_grew_to_is_not_kept(void **state) {
    static const struct snapshot_name nothing;
    struct snapshot_buffer *buffers[BUFFERS];
    struct snapshot_name name;
    struct error error;
    (void)state;
    struct disk *disk = disk_posix_open(stand.directory, &error);
    struct snapshot_writer *writer = snapshot_writer_open(disk, NULL, SHARD, BUFFERS, &error);
    assert_non_null(writer);
    snapshot_name_set(&name, SHARD, 0, 7);
    snapshot_writer_begin(writer, &name, &nothing);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < BUFFERS; i++) {
            buffers[i] = snapshot_writer_take(writer, A_MINUTE_MS);
            assert_non_null(buffers[i]);
            assert_in_range(buffers[i]->bytes.room, SNAPSHOT_BUFFER_BYTES,
                            2 * SNAPSHOT_BUFFER_BYTES);
            buffers[i]->kind = SNAPSHOT_STATE;
            memset(pack_space(&buffers[i]->bytes, 5 * SNAPSHOT_BUFFER_BYTES), 0,
                   5 * SNAPSHOT_BUFFER_BYTES);
        }
        for (int i = 0; i < BUFFERS; i++)
            snapshot_writer_put(writer, buffers[i]);
    }
    snapshot_writer_finish(writer);
    assert_true(snapshot_writer_close(writer, A_MINUTE_MS));
    assert_int_equal(snapshots_in(stand.directory), 1);
    disk_release(disk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_finished_is_written_before_it_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_a_buffer_grew_to_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(one_whose_copies_hang_is_left_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_was_left_behind_publishes_nothing, setup,
                                        teardown),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
