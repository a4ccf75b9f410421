/* SPDX-License-Identifier: Apache-2.0 */
/* What a start makes of snapshots: whole, damaged, foreign, of another time; and that nobody who
 * reads the output can tell. */
#include "tests/snapshot_stand.h"
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/commands/commands.h"
#include "schemas/order_record.h"
#include "tests/chance.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_clean_stop_leaves_nothing_to_replay(void **state) {
    struct stand *stand = *state;
    for (int i = 0; i < 6; i++) {
        send_crowd(stand, i * RECORDS / 6, RECORDS / 6);
        must_run(stand);
        assert_int_equal(replayed(), 0);
    }
    assert_int_equal(list_of(stand->disk).count, SNAPSHOTS_KEPT);
    assert_is_as_in_one_go(stand, RECORDS);
}

/* Ends in the middle of everything, without a last commit or snapshot. */
static void crashes_do_not_change_a_byte(void **state) {
    struct stand *stand = *state;
    int64_t least = INT64_MAX;
    struct chance chance = {11};
    for (int i = 0; i < 30; i++) {
        send_crowd(stand, i * RECORDS / 30, RECORDS / 30);
        stand->crash_at = 1 + (int)chance_below(&chance, 4);
        struct error error = {.code = ERROR_NONE};
        if (!run_stand(stand, &error)) assert_string_equal(error.text, "this was to happen");
        if (i > 20 && replayed() < least) least = replayed();
    }
    stand->crash_at = 0;
    must_run(stand);
    assert_true(least < RECORDS / 3);
    assert_is_as_in_one_go(stand, RECORDS);
}

static void a_damaged_one_is_passed_over_for_the_one_before(void **state) {
    struct stand *stand = *state;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    struct chance chance = {3};
    for (int i = 0; i < 40; i++) {
        struct image image = read_newest(stand);
        const size_t at = chance_below(&chance, (uint32_t)image.size);
        image.bytes[at] ^= (uint8_t)(1 << chance_below(&chance, 8));
        write_image(stand, &image, i % 2 == 0 ? image.size : at);
        free(image.bytes);
        must_run(stand);
        assert_in_range(replayed(), 1, RECORDS / 2);
    }
    assert_is_as_in_one_go(stand, RECORDS);
}

static void a_damaged_one_is_none_of_those_that_are_kept(void **state) {
    struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    stand->base.options.snapshot_interval_s = 86400; /* at the stop alone */
    for (int i = 0; i < 3; i++) {
        send_crowd(stand, i * 600, 600);
        must_run(stand);
    }
    const struct snapshot_name before = list_of(stand->disk).names[1];
    struct image image = read_newest(stand);
    image.bytes[image.size / 2] ^= 1;
    write_image(stand, &image, image.size);
    send_crowd(stand, 1800, 600);
    stand->crash_at = 1;
    assert_false(run_stand(stand, &error)); /* nothing has taken its place yet */
    assert_int_equal(list_of(stand->disk).count, 1);
    assert_string_equal(list_of(stand->disk).names[0].text, before.text);
    assert_true(is_there(stand, image.name.text, ".damaged"));
    stand->crash_at = 0;
    must_run(stand);
    assert_int_equal(list_of(stand->disk).count, SNAPSHOTS_KEPT);
    assert_string_equal(list_of(stand->disk).names[1].text, before.text);
    assert_false(is_there(stand, image.name.text, ".damaged"));
    assert_int_equal(snapshot_command("verify", NULL, stand), 0);
    free(image.bytes);
    assert_is_as_in_one_go(stand, 2400);
}

static void one_of_another_form_is_left_where_it_is(void **state) {
    struct stand *stand = *state;
    stand->base.options.snapshot_interval_s = 86400;
    send_crowd(stand, 0, 600);
    must_run(stand);
    struct image image = read_newest(stand);
    image.bytes[8] = 200; /* the version of the file's form */
    write_image(stand, &image, image.size);
    must_run(stand);
    assert_int_equal(replayed(), 600);
    assert_false(is_there(stand, image.name.text, ".damaged"));
    free(image.bytes);
}

