/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/documents.h"
#include "schemas/catalog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { BROKER_WAIT_S = 15 };

struct check {
    const struct options *options;
    bool json;
    struct error first; /* the first failure decides the exit status */
};

static void report(struct check *c, const char *what, bool ok, const char *detail,
                   const struct error *error) {
    const char *text = ok ? detail : error->text;
    if (c->json)
        printf("{\"check\":\"%s\",\"ok\":%s,\"code\":\"%s\"}\n", what, ok ? "true" : "false",
               error_name(ok ? ERROR_NONE : error->code));
    else
        printf("%-8s %-22s %s\n", ok ? "ok" : "FAILED", what, text);
    if (!ok && c->first.code == ERROR_NONE) c->first = *error;
}

static void check_documents(struct check *c) {
    const struct options *o = c->options;
    struct error error = {.code = ERROR_NONE};
    struct model *model = documents_load_model(o, &error);
    report(c, "model", model != NULL, model != NULL ? model_id(model) : "", &error);
    if (model == NULL) return;
    struct policy *policy = documents_load_policy(o, model, &error);
    report(c, "policy", policy != NULL, policy != NULL ? policy_id(policy) : "", &error);
    policy_free(policy);
    model_free(model);
}

static void check_schemas(struct check *c) {
    struct error error = {.code = ERROR_NONE};
    struct catalog *catalog = catalog_open(c->options->schema_dir, &error);
    report(c, "schemas", catalog != NULL, "the shipped contracts bind", &error);
    catalog_close(catalog);
}

/* The port waits for ever for an absent broker; a check does not. */
struct watchdog {
    struct port *port;
    atomic_bool done;
};

static void *watch(void *context) {
    struct watchdog *watchdog = context;
    for (int tenths = 0; tenths < BROKER_WAIT_S * 10; tenths++) {
        if (atomic_load(&watchdog->done)) return NULL;
        usleep(100000);
    }
    watchdog->port->ops->stop(watchdog->port);
    return NULL;
}

static void check_topic(struct check *c, struct port *port, const char *topic) {
    struct error error = {.code = ERROR_NONE};
    char detail[64] = "";
    int32_t partitions = 0;
    const bool ok = port->ops->partition_count(port, topic, &partitions, &error);
    if (!ok && error.code == ERROR_INTERRUPTED) error.code = ERROR_UNAVAILABLE;
    snprintf(detail, sizeof detail, "%d partitions", (int)partitions);
    report(c, topic, ok, detail, &error);
}

static void check_broker(struct check *c) {
    struct error error = {.code = ERROR_NONE};
    const struct options *o = c->options;
    if (o->bootstrap_servers[0] == '\0') {
        error_set(&error, ERROR_CONFIG, "bootstrap.servers is not set");
        report(c, "broker", false, "", &error);
        return;
    }
    struct watchdog watchdog = {.port = kafka_port_open(o, &error)};
    report(c, "kafka settings", watchdog.port != NULL, "librdkafka takes them", &error);
    if (watchdog.port == NULL) return;
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch, &watchdog) == 0) {
        const char *const topics[] = {o->topic_transactions, o->topic_recommendations,
                                      o->topic_dead_letters, o->topic_order};
        for (size_t i = 0; i < 4; i++)
            check_topic(c, watchdog.port, topics[i]);
        atomic_store(&watchdog.done, true);
        pthread_join(thread, NULL);
    }
    watchdog.port->ops->close(watchdog.port);
}

int cmd_check(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli cli = {.usage = "saqshy check [--config FILE] [-X key=value]…",
                      .purpose = "Checks configuration, model, policy, schemas, broker and topics.",
                      .wants_options = true};
    const enum cli_outcome outcome = cli_parse(&cli, argc, argv, &error);
    if (outcome != CLI_GO) return outcome == CLI_HELP_SHOWN ? 0 : cli_fail(&error);
    struct check check = {.options = &cli.options, .json = cli.json};
    report(&check, "configuration", true, "every key is known", &error);
    check_documents(&check);
    check_schemas(&check);
    check_broker(&check);
    cli_free(&cli);
    if (check.first.code == ERROR_NONE) return 0;
    fprintf(stderr, "saqshy: mend what FAILED and run `saqshy check` again\n");
    return error_exit_status(check.first.code);
}
