/* SPDX-License-Identifier: Apache-2.0 */
/* Which snapshots are kept and which go: where others have left theirs, where a disk refuses, while
 * a writer hangs. */
#include "tests/snapshot_stand.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"
#include "detector/snapshot_file.h"
#include "detector/snapshot_writer.h"
#include "detector/snapshot_writing.h"
#include "tests/stuck_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A disk on which nothing can be renamed: what is damaged stays, and is found again. */

static int set_aside;
static bool refuse_rename(struct disk *disk, const char *from, const char *to,
                          struct error *error) {
    (void)disk;
    set_aside += strstr(to, ".damaged") != NULL;
    if (set_aside > 4 * SNAPSHOTS_MAX) fail_msg("the same are tried again and again");
    return error_set(error, ERROR_IO, "%s: read-only", from);
}

static void write_rubbish(struct stand *stand, struct disk *disk, int64_t sequence) {
    struct image image = {.bytes = (uint8_t[]){1, 2, 3}};
    struct stand there = *stand;
    there.disk = disk;
    snapshot_name_set(&image.name, stand->base.options.shard_id, 0, sequence);
    write_image(&there, &image, 3);
}

static void more_than_can_be_remembered_are_given_up(void **state) {
    struct stand *stand = *state;
    struct disk_ops ops = *stand->disk->ops;
    const struct disk_ops *real = stand->disk->ops;
    char path[128];
    struct error error = {.code = ERROR_NONE};
    snprintf(path, sizeof path, "%s/copies", stand->base.directory);
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    stand->copies = disk_posix_open(path, &error);
    assert_non_null(stand->copies);
    for (int i = 0; i < SNAPSHOTS_MAX; i++) {
        write_rubbish(stand, stand->disk, 1000 + 2 * i);
        write_rubbish(stand, stand->copies, 1001 + 2 * i);
    }
    ops.rename = refuse_rename;
    set_aside = 0;
    stand->disk->ops = stand->copies->ops = &ops;
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    stand->disk->ops = stand->copies->ops = real;
    assert_int_equal(replayed(), RECORDS / 2);
    assert_int_equal(set_aside, SNAPSHOTS_MAX);
    remove_all(stand->copies);
    stand->copies->ops->dispose(stand->copies);
    stand->copies = NULL;
    assert_int_equal(remove(path), 0);
    assert_is_as_in_one_go(stand, RECORDS);
}

/* One start and stop for each piece of the feed, at whose end alone a snapshot is taken. */
static void run_in_pieces(struct stand *stand, int first, int pieces, int records) {
    stand->base.options.snapshot_interval_s = 86400;
    for (int i = 0; i < pieces; i++) {
        send_crowd(stand, first + i * records, records);
        must_run(stand);
    }
}

/* As after the order log was put back to an earlier point, or the directory came from elsewhere. */
static void newer_ones_of_another_log_neither_count_nor_go(void **state) {
    struct stand *stand = *state;
    run_in_pieces(stand, 0, 8, 600);
    const struct snapshot_list foreign = list_of(stand->disk);
    assert_int_equal(foreign.count, SNAPSHOTS_KEPT);
    struct stand other = *stand;
    other.base.memory = sample_cluster(PARTITIONS);
    for (int i = 0; i < 4; i++) {
        run_in_pieces(&other, 10000 + 50 * i, 1, 50);
        assert_int_equal(replayed(), 0);
    }
    const struct snapshot_list list = list_of(stand->disk);
    assert_int_equal(list.count, 2 * SNAPSHOTS_KEPT);
    assert_string_equal(list.names[0].text, foreign.names[0].text);
    assert_string_equal(list.names[1].text, foreign.names[1].text);
    assert_true(list.names[2].sequence < foreign.names[1].sequence);
    logs_close(other.base.memory);
    must_run(stand); /* with its own log again */
    assert_int_equal(replayed(), 0);
}

/* So that the build or the options before can be gone back to. */
static void refused_ones_stay_until_a_start_has_a_newer_one(void **state) {
    struct stand *stand = *state;
    struct stand other = *stand;
    other.base.memory = sample_cluster(PARTITIONS);
    run_in_pieces(&other, 10000, 2, 50);
    const struct snapshot_list refused = list_of(stand->disk);
    logs_close(other.base.memory);
    other = *stand;
    other.disk = NULL;
    run_in_pieces(&other, 0, 8, 600); /* the same log */
    must_run(stand);
    assert_int_equal(replayed(), 4800);
    assert_int_equal(list_of(stand->disk).count, 1 + SNAPSHOTS_KEPT);
    run_in_pieces(stand, 4800, 1, 600);
    assert_int_equal(list_of(stand->disk).count, SNAPSHOTS_KEPT);
    assert_true(list_of(stand->disk).names[1].sequence > refused.names[0].sequence);
}

