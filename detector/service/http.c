/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/http.h"

#include "detector/base/steady.h"
#include "detector/service/health.h"
#include "detector/service/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http {
    struct MHD_Daemon *daemon;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *body,
                              size_t size, enum MHD_ResponseMemoryMode mode, const char *type) {
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, mode);
    if (response == NULL) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    const enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status,
                                   const char *text) {
    return answer(connection, status, (char *)(uintptr_t)text, strlen(text), MHD_RESPMEM_PERSISTENT,
                  "text/plain; charset=utf-8");
}

/* Whether it is live, or on which way to it. */
static enum MHD_Result answer_ready(struct MHD_Connection *connection) {
    char body[HEALTH_TEXT_SIZE + 1];
    if (health_ready()) return answer_text(connection, MHD_HTTP_OK, "ready\n");
    health_text(body);
    strcat(body, "\n");
    return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, body, strlen(body),
                  MHD_RESPMEM_MUST_COPY, "text/plain; charset=utf-8");
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection) {
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    if (out == NULL) return MHD_NO;
    metrics_print(out);
    fclose(out);
    return answer(connection, MHD_HTTP_OK, body, size, MHD_RESPMEM_MUST_FREE,
                  "text/plain; version=0.0.4; charset=utf-8");
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_size, void **state) {
    (void)context;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    if (strcmp(method, "GET") != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    if (strcmp(url, "/metrics") == 0) return answer_metrics(connection);
    if (strcmp(url, "/readyz") == 0) return answer_ready(connection);
    if (strcmp(url, "/healthz") == 0)
        return health_alive_at(steady_ms())
                   ? answer_text(connection, MHD_HTTP_OK, "alive\n")
                   : answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no heartbeat\n");
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "try /metrics, /healthz or /readyz\n");
}

static bool loopback_address(const char *address, uint16_t port, struct sockaddr_in *out) {
    memset(out, 0, sizeof *out);
    out->sin_family = AF_INET;
    out->sin_port = htons(port);
    if (strcmp(address, "localhost") == 0) address = "127.0.0.1";
    return inet_pton(AF_INET, address, &out->sin_addr) == 1 &&
           (ntohl(out->sin_addr.s_addr) >> 24) == 127;
}

bool http_address_check(const char *address, struct error *error) {
    struct sockaddr_in where;
    return loopback_address(address, 0, &where) ||
           error_set(error, ERROR_CONFIG, "http.address=%s is not an IPv4 loopback address",
                     address);
}

struct http *http_open(const char *address, uint16_t port, struct error *error) {
    struct sockaddr_in where;
    if (port == 0) return NULL;
    if (!http_address_check(address, error)) return NULL;
    loopback_address(address, port, &where);
    struct http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the HTTP server");
        return NULL;
    }
    http->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, port, NULL, NULL, serve, NULL,
                                    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&where,
                                    MHD_OPTION_CONNECTION_LIMIT, 64u, MHD_OPTION_CONNECTION_TIMEOUT,
                                    10u, MHD_OPTION_END);
    if (http->daemon != NULL) return http;
    error_set(error, ERROR_CONFIG, "http.port=%u: %s; take another port or 0 for none",
              (unsigned)port, strerror(errno));
    free(http);
    return NULL;
}

void http_close(struct http *http) {
    if (http == NULL) return;
    MHD_stop_daemon(http->daemon);
    free(http);
}
