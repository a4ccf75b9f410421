/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/base/log.h"
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/pipeline.h"
#include "detector/service/health.h"
#include "detector/service/http.h"
#include "detector/service/stop_signal.h"

static void stop(void *context) {
    log_info("event=stopping");
    health_stopping();
    pipeline_stop(context);
}

/* Where snapshots go; NULL where the option is empty. */
static bool open_disk(const char *path, struct disk **disk, struct error *error) {
    if (path[0] != '\0') *disk = disk_posix_open(path, error);
    return path[0] == '\0' || *disk != NULL;
}

/* They are optional: a start goes on without their directory. */
static bool open_copies(const char *path, struct disk **disk, struct error *error) {
    if (path[0] == '\0') return true;
    *disk = disk_posix_open_late(path, error);
    if (*disk == NULL) return false;
    if (error->code != ERROR_NONE)
        log_warn("event=snapshot_copies_away why=\"%s\" next=\"there are no copies of snapshots "
                 "until it is there; each next one tries\"",
                 error->text);
    error->code = ERROR_NONE;
    return true;
}

static bool serve(const struct pipeline_options *settings, struct error *error) {
    const struct options *options = settings->options;
    struct pipeline *pipeline = pipeline_open(settings, error);
    if (pipeline == NULL) return false;
    bool ok = stop_signal_start(stop, pipeline) ||
              error_set(error, ERROR_FAILED, "signals cannot be watched");
    log_info("event=starting version=\"%s\" shard=%s", build_info_long(), options->shard_id);
    ok = ok && pipeline_run(pipeline, error);
    if (ok) log_info("event=ended");
    stop_signal_end();
    pipeline_close(pipeline);
    return ok;
}

static bool serve_with_disks(struct pipeline_options *settings, struct error *error) {
    const struct options *options = settings->options;
    const bool ok = open_disk(options->snapshot_dir, &settings->snapshots, error) &&
                    open_copies(options->snapshot_copy_dir, &settings->snapshot_copies, error) &&
                    serve(settings, error);
    disk_release(settings->snapshots);
    disk_release(settings->snapshot_copies);
    return ok;
}

static bool run(const struct options *options, bool rebuild, struct error *error) {
    if (options->bootstrap_servers[0] == '\0')
        return error_set(error, ERROR_CONFIG,
                         "bootstrap.servers is not set; name the brokers, or try "
                         "`saqshy demo`, which needs none");
    health_start();
    struct http *http = http_open(options->http_address, (uint16_t)options->http_port, error);
    if (http == NULL && options->http_port != 0) return false;
    struct port *port = kafka_port_open(options, error);
    struct pipeline_options settings = {.options = options,
                                        .port = port,
                                        .rebuild = rebuild,
                                        .acknowledge = true,
                                        .publish_shadows = true};
    const bool ok = port != NULL && serve_with_disks(&settings, error);
    if (port != NULL) port->ops->close(port);
    http_close(http);
    return ok;
}

int cmd_run(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli_flag flags[] = {
        {"--rebuild", NULL, "start a new epoch: empty state, behind what was taken", NULL}};
    struct cli cli = {.usage = "saqshy run [--config FILE] [--rebuild] [-X key=value]…",
                      .purpose = "Runs the service: transactions in, freeze recommendations out.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .wants_options = true};
    switch (cli_parse(&cli, argc, argv, &error)) {
    case CLI_HELP_SHOWN:
        return 0;
    case CLI_FAILED:
        return cli_fail(&error);
    case CLI_GO:
        break;
    }
    const bool ok = run(&cli.options, cli_value(&cli, "--rebuild") != NULL, &error);
    cli_free(&cli);
    return ok ? 0 : cli_fail(&error);
}
