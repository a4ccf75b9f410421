/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/snapshot_show.h"

#include "detector/base/printable.h"
#include "detector/commands/json_text.h"

#include <stdio.h>
#include <time.h>

static const char *const kind_names[SNAPSHOT_KINDS] = {
    [SNAPSHOT_MANIFEST] = "manifest",   [SNAPSHOT_STATE] = "state",
    [SNAPSHOT_TABLE] = "table",         [SNAPSHOT_RUNS] = "runs",
    [SNAPSHOT_ACCOUNTS] = "accounts",   [SNAPSHOT_SIGNALS] = "signals",
    [SNAPSHOT_DOCUMENTS] = "documents", [SNAPSHOT_SIGNAL_TABLE] = "signal_table",
    [SNAPSHOT_TAINT] = "reported",      [SNAPSHOT_ADVICE] = "advice",
};

const char *snapshot_time(int64_t ms, char out[SNAPSHOT_TIME_SIZE]) {
    const time_t second = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&second, &tm);
    strftime(out, SNAPSHOT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

static void print_text(const char *name, struct text value) {
    printf("%-16s ", name);
    printable_put_text(value, stdout);
    putchar('\n');
}

void snapshot_show_text(const char *name, const struct snapshot_content *c, uint64_t file_bytes) {
    const struct snapshot_manifest *m = &c->manifest;
    char taken[SNAPSHOT_TIME_SIZE], clock[SNAPSHOT_TIME_SIZE];
    print_text("name", text_of(name));
    print_text("shard", m->shard);
    printf("%-16s %d.%lld (the first order record that is not in it)\n", "order", (int)m->epoch,
           (long long)m->sequence);
    printf("%-16s %llu\n", "input records", (unsigned long long)m->ordinal);
    printf("%-16s %016llx\n", "state hash", (unsigned long long)m->state_hash);
    print_text("taken", text_of(snapshot_time(m->taken_ms, taken)));
    print_text("engine clock", text_of(snapshot_time(m->engine_clock_s * 1000, clock)));
    print_text("build", m->build);
    printf("%-16s %u\n", "layout", (unsigned)m->layout);
    print_text("options", m->options_sha256);
    print_text("features", m->features_sha256);
    print_text("model", m->model_sha256);
    print_text("policy", m->policy_sha256);
    printf("%-16s %llu\n", "accounts", (unsigned long long)m->accounts);
    printf("%-16s %llu\n", "signals", (unsigned long long)m->signals);
    printf("%-16s %llu\n", "open episodes", (unsigned long long)m->episodes);
    printf("%-16s %llu in the file\n", "bytes", (unsigned long long)file_bytes);
    for (int k = SNAPSHOT_MANIFEST; k < SNAPSHOT_KINDS; k++)
        if (kind_names[k] != NULL)
            printf("%16s %llu %s\n", "", (unsigned long long)c->bytes[k], kind_names[k]);
    if (m->accounts > 0)
        printf("%-16s %.1f in the file\n", "bytes/account",
               (double)file_bytes / (double)m->accounts);
}

static json_t *bytes_json(const struct snapshot_content *c) {
    json_t *bytes = json_object();
    for (int k = SNAPSHOT_MANIFEST; k < SNAPSHOT_KINDS; k++)
        if (kind_names[k] != NULL)
            json_object_set_new(bytes, kind_names[k], json_integer((json_int_t)c->bytes[k]));
    return bytes;
}

static json_t *order_json(const struct snapshot_manifest *m) {
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)m->state_hash);
    return json_pack("{si sI sI ss}", "epoch", (int)m->epoch, "sequence", (json_int_t)m->sequence,
                     "input_records", (json_int_t)m->ordinal, "state_hash", hash);
}

void snapshot_show_json(const char *name, const struct snapshot_content *c, uint64_t file_bytes) {
    const struct snapshot_manifest *m = &c->manifest;
    char taken[SNAPSHOT_TIME_SIZE], clock[SNAPSHOT_TIME_SIZE];
    json_t *row = json_pack("{so so}", "name", json_text(name), "shard", json_text_of(m->shard));
    json_object_update_new(row, order_json(m));
    json_object_update_new(row, json_pack("{ss ss so sI so so so so}", "taken",
                                          snapshot_time(m->taken_ms, taken), "engine_clock",
                                          snapshot_time(m->engine_clock_s * 1000, clock), "build",
                                          json_text_of(m->build), "layout", (json_int_t)m->layout,
                                          "options_sha256", json_text_of(m->options_sha256),
                                          "features_sha256", json_text_of(m->features_sha256),
                                          "model_sha256", json_text_of(m->model_sha256),
                                          "policy_sha256", json_text_of(m->policy_sha256)));
    json_object_update_new(row, json_pack("{sI sI sI sI so}", "accounts", (json_int_t)m->accounts,
                                          "signals", (json_int_t)m->signals, "open_episodes",
                                          (json_int_t)m->episodes, "bytes", (json_int_t)file_bytes,
                                          "content", bytes_json(c)));
    json_dumpf(row, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(row);
}