/* The same, as the directory looks to one session. */
static void what_is_not_of_the_past_is_left_alone(void **state) {
    struct stand *stand = *state;
    static const int64_t others[] = {5, 6, 15, 500};
    struct snapshot_past past = {.own_count = 0};
    struct snapshot_name name;
    struct error error;
    char part[SNAPSHOT_NAME_SIZE];
    for (size_t i = 0; i < 4; i++) {
        snapshot_name_set(&name, "a", 0, others[i]);
        put_empty(stand, name.text);
    }
    for (int64_t sequence = 10; sequence <= 50; sequence += 10) {
        snapshot_name_set(&name, "a", 0, sequence);
        snapshot_name_part(&name, 1, part);
        put_empty(stand, part);
        assert_true(snapshots_publish(stand->disk, "a", &name, 1, &past, &error));
    }
    assert_int_equal(list_of(stand->disk).count, 4 + SNAPSHOTS_KEPT);
    past = (struct snapshot_past){.begun = name};
    snapshot_name_set(&name, "a", 0, 60);
    snapshot_name_part(&name, 1, part);
    put_empty(stand, part);
    assert_true(snapshots_publish(stand->disk, "a", &name, 1, &past, &error));
    const struct snapshot_list list = list_of(stand->disk);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.names[0].sequence, 500);
    assert_int_equal(list.names[1].sequence, 60);
    assert_int_equal(list.names[2].sequence, 50);
}

static bool refuse_remove(struct disk *disk, const char *name, struct error *error) {
    (void)disk;
    return error_set(error, ERROR_IO, "%s: read-only", name);
}

/* Of a session that began with none. */
static void what_could_not_be_removed_goes_later(void **state) {
    struct stand *stand = *state;
    const struct disk_ops *real = stand->disk->ops;
    struct disk_ops ops = *real;
    struct snapshot_past past = {.own_count = 0};
    struct snapshot_name name;
    struct error error;
    char part[SNAPSHOT_NAME_SIZE];
    ops.remove = refuse_remove;
    for (int64_t sequence = 1; sequence <= 10; sequence++) {
        snapshot_name_set(&name, "a", 0, sequence);
        snapshot_name_part(&name, 1, part);
        put_empty(stand, part);
        stand->disk->ops = sequence < 10 ? &ops : real;
        const bool published = snapshots_publish(stand->disk, "a", &name, 1, &past, &error);
        stand->disk->ops = real;
        assert_int_equal(published, sequence <= SNAPSHOTS_KEPT || sequence == 10);
    }
    const struct snapshot_list list = list_of(stand->disk);
    assert_int_equal(list.count, SNAPSHOTS_KEPT);
    assert_int_equal(list.names[1].sequence, 9);
}

/* A writer of the session before, which waits for a disk that does not answer. */
static void leave_a_writer_behind(const char *path) {
    static const struct snapshot_name none;
    struct snapshot_name name;
    struct error error;
    struct disk *disk = stuck_disk_open(path);
    struct snapshot_writer *writer = snapshot_writer_open(disk, NULL, "saqshy-0", 8, &error);
    assert_non_null(writer);
    snapshot_name_set(&name, "saqshy-0", 0, 7);
    snapshot_writer_begin(writer, &name, &none);
    stuck_disk_await();
    assert_false(snapshot_writer_close(writer, 1));
    disk_release(disk);
}

static void none_is_begun_while_a_writer_hangs(void **state) {
    struct stand *stand = *state;
    char path[96];
    snprintf(path, sizeof path, "%s/stuck", stand->base.directory);
    leave_a_writer_behind(path);
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_SNAPSHOTS), 0);
    assert_true(metrics_get(METRIC_SNAPSHOT_FAILURES) > 1);
    assert_int_equal(list_of(stand->disk).count, 0);
    stuck_disk_let_go();
    stuck_disk_await_writers();
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_SNAPSHOTS), 1);
    assert_is_as_in_one_go(stand, RECORDS);
    assert_int_equal(rmdir(path), 0);
}

