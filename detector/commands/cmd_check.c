/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/instant.h"
#include "detector/base/printable.h"
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/json_text.h"
#include "detector/commands/masked.h"
#include "detector/commands/text_columns.h"
#include "detector/documents.h"
#include "detector/service/http.h"
#include "detector/shadows.h"
#include "schemas/catalog.h"
#include "schemas/schema_dir.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BROKER_WAIT_S = 8, WHAT_WIDTH = 23 };

struct check {
    const struct options *options;
    bool json;
    struct error first; /* the first failure decides the exit status */
};

static void print_json(const char *what, bool ok, enum error_code code, const char *text) {
    json_t *row = json_pack("{so sb ss so}", "check", json_text(what), "ok", (int)ok, "code",
                            error_name(code), "text", json_text(text));
    json_dumpf(row, stdout, JSON_PRESERVE_ORDER | JSON_COMPACT);
    putchar('\n');
    json_decref(row);
}

static void print_line(const char *result, const char *what, const char *text) {
    printf("%-8s ", result);
    columns_left(what, WHAT_WIDTH, stdout);
    printable_put(text, stdout);
    putchar('\n');
}

static void report(struct check *c, const char *what, bool ok, const char *detail,
                   const struct error *error) {
    const char *text = ok ? detail : error->text;
    if (c->json)
        print_json(what, ok, ok ? ERROR_NONE : error->code, text);
    else
        print_line(ok ? "ok" : "FAILED", what, text);
    if (!ok && c->first.code == ERROR_NONE) c->first = *error;
}

/* Worth knowing, but no failure. */
static void note(const struct check *c, const char *what, const char *text) {
    if (c->json)
        print_json(what, true, ERROR_NONE, text);
    else
        print_line("note", what, text);
}

/* Whom the policy lets go, until when, who says so and why. */
static void note_allowed(const struct check *c, const struct policy *policy) {
    char what[32], token[MASKED_SIZE], until[INSTANT_TEXT_SIZE];
    char text[2048];
    for (size_t i = 0; i < policy_allowed_count(policy); i++) {
        const struct policy_allowed *a = policy_allowed_at(policy, i);
        snprintf(what, sizeof what, "allow[%zu]", a->index);
        snprintf(text, sizeof text, "%s %s %s UTC, by %s: %s",
                 masked(text_of(a->account_token), token),
                 a->until_s <= time(NULL) ? "is over since" : "until",
                 instant_text(a->until_s, until), a->author, a->reason);
        note(c, what, text);
    }
}

static void check_shadows(struct check *c, const struct policy *live) {
    struct error error = {.code = ERROR_NONE};
    char detail[32] = "";
    struct shadows *shadows = shadows_open(c->options, live, &error);
    if (shadows != NULL) snprintf(detail, sizeof detail, "%u", shadows_count(shadows));
    report(c, "shadow models", shadows != NULL, detail, &error);
    shadows_close(shadows);
}

static void check_documents(struct check *c) {
    const struct options *o = c->options;
    struct error error = {.code = ERROR_NONE};
    struct model *model = documents_load_model(o, &error);
    report(c, "model", model != NULL, model != NULL ? model_id(model) : "", &error);
    if (model == NULL) return;
    struct policy *policy = documents_load_policy(o, model, &error);
    report(c, "policy", policy != NULL, policy != NULL ? policy_id(policy) : "", &error);
    if (policy != NULL) note_allowed(c, policy);
    if (policy != NULL && o->model_shadow[0] != '\0') check_shadows(c, policy);
    policy_free(policy);
    model_free(model);
}

static void report_file(void *context, const char *name, enum schema_dir_file what,
                        const struct error *error) {
    struct check *c = context;
    if (what == SCHEMA_DIR_FOREIGN)
        note(c, name, "is not named ID.avsc, so it is not read");
    else
        report(c, name, what == SCHEMA_DIR_BINDS, "binds", error);
}

static void check_schemas(struct check *c) {
    struct error error = {.code = ERROR_NONE};
    struct catalog *catalog = catalog_open(c->options->schema_dir, &error);
    report(c, "schemas", catalog != NULL, "the shipped contracts bind", &error);
    catalog_close(catalog);
    if (catalog == NULL || c->options->schema_dir[0] == '\0') return;
    if (!schema_dir_check(c->options->schema_dir, report_file, c, &error))
        report(c, "schemas", false, "", &error);
}

static void check_places(struct check *c) {
    struct error error = {.code = ERROR_NONE};
    const struct options *o = c->options;
    const bool loopback = o->http_port == 0 || http_address_check(o->http_address, &error);
    report(c, "http.address", loopback, "loopback", &error);
    if (o->state_dir[0] == '\0') return;
    const bool writable = access(o->state_dir, W_OK | X_OK) == 0;
    if (!writable)
        error_set(&error, ERROR_IO, "state.dir=%s cannot be written: %s", o->state_dir,
                  strerror(errno));
    report(c, "state.dir", writable, "can be written", &error);
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

/* `absent`: what it means that it is not there. */
static void check_optional(struct check *c, struct port *port, const char *topic,
                           const char *absent) {
    struct error error = {.code = ERROR_NONE};
    char detail[64];
    int32_t partitions = 0;
    if (topic[0] == '\0') return;
    if (!port->ops->find_topic(port, topic, &partitions, &error)) {
        if (error.code == ERROR_INTERRUPTED) error.code = ERROR_UNAVAILABLE;
        report(c, topic, false, "", &error);
    } else if (partitions == 0) {
        note(c, topic, absent);
    } else {
        snprintf(detail, sizeof detail, "%d partitions", (int)partitions);
        report(c, topic, true, detail, &error);
    }
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
        if (o->topic_shadow[0] != '\0') check_topic(c, watchdog.port, o->topic_shadow);
        check_optional(c, watchdog.port, o->topic_signals,
                       "is absent: no signals are read until it is created");
        check_optional(c, watchdog.port, o->topic_policy,
                       "is absent: model.path and policy.path decide until it is created");
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
    check_places(&check);
    check_broker(&check);
    cli_free(&cli);
    if (check.first.code == ERROR_NONE) return 0;
    fprintf(stderr, "saqshy: mend what FAILED and run `saqshy check` again\n");
    return error_exit_status(check.first.code);
}
