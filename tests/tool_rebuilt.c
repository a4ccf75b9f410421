/* SPDX-License-Identifier: Apache-2.0 */
/* tool_rebuilt DIRECTORY: what a shard leaves that was rebuilt in the middle of its input. Writes
 * the documents of sample_options, input.avro (transactions and order log), trimmed.avro (the same
 * without the transactions of the first epoch) and output.avro (the recommendations). */
#include "detector/base/log.h"
#include "detector/broker/recording.h"
#include "detector/pipeline.h"
#include "tests/chance.h"
#include "tests/sample.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT "antifrod.transactions"
#define OUTPUT "antifrod.freeze-recommendations"
#define ORDER "antifrod.order"
enum { PARTITIONS = 2, RECORDS = 3000, ACCOUNTS = 200 };

static void must(bool ok, const struct error *error) {
    if (ok) return;
    (void)fprintf(stderr, "%s: %s\n", error_name(error->code), error->text);
    exit(1);
}

/* Transfers among a few hundred people, some of whom get many. */
static void send(struct memory_port *memory, int first, int count) {
    struct error error;
    struct encoder *encoder = encoder_open(&error);
    must(encoder != NULL, &error);
    for (int i = first; i < first + count; i++) {
        struct chance chance = {(uint64_t)i};
        char payer[32], payee[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%u", chance_below(&chance, ACCOUNTS));
        snprintf(payee, sizeof payee, "payee-%u",
                 chance_below(&chance, chance_is(&chance, 5) ? 8 : ACCOUNTS));
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        const struct transaction tx =
            sample_transfer(tx_id, payer, payee, 20 * i, 1000 + chance_below(&chance, 5000000));
        sample_send(memory, encoder, &tx, PARTITIONS);
    }
    encoder_close(encoder);
}

static void run(struct memory_port *memory, const struct options *settings, bool rebuild) {
    struct error error;
    const struct pipeline_options options = {.options = settings,
                                             .port = memory_port_port(memory),
                                             .rebuild = rebuild,
                                             .stop_at_end = true};
    struct pipeline *pipeline = pipeline_open(&options, &error);
    must(pipeline != NULL && pipeline_run(pipeline, &error), &error);
    pipeline_close(pipeline);
}

/* A topic as it is, without the first `gone` records of every partition. */
static void copy(const struct memory_port *from, struct memory_port *to, const char *topic,
                 const size_t gone[PARTITIONS]) {
    struct port_record r;
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (size_t i = gone[p]; memory_port_get(from, topic, p, i, &r); i++) {
            const struct port_message message = {.topic = topic,
                                                 .partition = p,
                                                 .timestamp_ms = r.timestamp_ms,
                                                 .key = r.key,
                                                 .value = r.value};
            const bool appended = memory_port_append(to, &message, r.offset);
            assert(appended);
        }
}

static void save(const struct memory_port *memory, const char *directory, const char *name,
                 const char *const *topics, size_t count) {
    char path[1024];
    struct error error;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    must(recording_save(path, memory, topics, count, &error), &error);
}

int main(int argc, char **argv) {
    static const char *const inputs[] = {INPUT, ORDER}, *const outputs[] = {OUTPUT};
    static const size_t none[PARTITIONS];
    struct options options;
    size_t gone[PARTITIONS];
    if (argc != 2) return 2;
    log_set_level(LOG_LEVEL_ERROR);
    sample_options(&options, argv[1]);
    struct memory_port *memory = sample_cluster(PARTITIONS), *trimmed = sample_cluster(PARTITIONS);
    send(memory, 0, RECORDS);
    run(memory, &options, false);
    for (int32_t p = 0; p < PARTITIONS; p++)
        gone[p] = memory_port_count(memory, INPUT, p);
    send(memory, RECORDS, RECORDS);
    run(memory, &options, true);
    send(memory, 2 * RECORDS, RECORDS);
    run(memory, &options, false);
    copy(memory, trimmed, INPUT, gone);
    copy(memory, trimmed, ORDER, none);
    save(memory, argv[1], "input.avro", inputs, 2);
    save(trimmed, argv[1], "trimmed.avro", inputs, 2);
    save(memory, argv[1], "output.avro", outputs, 1);
    struct port *ports[] = {memory_port_port(memory), memory_port_port(trimmed)};
    for (size_t i = 0; i < 2; i++)
        ports[i]->ops->close(ports[i]);
    options_free(&options);
    return 0;
}