static void copies_that_are_away_are_made_when_they_are_back(void **state) {
    struct stand *stand = *state;
    struct error error;
    char parent[96], path[128];
    snprintf(parent, sizeof parent, "%s/away", stand->base.directory);
    snprintf(path, sizeof path, "%s/copies", parent);
    stand->copies = disk_posix_open_late(path, &error);
    stand->base.options.snapshot_interval_s = 86400;
    send_crowd(stand, 0, 600);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_SNAPSHOT_COPY_FAILURES), 1);
    assert_int_equal(metrics_get(METRIC_SNAPSHOTS), 1);
    assert_int_equal(mkdir(parent, 0700), 0);
    send_crowd(stand, 600, 600);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_SNAPSHOT_COPY_FAILURES), 0);
    assert_int_equal(list_of(stand->copies).count, 1);
    remove_all(stand->copies);
    disk_release(stand->copies);
    stand->copies = NULL;
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(parent), 0);
}

static const struct snapshot_name nothing; /* none was begun with */

/* On a disk with room for three, half of one that a crash left would keep every other away. */
static void what_a_crash_left_goes_before_the_next_is_written(void **state) {
    static const char left[] = "a-000000-000000000007.snapshot.1f.part",
                      others[] = "b-000000-000000000007.snapshot.1f.part";
    struct stand *stand = *state;
    struct snapshot_writing writing = {.disk = stand->disk, .shard = "a"};
    struct snapshot_name name;
    struct error error;
    char part[SNAPSHOT_NAME_SIZE];
    put_empty(stand, left);
    put_empty(stand, others);
    snapshot_name_set(&name, "a", 0, 9);
    assert_true(snapshot_writing_begin(&writing, &name, &nothing, &error));
    assert_false(is_there(stand, left, ""));
    assert_true(is_there(stand, others, ""));
    snapshot_name_part(&name, writing.tag, part);
    assert_true(is_there(stand, part, ""));
    snapshot_writing_abandon(&writing);
    assert_true(stand->disk->ops->remove(stand->disk, others, &error));
}

static void add_piece(struct snapshot_writing *writing) {
    static uint8_t piece[] = "a piece";
    struct error error;
    const struct pack pack = {.data = piece, .size = sizeof piece};
    assert_true(snapshot_writing_add(writing, SNAPSHOT_STATE, &pack, &error));
}

/* One that was frozen and overtaken writes the one that its successor writes. */
static void two_who_write_one_snapshot_do_not_spoil_it(void **state) {
    struct stand *stand = *state;
    struct snapshot_writing one = {.disk = stand->disk, .shard = "saqshy-0", .tag = 1};
    struct snapshot_writing two = {.disk = stand->disk, .shard = "saqshy-0", .tag = 2};
    struct snapshot_name name;
    struct error error;
    enum snapshot_kind kind;
    struct unpack bytes;
    uint64_t size = 0;
    snapshot_name_set(&name, "saqshy-0", 0, 7);
    assert_true(snapshot_writing_begin(&one, &name, &nothing, &error));
    add_piece(&one);
    /* What the other has written so far goes, as any leftover. */
    assert_true(snapshot_writing_begin(&two, &name, &nothing, &error));
    add_piece(&one);
    add_piece(&two);
    assert_false(snapshot_writing_publish(&one, &size, &error));
    snapshot_writing_abandon(&one);
    assert_true(snapshot_writing_publish(&two, &size, &error));
    struct snapshot_in *in = snapshot_in_open(stand->disk, name.text, &error);
    assert_non_null(in);
    assert_int_equal(snapshot_in_next(in, &kind, &bytes, &error), SNAPSHOT_CHUNK);
    assert_int_equal(snapshot_in_next(in, &kind, &bytes, &error), SNAPSHOT_WHOLE);
    snapshot_in_close(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_crash_left_goes_before_the_next_is_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(newer_ones_of_another_log_neither_count_nor_go, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(refused_ones_stay_until_a_start_has_a_newer_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_not_of_the_past_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_could_not_be_removed_goes_later, setup, teardown),
        cmocka_unit_test_setup_teardown(none_is_begun_while_a_writer_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_that_are_away_are_made_when_they_are_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(more_than_can_be_remembered_are_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(two_who_write_one_snapshot_do_not_spoil_it, setup,
                                        teardown),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
