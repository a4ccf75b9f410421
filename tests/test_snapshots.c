/* SPDX-License-Identifier: Apache-2.0 */
/* What a start makes of snapshots: whole, damaged, foreign, of another time; and that nobody who
 * reads the output can tell. */
#include "tests/support.h"

#include "detector/base/log.h"
#include "detector/commands/commands.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "detector/snapshot_file.h"
#include "detector/snapshot_writer.h"
#include "detector/snapshot_writing.h"
#include "detector/snapshots.h"
#include "schemas/order_record.h"
#include "tests/chance.h"
#include "tests/sample.h"
#include "tests/stuck_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define ORDER "antifrod.order"
#define INPUT "antifrod.transactions"
enum { PARTITIONS = 2, RECORDS = 6000, ACCOUNTS = 400 };

struct stand {
    struct memory_port *memory;
    struct encoder *encoder;
    struct options options;
    struct disk *disk, *copies;
    char directory[64];
    int batches, crash_at; /* batches of this run; the one it fails at, 0: none */
    int64_t now_ms;
    bool rebuild;
};

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    memset(&stand, 0, sizeof stand);
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    stand.memory = sample_cluster(PARTITIONS);
    stand.encoder = encoder_open(&error);
    stand.disk = disk_posix_open(stand.directory, &error);
    stand.options.snapshot_interval_s = 1;
    *state = &stand;
    return stand.encoder == NULL || stand.disk == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct port *port = memory_port_port(stand->memory);
    port->ops->close(port);
    encoder_close(stand->encoder);
    stand->disk->ops->dispose(stand->disk);
    sample_directory_remove(stand->directory, &stand->options);
    return 0;
}

/* Time goes on half a second a batch. */
static bool on_batch(void *context, const struct batch *batch, struct error *error) {
    struct stand *stand = context;
    (void)batch;
    stand->now_ms += 500;
    memory_port_set_now(stand->memory, stand->now_ms);
    if (++stand->batches != stand->crash_at) return true;
    return error_set(error, ERROR_FAILED, "this was to happen");
}

static bool run(struct stand *stand, struct error *error) {
    const struct pipeline_options options = {.options = &stand->options,
                                             .port = memory_port_port(stand->memory),
                                             .snapshots = stand->disk,
                                             .snapshot_copies = stand->copies,
                                             .rebuild = stand->rebuild,
                                             .stop_at_end = true,
                                             .on_batch = on_batch,
                                             .batch_context = stand};
    stand->batches = 0;
    metrics_reset();
    struct pipeline *pipeline = pipeline_open(&options, error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, error);
    pipeline_close(pipeline);
    return ok;
}

static void must_run(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    if (!run(stand, &error)) fail_msg("%s: %s", error_name(error.code), error.text);
}

static void must_fail(struct stand *stand, enum error_code code, const char *text) {
    struct error error = {.code = ERROR_NONE};
    assert_false(run(stand, &error));
    if (error.code != code || strstr(error.text, text) == NULL)
        fail_msg("%s: %s", error_name(error.code), error.text);
}

static int64_t replayed(void) {
    return metrics_get(METRIC_REPLAYED);
}

static void send(struct stand *stand, int first, int count) {
    sample_send_crowd(stand->memory, stand->encoder, first, count, ACCOUNTS, PARTITIONS);
}

static size_t count_all(const struct memory_port *memory, const char *topic) {
    size_t count = 0;
    for (int32_t p = 0; p < PARTITIONS; p++)
        count += memory_port_count(memory, topic, p);
    return count;
}

static void assert_same_output(const struct memory_port *a, const struct memory_port *b) {
    assert_int_equal(count_all(a, RECOMMENDATIONS), count_all(b, RECOMMENDATIONS));
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct port_record x, y;
        for (size_t i = 0; memory_port_get(a, RECOMMENDATIONS, p, i, &x); i++) {
            assert_true(memory_port_get(b, RECOMMENDATIONS, p, i, &y));
            assert_int_equal(x.value.size, y.value.size);
            assert_memory_equal(x.value.data, y.value.data, x.value.size);
        }
    }
}

/* The same input in one go, by an engine that takes no snapshots. */
static struct memory_port *in_one_go(const struct stand *stand, int records) {
    struct stand other = *stand;
    other.memory = sample_cluster(PARTITIONS);
    other.disk = NULL;
    other.copies = NULL;
    other.crash_at = 0;
    send(&other, 0, records);
    must_run(&other);
    assert_true(count_all(other.memory, RECOMMENDATIONS) > 50);
    return other.memory;
}

