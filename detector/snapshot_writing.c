/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot_writing.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"

bool snapshot_writing_begin(struct snapshot_writing *w, const struct snapshot_name *name,
                            const struct snapshot_name *begun, struct error *error) {
    char part[SNAPSHOT_NAME_SIZE];
    w->name = *name;
    w->past.begun = *begun;
    snapshot_name_part(name, w->tag, part);
    if (!snapshots_clear(w->disk, w->shard, error)) return false;
    w->out = snapshot_out_create(w->disk, part, error);
    return w->out != NULL;
}

bool snapshot_writing_add(struct snapshot_writing *w, enum snapshot_kind kind,
                          const struct pack *bytes, struct error *error) {
    return snapshot_out_add(w->out, kind, bytes->data, bytes->size, error);
}

static void copy(struct snapshot_writing *w) {
    struct error error;
    if (w->copies == NULL) return;
    atomic_store(&w->copying, true);
    const bool copied =
        snapshots_copy(w->disk, w->copies, w->shard, &w->name, w->tag, &w->past, &error);
    atomic_store(&w->copying, false);
    if (copied) return;
    metrics_add(METRIC_SNAPSHOT_COPY_FAILURES, 1);
    log_warn("event=snapshot_not_copied name=%s why=\"%s\" next=\"the next one is tried again\"",
             w->name.text, error.text);
}

bool snapshot_writing_publish(struct snapshot_writing *w, uint64_t *size, struct error *error) {
    if (!snapshot_out_finish(w->out, error)) return false;
    *size = snapshot_out_bytes(w->out);
    snapshot_out_close(w->out);
    w->out = NULL;
    if (!snapshots_publish(w->disk, w->shard, &w->name, w->tag, &w->past, error)) return false;
    copy(w);
    return true;
}

void snapshot_writing_abandon(struct snapshot_writing *w) {
    char part[SNAPSHOT_NAME_SIZE];
    struct error ignored;
    if (w->out == NULL) return;
    snapshot_out_close(w->out);
    w->out = NULL;
    snapshot_name_part(&w->name, w->tag, part);
    w->disk->ops->remove(w->disk, part, &ignored);
}