static void a_pipe_by_the_name_of_one_is_passed_over(void **state) {
    struct stand *stand = *state;
    char path[SNAPSHOT_NAME_SIZE + 80];
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    const struct snapshot_name newest = list_of(stand->disk).names[0];
    snprintf(path, sizeof path, "%s/%s", stand->base.directory, newest.text);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    must_run(stand);
    assert_in_range(replayed(), 1, RECORDS / 2);
    assert_is_as_in_one_go(stand, RECORDS);
}

static void the_name_of_a_file_says_nothing_of_what_is_in_it(void **state) {
    struct stand *stand = *state;
    struct error error;
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    const struct snapshot_name name = list_of(stand->disk).names[0];
    struct snapshot_name later;
    snapshot_name_set(&later, stand->base.options.shard_id, 0, name.sequence + 1000);
    assert_true(stand->disk->ops->rename(stand->disk, name.text, later.text, &error));
    must_run(stand);
    assert_int_equal(replayed(), 0);
}

/* The same shard, the same order of records, other transactions. */
static void a_snapshot_of_another_log_is_passed_over(void **state) {
    struct stand *stand = *state;
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    struct stand other = *stand;
    other.base.memory = sample_cluster(PARTITIONS);
    other.disk = NULL;
    send_crowd(&other, 1, RECORDS);
    must_run(&other);
    other.disk = stand->disk;
    must_run(&other);
    assert_int_equal(replayed(), RECORDS);
    logs_close(other.base.memory);
}

static void a_snapshot_by_other_options_is_passed_over(void **state) {
    struct stand *stand = *state;
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    stand->base.options.episodes_max++;
    must_fail(stand, ERROR_CONFIG, "options that affect state");
    stand->base.options.episodes_max--;
    must_run(stand);
    assert_int_equal(replayed(), 0);
}

/* All input before an offset is gone, as retention does it. */
static struct memory_port *without_input_before(const struct stand *stand, size_t gone) {
    struct memory_port *memory = sample_cluster(PARTITIONS);
    const size_t input[PARTITIONS] = {gone, gone};
    sample_copy(stand->base.memory, memory, INPUT, PARTITIONS, input);
    sample_copy(stand->base.memory, memory, RECOMMENDATIONS, PARTITIONS, NULL);
    sample_copy(stand->base.memory, memory, ORDER, PARTITIONS, NULL);
    logs_copy_committed(stand->base.memory, memory, INPUT, PARTITIONS);
    return memory;
}

static void retention_may_take_what_a_snapshot_has(void **state) {
    struct stand *stand = *state;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    struct memory_port *memory = without_input_before(stand, RECORDS / 8);
    logs_close(stand->base.memory);
    stand->base.memory = memory;
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    assert_int_equal(replayed(), 0);
    assert_is_as_in_one_go(stand, RECORDS);
}

/* The number that an order record of the last start says, its epoch. */
static int32_t last_epoch(const struct memory_port *memory, uint32_t *outputs) {
    struct port_record r;
    struct error error;
    assert_true(memory_port_get(memory, ORDER, 0, memory_port_count(memory, ORDER, 0) - 1, &r));
    struct order_record *record = order_record_decode(r.value, &error);
    assert_non_null(record);
    const int32_t epoch = record->epoch;
    *outputs = 0;
    for (uint32_t i = 0; i < record->output_count; i++)
        *outputs += (uint32_t)record->outputs[i].next_sequence;
    order_record_free(record);
    return epoch;
}

static void without_input_and_snapshot_only_a_new_epoch_is_left(void **state) {
    struct stand *stand = *state;
    uint32_t outputs = 0;
    send_crowd(stand, 0, RECORDS / 2);
    must_run(stand);
    struct memory_port *memory = without_input_before(stand, RECORDS / 8);
    logs_close(stand->base.memory);
    stand->base.memory = memory;
    remove_all(stand->disk);
    send_crowd(stand, RECORDS / 2, RECORDS / 2);
    must_fail(stand, ERROR_INPUT_GONE, "--rebuild");
    const size_t before = logs_count(memory, RECOMMENDATIONS, PARTITIONS);
    stand->rebuild = true;
    must_run(stand);
    assert_true(logs_count(memory, RECOMMENDATIONS, PARTITIONS) > before + 50);
    assert_int_equal(last_epoch(memory, &outputs), 1);
    assert_int_equal(outputs,
                     logs_count(memory, RECOMMENDATIONS, PARTITIONS)); /* the chain went on */
    stand->rebuild = false;
    send_crowd(stand, RECORDS, 100);
    must_run(stand); /* from the snapshot of the new epoch, */
    assert_int_equal(replayed(), 0);
    remove_all(stand->disk);
    must_run(stand); /* and from its beginning */
    assert_in_range(replayed(), RECORDS / 2 + 100, RECORDS / 2 + 100);
    assert_int_equal(last_epoch(memory, &outputs), 1);
}

