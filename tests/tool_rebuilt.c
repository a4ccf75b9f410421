/* SPDX-License-Identifier: Apache-2.0 */
/* tool_rebuilt DIRECTORY: what a shard leaves that was rebuilt in the middle of its input. Writes
 * the documents of sample_options, input.avro (transactions and order log), trimmed.avro (the same
 * without the transactions of the first epoch) and output.avro (the recommendations). */
#include "detector/base/log.h"
#include "detector/broker/recording.h"
#include "detector/pipeline.h"
#include "tests/sample.h"

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

static void send(struct memory_port *memory, int first, int count) {
    struct error error;
    struct encoder *encoder = encoder_open(&error);
    must(encoder != NULL, &error);
    sample_send_crowd(memory, encoder, first, count, ACCOUNTS, PARTITIONS);
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

static void save(const struct memory_port *memory, const char *directory, const char *name,
                 const char *const *topics, size_t count) {
    char path[1024];
    struct error error;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    must(recording_save(path, memory, topics, count, &error), &error);
}

int main(int argc, char **argv) {
    static const char *const inputs[] = {INPUT, ORDER}, *const outputs[] = {OUTPUT};
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
    sample_copy(memory, trimmed, INPUT, PARTITIONS, gone);
    sample_copy(memory, trimmed, ORDER, PARTITIONS, NULL);
    save(memory, argv[1], "input.avro", inputs, 2);
    save(trimmed, argv[1], "trimmed.avro", inputs, 2);
    save(memory, argv[1], "output.avro", outputs, 1);
    struct port *ports[] = {memory_port_port(memory), memory_port_port(trimmed)};
    for (size_t i = 0; i < 2; i++)
        ports[i]->ops->close(ports[i]);
    options_free(&options);
    return 0;
}
