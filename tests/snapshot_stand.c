/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/snapshot_stand.h"

#include "tests/support.h"

#include "detector/commands/commands.h"
#include "detector/service/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int setup(void **state) {
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

int teardown(void **state) {
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

bool run_stand(struct stand *stand, struct error *error) {
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

void must_run(struct stand *stand) {
    struct error error = {.code = ERROR_NONE};
    if (!run_stand(stand, &error)) fail_msg("%s: %s", error_name(error.code), error.text);
}

void must_fail(struct stand *stand, enum error_code code, const char *text) {
    struct error error = {.code = ERROR_NONE};
    assert_false(run_stand(stand, &error));
    if (error.code != code || strstr(error.text, text) == NULL)
        fail_msg("%s: %s", error_name(error.code), error.text);
}

int64_t replayed(void) {
    return metrics_get(METRIC_REPLAYED);
}

void send_crowd(struct stand *stand, int first, int count) {
    sample_send_crowd(stand->memory, stand->encoder, first, count, ACCOUNTS, PARTITIONS);
}

size_t count_all(const struct memory_port *memory, const char *topic) {
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

struct memory_port *in_one_go(const struct stand *stand, int records) {
    struct stand other = *stand;
    other.memory = sample_cluster(PARTITIONS);
    other.disk = NULL;
    other.copies = NULL;
    other.crash_at = 0;
    send_crowd(&other, 0, records);
    must_run(&other);
    assert_true(count_all(other.memory, RECOMMENDATIONS) > 50);
    return other.memory;
}

void close_memory(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

void assert_is_as_in_one_go(const struct stand *stand, int records) {
    struct memory_port *whole = in_one_go(stand, records);
    assert_same_output(stand->memory, whole);
    close_memory(whole);
}

struct snapshot_list list_of(struct disk *disk) {
    static struct snapshot_list list;
    struct error error;
    assert_true(snapshots_list(disk, NULL, &list, &error));
    return list;
}

void remove_all(struct disk *disk) {
    const struct snapshot_list list = list_of(disk);
    struct error error;
    for (size_t i = 0; i < list.count; i++)
        assert_true(disk->ops->remove(disk, list.names[i].text, &error));
}

struct image read_newest(struct stand *stand) {
    enum { MOST = 8 << 20 };
    struct error error;
    struct image image = {.name = list_of(stand->disk).names[0], .bytes = malloc(MOST)};
    struct disk_file *file = stand->disk->ops->open(stand->disk, image.name.text, &error);
    assert_non_null(file);
    assert_true(stand->disk->ops->read(file, 0, image.bytes, MOST, &image.size, &error));
    stand->disk->ops->close(file);
    return image;
}

void write_image(struct stand *stand, const struct image *image, size_t size) {
    struct error error;
    struct disk_file *file = stand->disk->ops->create(stand->disk, image->name.text, &error);
    assert_non_null(file);
    assert_true(stand->disk->ops->append(file, image->bytes, size, &error));
    stand->disk->ops->close(file);
}

int snapshot_command(const char *verb, const char *name, const struct stand *stand) {
    char *argv[] = {"snapshot", (char *)(uintptr_t)verb, "--dir",
                    (char *)(uintptr_t)stand->directory, (char *)(uintptr_t)name};
    return cmd_snapshot(name == NULL ? 4 : 5, argv);
}

bool is_there(struct stand *stand, const char *name, const char *ending) {
    char path[SNAPSHOT_NAME_SIZE];
    struct error error;
    snprintf(path, sizeof path, "%.500s%s", name, ending);
    struct disk_file *file = stand->disk->ops->open(stand->disk, path, &error);
    if (file == NULL) return false;
    stand->disk->ops->close(file);
    return true;
}

void put_empty(struct stand *stand, const char *name) {
    struct error error;
    struct disk_file *file = stand->disk->ops->create(stand->disk, name, &error);
    assert_non_null(file);
    stand->disk->ops->close(file);
}
