/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/feed.h"

#include "detector/pipeline.h"
#include "detector/service/options.h"
#include "tests/sample.h"

#include <stdio.h>

enum { PARTITIONS = 4, HOUR_S = 3600 };

struct gen_options feed_options(uint64_t seed) {
    return (struct gen_options){.seed = seed,
                                .start_s = SAMPLE_START_S - 5 * HOUR_S,
                                .days = 14,
                                .accounts = 3000,
                                .daily_per_mille = 2000,
                                .dropper_per_mille = 6};
}

static bool fill(struct feed_run *run, struct memory_port *memory, struct error *error) {
    struct encoder *encoder = encoder_open(error);
    if (encoder == NULL) return false;
    run->labels = gen_open(&run->gen, error);
    struct transaction tx;
    bool bad;
    while (run->labels != NULL && gen_next(run->labels, &tx, &bad)) {
        sample_send(memory, encoder, &tx, PARTITIONS);
        run->records++;
    }
    encoder_close(encoder);
    for (uint32_t i = 0; run->labels != NULL && i < gen_label_count(run->labels); i++)
        run->droppers += gen_label(run->labels, i).first_bad_s != 0;
    return run->labels != NULL;
}

bool feed_through_pipeline(struct feed_run *run) {
    struct error error = {.code = ERROR_NONE};
    struct options options;
    options_init(&options);
    snprintf(options.start_from, sizeof options.start_from, "earliest");
    options.memory_prefault_mib = 0;
    options.http_port = 0;
    struct memory_port *memory = sample_cluster(PARTITIONS);
    struct port *port = memory_port_port(memory);
    const struct pipeline_options how = {.options = &options,
                                         .port = port,
                                         .stop_at_end = true,
                                         .on_recommendation = run->on_recommendation,
                                         .context = run->context};
    bool ok = fill(run, memory, &error);
    struct pipeline *pipeline = ok ? pipeline_open(&how, &error) : NULL;
    ok = pipeline != NULL && pipeline_run(pipeline, &error);
    if (!ok) fprintf(stderr, "%s: %s\n", error_name(error.code), error.text);
    pipeline_close(pipeline);
    port->ops->close(port);
    options_free(&options);
    return ok;
}