static void a_copy_is_taken_where_the_first_directory_is_lost(void **state) {
    struct stand *stand = *state;
    struct error error;
    char path[96];
    snprintf(path, sizeof path, "%s/copies", stand->base.directory);
    stand->copies = disk_posix_open(path, &error);
    assert_non_null(stand->copies);
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    remove_all(stand->disk);
    must_run(stand);
    assert_int_equal(replayed(), 0);
    assert_int_equal(list_of(stand->disk).count, 0);
    remove_all(stand->copies);
    stand->copies->ops->dispose(stand->copies);
    stand->copies = NULL;
    assert_int_equal(remove(path), 0);
}

static void the_command_tells_the_whole_from_the_damaged(void **state) {
    struct stand *stand = *state;
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    struct image image = read_newest(stand);
    assert_int_equal(snapshot_command("ls", NULL, stand), 0);
    assert_int_equal(snapshot_command("verify", NULL, stand), 0);
    assert_int_equal(snapshot_command("show", image.name.text, stand), 0);
    assert_int_equal(snapshot_command("show", "no-such.snapshot", stand), 74);
    assert_int_equal(snapshot_command("burn", NULL, stand), 2);
    image.bytes[image.size / 2] ^= 1;
    write_image(stand, &image, image.size);
    assert_int_equal(snapshot_command("verify", NULL, stand), 65);
    assert_int_equal(snapshot_command("verify", image.name.text, stand), 65);
    assert_int_equal(snapshot_command("show", image.name.text, stand), 65);
    assert_int_equal(snapshot_command("ls", NULL, stand), 0); /* the manifest is whole */
    free(image.bytes);
}

static json_t *shown_as_json(const struct stand *stand, const char *name) {
    char *argv[] = {"snapshot", "show",
                    "--dir",    (char *)(uintptr_t)stand->base.directory,
                    "--json",   (char *)(uintptr_t)name};
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    const int status = cmd_snapshot(6, argv);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_int_equal(status, 0);
    rewind(file);
    json_t *json = json_loadf(file, 0, NULL); /* one object and nothing after it */
    fclose(file);
    return json;
}

static json_int_t integer_of(const json_t *json, const char *key) {
    assert_true(json_is_integer(json_object_get(json, key)));
    return json_integer_value(json_object_get(json, key));
}

static void the_command_shows_one_as_json(void **state) {
    struct stand *stand = *state;
    send_crowd(stand, 0, RECORDS);
    must_run(stand);
    struct image image = read_newest(stand);
    json_t *json = shown_as_json(stand, image.name.text);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "name")), image.name.text);
    assert_int_equal(integer_of(json, "bytes"), image.size);
    assert_int_equal(integer_of(json, "input_records"), RECORDS);
    assert_int_equal(integer_of(json, "epoch"), image.name.epoch);
    assert_int_equal(integer_of(json, "sequence"), image.name.sequence);
    assert_true(integer_of(json, "accounts") > 0);
    assert_true(integer_of(json_object_get(json, "content"), "accounts") > 0);
    assert_int_equal(json_string_length(json_object_get(json, "policy_sha256")), 64);
    json_decref(json);
    free(image.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_clean_stop_leaves_nothing_to_replay, setup, teardown),
        cmocka_unit_test_setup_teardown(crashes_do_not_change_a_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_passed_over_for_the_one_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_none_of_those_that_are_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_of_another_form_is_left_where_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pipe_by_the_name_of_one_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(the_name_of_a_file_says_nothing_of_what_is_in_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_snapshot_of_another_log_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_snapshot_by_other_options_is_passed_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(retention_may_take_what_a_snapshot_has, setup, teardown),
        cmocka_unit_test_setup_teardown(without_input_and_snapshot_only_a_new_epoch_is_left, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_taken_where_the_first_directory_is_lost, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_command_tells_the_whole_from_the_damaged, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_command_shows_one_as_json, setup, teardown),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
