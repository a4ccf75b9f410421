/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/json_text.h"
#include "detector/commands/verify.h"

#include <stdio.h>
#include <stdlib.h>

enum { OTHERS_MAX = 1024 };

bool verify_shards_open(struct verify_shards *shards, const char *own, struct error *error) {
    *shards = (struct verify_shards){.own = own};
    shards->others = calloc(OTHERS_MAX, sizeof *shards->others);
    return shards->others != NULL || error_set(error, ERROR_FAILED, "no memory for the shards");
}

void verify_shards_close(struct verify_shards *shards) {
    free(shards->others);
    shards->others = NULL;
}

static struct verify_shard *shard_of(struct verify_shards *shards, int32_t partition,
                                     const struct verify_record *record) {
    for (size_t i = 0; i < shards->count; i++)
        if (strcmp(shards->others[i].name, record->shard) == 0) return &shards->others[i];
    if (shards->count == OTHERS_MAX) return NULL;
    struct verify_shard *shard = &shards->others[shards->count++];
    *shard = (struct verify_shard){
        .partition = partition, .sequence = record->sequence, .offset = record->record.offset};
    snprintf(shard->name, sizeof shard->name, "%s", record->shard);
    return shard;
}

bool verify_shards_note(struct verify_shards *shards, int32_t partition,
                        const struct verify_record *record, struct error *error) {
    if (record->shard[0] == '\0' || strcmp(record->shard, shards->own) == 0) return true;
    struct verify_shard *shard = shard_of(shards, partition, record);
    if (shard == NULL)
        return error_set(error, ERROR_FAILED, "more than %d other shards wrote to the topic",
                         OTHERS_MAX);
    shard->recommendations++;
    shards->recommendations++;
    return true;
}

static void report_one(const struct verify_shards *shards, const struct verify_shard *shard,
                       struct verify_report *report) {
    struct verify_finding finding = {.kind = "FOREIGN",
                                     .partition = shard->partition,
                                     .sequence = shard->sequence,
                                     .offset = shard->offset};
    snprintf(finding.text, sizeof finding.text,
             "the first of %lld of shard %.64s, which no replay of shard %.64s gives; where it may "
             "write to this topic, say so by --other-shards",
             (long long)shard->recommendations, shard->name, shards->own);
    verify_report(report, &finding);
}

void verify_shards_report(const struct verify_shards *shards, struct verify_report *report) {
    for (size_t i = 0; i < shards->count; i++)
        report_one(shards, &shards->others[i], report);
}

void verify_shards_print(const struct verify_shards *shards) {
    if (shards->count == 0) return;
    printf("%lld of them %s of other shards than ", (long long)shards->recommendations,
           shards->recommendations == 1 ? "is" : "are");
    printable_put(shards->own, stdout);
    fputs(", and their chains alone are proven:", stdout);
    for (size_t i = 0; i < shards->count && i < VERIFY_FINDINGS_SHOWN; i++) {
        fputs(i == 0 ? " " : ", ", stdout);
        printable_put(shards->others[i].name, stdout);
        printf(" (%lld)", (long long)shards->others[i].recommendations);
    }
    if (shards->count > VERIFY_FINDINGS_SHOWN)
        printf(" and %zu more shards", shards->count - VERIFY_FINDINGS_SHOWN);
    putchar('\n');
}

json_t *verify_shards_json(const struct verify_shards *shards) {
    json_t *rows = json_array();
    for (size_t i = 0; i < shards->count; i++)
        json_array_append_new(rows, json_pack("{so sI}", "shard", json_text(shards->others[i].name),
                                              "recommendations",
                                              (json_int_t)shards->others[i].recommendations));
    return rows;
}