static void close_memory(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static void assert_is_as_in_one_go(const struct stand *stand, int records) {
    struct memory_port *whole = in_one_go(stand, records);
    assert_same_output(stand->memory, whole);
    close_memory(whole);
}

static struct snapshot_list list_of(struct disk *disk) {
    static struct snapshot_list list;
    struct error error;
    assert_true(snapshots_list(disk, NULL, &list, &error));
    return list;
}

static void a_clean_stop_leaves_nothing_to_replay(void **state) {
    struct stand *stand = *state;
    for (int i = 0; i < 6; i++) {
        send(stand, i * RECORDS / 6, RECORDS / 6);
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
        send(stand, i * RECORDS / 30, RECORDS / 30);
        stand->crash_at = 1 + (int)chance_below(&chance, 4);
        struct error error = {.code = ERROR_NONE};
        if (!run(stand, &error)) assert_string_equal(error.text, "this was to happen");
        if (i > 20 && replayed() < least) least = replayed();
    }
    stand->crash_at = 0;
    must_run(stand);
    assert_true(least < RECORDS / 3);
    assert_is_as_in_one_go(stand, RECORDS);
}

/* The newest snapshot's bytes, to be spoilt. */
struct image {
    struct snapshot_name name;
    uint8_t *bytes;
    size_t size;
};

static struct image read_newest(struct stand *stand) {
    enum { MOST = 8 << 20 };
    struct error error;
    struct image image = {.name = list_of(stand->disk).names[0], .bytes = malloc(MOST)};
    struct disk_file *file = stand->disk->ops->open(stand->disk, image.name.text, &error);
    assert_non_null(file);
    assert_true(stand->disk->ops->read(file, 0, image.bytes, MOST, &image.size, &error));
    stand->disk->ops->close(file);
    return image;
}

static void write_image(struct stand *stand, const struct image *image, size_t size) {
    struct error error;
    struct disk_file *file = stand->disk->ops->create(stand->disk, image->name.text, &error);
    assert_non_null(file);
    assert_true(stand->disk->ops->append(file, image->bytes, size, &error));
    stand->disk->ops->close(file);
}

static void a_damaged_one_is_passed_over_for_the_one_before(void **state) {
    struct stand *stand = *state;
    send(stand, 0, RECORDS / 2);
    must_run(stand);
    send(stand, RECORDS / 2, RECORDS / 2);
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

static int command(const char *verb, const char *name, const struct stand *stand) {
    char *argv[] = {"snapshot", (char *)(uintptr_t)verb, "--dir",
                    (char *)(uintptr_t)stand->directory, (char *)(uintptr_t)name};
    return cmd_snapshot(name == NULL ? 4 : 5, argv);
}

/* Whether there is a file of that name and ending. */
static bool is_there(struct stand *stand, const char *name, const char *ending) {
    char path[SNAPSHOT_NAME_SIZE];
    struct error error;
    snprintf(path, sizeof path, "%.500s%s", name, ending);
    struct disk_file *file = stand->disk->ops->open(stand->disk, path, &error);
    if (file == NULL) return false;
    stand->disk->ops->close(file);
    return true;
}

static void a_damaged_one_is_none_of_those_that_are_kept(void **state) {
    struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    stand->options.snapshot_interval_s = 86400; /* at the stop alone */
    for (int i = 0; i < 3; i++) {
        send(stand, i * 600, 600);
        must_run(stand);
    }
    const struct snapshot_name before = list_of(stand->disk).names[1];
    struct image image = read_newest(stand);
    image.bytes[image.size / 2] ^= 1;
    write_image(stand, &image, image.size);
    send(stand, 1800, 600);
    stand->crash_at = 1;
    assert_false(run(stand, &error)); /* nothing has taken its place yet */
    assert_int_equal(list_of(stand->disk).count, 1);
    assert_string_equal(list_of(stand->disk).names[0].text, before.text);
    assert_true(is_there(stand, image.name.text, ".damaged"));
    stand->crash_at = 0;
    must_run(stand);
    assert_int_equal(list_of(stand->disk).count, SNAPSHOTS_KEPT);
    assert_string_equal(list_of(stand->disk).names[1].text, before.text);
    assert_false(is_there(stand, image.name.text, ".damaged"));
    assert_int_equal(command("verify", NULL, stand), 0);
    free(image.bytes);
    assert_is_as_in_one_go(stand, 2400);
}

static void one_of_another_form_is_left_where_it_is(void **state) {
    struct stand *stand = *state;
    stand->options.snapshot_interval_s = 86400;
    send(stand, 0, 600);
    must_run(stand);
    struct image image = read_newest(stand);
    image.bytes[8] = 200; /* the version of the file's form */
    write_image(stand, &image, image.size);
    must_run(stand);
    assert_int_equal(replayed(), 600);
    assert_false(is_there(stand, image.name.text, ".damaged"));
    free(image.bytes);
}

static void the_name_of_a_file_says_nothing_of_what_is_in_it(void **state) {
    struct stand *stand = *state;
    struct error error;
    send(stand, 0, RECORDS);
    must_run(stand);
    const struct snapshot_name name = list_of(stand->disk).names[0];
    struct snapshot_name later;
    snapshot_name_set(&later, stand->options.shard_id, 0, name.sequence + 1000);
    assert_true(stand->disk->ops->rename(stand->disk, name.text, later.text, &error));
    must_run(stand);
    assert_int_equal(replayed(), 0);
}

/* The same shard, the same order of records, other transactions. */
static void a_snapshot_of_another_log_is_passed_over(void **state) {
    struct stand *stand = *state;
    send(stand, 0, RECORDS);
    must_run(stand);
    struct stand other = *stand;
    other.memory = sample_cluster(PARTITIONS);
    other.disk = NULL;
    send(&other, 1, RECORDS);
    must_run(&other);
    other.disk = stand->disk;
    must_run(&other);
    assert_int_equal(replayed(), RECORDS);
    close_memory(other.memory);
}

static void a_snapshot_by_other_options_is_passed_over(void **state) {
    struct stand *stand = *state;
    send(stand, 0, RECORDS);
    must_run(stand);
    stand->options.episodes_max++;
    must_fail(stand, ERROR_CONFIG, "options that affect state");
    stand->options.episodes_max--;
    must_run(stand);
    assert_int_equal(replayed(), 0);
}

/* All input before an offset is gone, as retention does it. */
static struct memory_port *without_input_before(const struct stand *stand, size_t gone) {
    struct memory_port *memory = sample_cluster(PARTITIONS);
    const size_t input[PARTITIONS] = {gone, gone};
    sample_copy(stand->memory, memory, INPUT, PARTITIONS, input);
    sample_copy(stand->memory, memory, RECOMMENDATIONS, PARTITIONS, NULL);
    sample_copy(stand->memory, memory, ORDER, PARTITIONS, NULL);
    struct port *from = memory_port_port(stand->memory), *to = memory_port_port(memory);
    struct port_position positions[PARTITIONS] = {{INPUT, 0, 0}, {INPUT, 1, 0}};
    struct error error;
    assert_true(from->ops->committed(from, positions, PARTITIONS, &error));
    assert_int_equal(to->ops->begin(to, &error), PORT_OK);
    assert_int_equal(to->ops->send_offsets(to, positions, PARTITIONS, &error), PORT_OK);
    assert_int_equal(to->ops->commit(to, &error), PORT_OK);
    return memory;
}

static void retention_may_take_what_a_snapshot_has(void **state) {
    struct stand *stand = *state;
    send(stand, 0, RECORDS / 2);
    must_run(stand);
    struct memory_port *memory = without_input_before(stand, RECORDS / 8);
    close_memory(stand->memory);
    stand->memory = memory;
    send(stand, RECORDS / 2, RECORDS / 2);
    must_run(stand);
    assert_int_equal(replayed(), 0);
    assert_is_as_in_one_go(stand, RECORDS);
}

static void remove_all(struct disk *disk) {
    const struct snapshot_list list = list_of(disk);
    struct error error;
    for (size_t i = 0; i < list.count; i++)
        assert_true(disk->ops->remove(disk, list.names[i].text, &error));
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
    send(stand, 0, RECORDS / 2);
    must_run(stand);
    struct memory_port *memory = without_input_before(stand, RECORDS / 8);
    close_memory(stand->memory);
    stand->memory = memory;
    remove_all(stand->disk);
    send(stand, RECORDS / 2, RECORDS / 2);
    must_fail(stand, ERROR_INPUT_GONE, "--rebuild");
    const size_t before = count_all(memory, RECOMMENDATIONS);
    stand->rebuild = true;
    must_run(stand);
    assert_true(count_all(memory, RECOMMENDATIONS) > before + 50);
    assert_int_equal(last_epoch(memory, &outputs), 1);
    assert_int_equal(outputs, count_all(memory, RECOMMENDATIONS)); /* the chain went on */
    stand->rebuild = false;
    send(stand, RECORDS, 100);
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
    snprintf(path, sizeof path, "%s/copies", stand->directory);
    stand->copies = disk_posix_open(path, &error);
    assert_non_null(stand->copies);
    send(stand, 0, RECORDS);
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
    snapshot_name_set(&image.name, stand->options.shard_id, 0, sequence);
    write_image(&there, &image, 3);
}

static void more_than_can_be_remembered_are_given_up(void **state) {
    struct stand *stand = *state;
    struct disk_ops ops = *stand->disk->ops;
    const struct disk_ops *real = stand->disk->ops;
    char path[128];
    struct error error = {.code = ERROR_NONE};
    snprintf(path, sizeof path, "%s/copies", stand->directory);
    send(stand, 0, RECORDS / 2);
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
    send(stand, RECORDS / 2, RECORDS / 2);
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

static void put_empty(struct stand *stand, const char *name) {
    struct error error;
    struct disk_file *file = stand->disk->ops->create(stand->disk, name, &error);
    assert_non_null(file);
    stand->disk->ops->close(file);
}

/* One start and stop for each piece of the feed, at whose end alone a snapshot is taken. */
static void run_in_pieces(struct stand *stand, int first, int pieces, int records) {
    stand->options.snapshot_interval_s = 86400;
    for (int i = 0; i < pieces; i++) {
        send(stand, first + i * records, records);
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
    other.memory = sample_cluster(PARTITIONS);
    for (int i = 0; i < 4; i++) {
        run_in_pieces(&other, 10000 + 50 * i, 1, 50);
        assert_int_equal(replayed(), 0);
    }
    const struct snapshot_list list = list_of(stand->disk);
    assert_int_equal(list.count, 2 * SNAPSHOTS_KEPT);
    assert_string_equal(list.names[0].text, foreign.names[0].text);
    assert_string_equal(list.names[1].text, foreign.names[1].text);
    assert_true(list.names[2].sequence < foreign.names[1].sequence);
    close_memory(other.memory);
    must_run(stand); /* with its own log again */
    assert_int_equal(replayed(), 0);
}

/* So that the build or the options before can be gone back to. */
static void refused_ones_stay_until_a_start_has_a_newer_one(void **state) {
    struct stand *stand = *state;
    struct stand other = *stand;
    other.memory = sample_cluster(PARTITIONS);
    run_in_pieces(&other, 10000, 2, 50);
    const struct snapshot_list refused = list_of(stand->disk);
    close_memory(other.memory);
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
    snprintf(path, sizeof path, "%s/stuck", stand->directory);
    leave_a_writer_behind(path);
    send(stand, 0, RECORDS);
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
    snprintf(parent, sizeof parent, "%s/away", stand->directory);
    snprintf(path, sizeof path, "%s/copies", parent);
    stand->copies = disk_posix_open_late(path, &error);
    stand->options.snapshot_interval_s = 86400;
    send(stand, 0, 600);
    must_run(stand);
    assert_int_equal(metrics_get(METRIC_SNAPSHOT_COPY_FAILURES), 1);
    assert_int_equal(metrics_get(METRIC_SNAPSHOTS), 1);
    assert_int_equal(mkdir(parent, 0700), 0);
    send(stand, 600, 600);
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

static void the_command_tells_the_whole_from_the_damaged(void **state) {
    struct stand *stand = *state;
    send(stand, 0, RECORDS);
    must_run(stand);
    struct image image = read_newest(stand);
    assert_int_equal(command("ls", NULL, stand), 0);
    assert_int_equal(command("verify", NULL, stand), 0);
    assert_int_equal(command("show", image.name.text, stand), 0);
    assert_int_equal(command("show", "no-such.snapshot", stand), 74);
    assert_int_equal(command("burn", NULL, stand), 2);
    image.bytes[image.size / 2] ^= 1;
    write_image(stand, &image, image.size);
    assert_int_equal(command("verify", NULL, stand), 65);
    assert_int_equal(command("verify", image.name.text, stand), 65);
    assert_int_equal(command("show", image.name.text, stand), 65);
    assert_int_equal(command("ls", NULL, stand), 0); /* the manifest is whole */
    free(image.bytes);
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
        cmocka_unit_test_setup_teardown(a_clean_stop_leaves_nothing_to_replay, setup, teardown),
        cmocka_unit_test_setup_teardown(crashes_do_not_change_a_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_passed_over_for_the_one_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_none_of_those_that_are_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_of_another_form_is_left_where_it_is, setup, teardown),
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
        cmocka_unit_test_setup_teardown(more_than_can_be_remembered_are_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(two_who_write_one_snapshot_do_not_spoil_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_command_tells_the_whole_from_the_damaged, setup,
                                        teardown),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
