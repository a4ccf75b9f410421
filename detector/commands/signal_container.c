/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/signal_container.h"

#include "schemas/ocf.h"
#include "schemas/plan.h"

struct walk {
    struct ocf_reader *reader;
    const char *path;
    bool (*each)(void *context, const struct signal *signal, struct error *error);
    void *context;
};

static bool walk(const struct walk *w, const struct plan *plan, struct error *error) {
    uint32_t used = 0;
    for (;;) {
        struct bytes rest;
        struct signal signal;
        const char *why = NULL;
        if (!ocf_next(w->reader, used, &rest, error)) return false;
        if (rest.size == 0) return true;
        if (!plan_decode_signal(plan, rest, &signal, &used, &why))
            return error_set(error, ERROR_BAD_DATA, "%s: record at byte %lld: %s", w->path,
                             (long long)ocf_record_position(w->reader), why);
        if (!w->each(w->context, &signal, error)) return false;
    }
}

bool signal_container_walk(struct ocf_reader *reader, const char *path,
                           bool (*each)(void *context, const struct signal *signal,
                                        struct error *error),
                           void *context, struct error *error) {
    const struct walk w = {reader, path, each, context};
    const struct bytes schema = ocf_schema(reader);
    struct plan *plan =
        plan_compile_for(CONTRACT_SIGNAL, (const char *)schema.data, schema.size, error);
    if (plan == NULL) return error_prefix(error, "%s: its schema", path);
    const bool ok = walk(&w, plan, error);
    plan_free(plan);
    return ok;
}
