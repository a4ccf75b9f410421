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
    stand = (struct stand){.disk = NULL};
    *state = &stand;
    if (!memory_stand_open(&stand.base, PARTITIONS)) return -1;
    stand.base.options.snapshot_interval_s = 1;
    stand.disk = disk_posix_open(stand.base.directory, &error);
    return stand.disk == NULL ? -1 : 0;
}

int teardown(void **state) {
    struct stand *stand = *state;
    stand->disk->ops->dispose(stand->disk);
    memory_stand_close(&stand->base);
    return 0;
}

/* Time goes on half a second a batch. */
static bool on_batch(void *context, const struct batch *batch, struct error *error) {
    struct stand *stand = context;
    (void)batch;
    stand->now_ms += 500;
    memory_port_set_now(stand->base.memory, stand->now_ms);
    if (++stand->batches != stand->crash_at) return true;
    return error_set(error, ERROR_FAILED, "this was to happen");
}

bool run_stand(struct stand *stand, struct error *error) {
    struct pipeline_options how = memory_stand_how(&stand->base);
    how.snapshots = stand->disk;
    how.snapshot_copies = stand->copies;
    how.rebuild = stand->rebuild;
    how.on_batch = on_batch;
    how.batch_context = stand;
    stand->batches = 0;
    metrics_reset();
    return memory_stand_run(&how, error);
}

void must_run(struct stand *stand) {
    struct error error;
    if (!run_stand(stand, &error)) fail_msg("%s: %s", error_name(error.code), error.text);
}

void must_fail(struct stand *stand, enum error_code code, const char *text) {
    struct error error;
    assert_false(run_stand(stand, &error));
    if (error.code != code || strstr(error.text, text) == NULL)
        fail_msg("%s: %s", error_name(error.code), error.text);
}

int64_t replayed(void) {
    return metrics_get(METRIC_REPLAYED);
}

void send_crowd(struct stand *stand, int first, int count) {
    sample_send_crowd(stand->base.memory, stand->base.encoder, first, count, ACCOUNTS, PARTITIONS);
}

struct memory_port *in_one_go(const struct stand *stand, int records) {
    struct stand other = *stand;
    other.base.memory = sample_cluster(PARTITIONS);
    other.disk = NULL;
    other.copies = NULL;
    other.crash_at = 0;
    send_crowd(&other, 0, records);
    must_run(&other);
    assert_true(logs_count(other.base.memory, RECOMMENDATIONS, PARTITIONS) > 50);
    return other.base.memory;
}

void assert_is_as_in_one_go(const struct stand *stand, int records) {
    struct memory_port *whole = in_one_go(stand, records);
    logs_must_be_same(stand->base.memory, whole, RECOMMENDATIONS, PARTITIONS);
    logs_close(whole);
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
                    (char *)(uintptr_t)stand->base.directory, (char *)(uintptr_t)name};
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
