/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server over a real socket: what a probe and what Prometheus see. */
#include "tests/support.h"

#include "detector/service/health.h"
#include "detector/service/http.h"
#include "detector/service/metrics.h"

#include <arpa/inet.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct served {
    struct http *http;
    uint16_t port;
};

static int bind_any(uint16_t *port) {
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    const int bound = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(bound, (struct sockaddr *)&where, size), 0);
    assert_int_equal(getsockname(bound, (struct sockaddr *)&where, &size), 0);
    *port = ntohs(where.sin_port);
    return bound;
}

static int serve(void **state) {
    static struct served served;
    struct error error;
    served.http = NULL;
    for (int tries = 0; served.http == NULL && tries < 20; tries++) {
        close(bind_any(&served.port));
        served.http = http_open("127.0.0.1", served.port, &error);
    }
    metrics_reset();
    *state = &served;
    return served.http == NULL;
}

static int end(void **state) {
    http_close(((struct served *)*state)->http);
    return 0;
}

/* One request; *body is the answer's body, to be freed. Returns the status. */
static int ask(void **state, const char *method, const char *path, char **body) {
    const struct served *served = *state;
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_port = htons(served->port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(connection, (struct sockaddr *)&where, sizeof where), 0);
    dprintf(connection, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method,
            path);
    char *answer = calloc(1, 1 << 16);
    size_t used = 0;
    ssize_t got;
    assert_non_null(answer);
    while ((got = read(connection, answer + used, (1 << 16) - 1 - used)) > 0)
        used += (size_t)got;
    close(connection);
    int status = 0;
    assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
    const char *start = strstr(answer, "\r\n\r\n");
    assert_non_null(start);
    if (body != NULL) *body = strdup(start + 4);
    free(answer);
    return status;
}

static void not_ready_before_it_is_live(void **state) {
    assert_int_equal(ask(state, "GET", "/readyz", NULL), 503);
    health_set_ready(true);
    assert_int_equal(ask(state, "GET", "/readyz", NULL), 200);
    health_set_ready(false);
    assert_int_equal(ask(state, "GET", "/readyz", NULL), 503);
}

static void until_it_is_live_it_says_how_far_it_is(void **state) {
    char *body = NULL;
    health_restoring(4123, 10000);
    assert_int_equal(ask(state, "GET", "/readyz", &body), 503);
    assert_string_equal(body, "restoring a snapshot, 41 % (4123 of 10000 accounts)\n");
    free(body);
    health_replaying(77);
    assert_int_equal(ask(state, "GET", "/readyz", &body), 503);
    assert_string_equal(body, "replaying the order log, 77 records so far\n");
    free(body);
    health_set_ready(true);
    assert_int_equal(ask(state, "GET", "/readyz", &body), 200);
    assert_string_equal(body, "ready\n");
    free(body);
    health_set_ready(false);
    assert_int_equal(ask(state, "GET", "/readyz", &body), 503);
    assert_string_equal(body, "not live\n");
    free(body);
}

static void healthy_without_being_ready(void **state) {
    char *body = NULL;
    health_beat();
    assert_int_equal(ask(state, "GET", "/healthz", &body), 200);
    assert_string_equal(body, "alive\n");
    free(body);
}

static void another_path_names_the_three_that_exist(void **state) {
    char *body = NULL;
    assert_int_equal(ask(state, "GET", "/metric", &body), 404);
    assert_non_null(strstr(body, "/metrics"));
    free(body);
}

static void nothing_can_be_changed_over_http(void **state) {
    assert_int_equal(ask(state, "POST", "/readyz", NULL), 405);
    assert_int_equal(ask(state, "DELETE", "/metrics", NULL), 405);
}

static void an_address_beyond_loopback_is_refused(void **state) {
    struct error error = {.code = ERROR_NONE};
    const char *const addresses[] = {"0.0.0.0", "10.0.0.1", "::", "example.org", ""};
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        assert_null(http_open(addresses[i], 1, &error));
        assert_int_equal(error.code, ERROR_CONFIG);
    }
}

static void a_port_that_is_taken_is_a_configuration_error(void **state) {
    struct error error = {.code = ERROR_NONE};
    uint16_t port = 0;
    (void)state;
    const int bound = bind_any(&port);
    assert_int_equal(listen(bound, 1), 0);
    assert_null(http_open("127.0.0.1", port, &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "http.port"));
    close(bound);
}

/* The text format of Prometheus, version 0.0.4, as far as we use it. */

static bool matches(const char *pattern, const char *line) {
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    const bool found = regexec(&compiled, line, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

/* HELP, then TYPE, then the samples of one family, which comes once. */
struct exposition {
    char families[64][96];
    size_t count;
    char kind[16];
    size_t samples;
};

static void begin_family(struct exposition *e, const char *line) {
    char name[96];
    assert_true(e->count == 0 || e->samples > 0);
    assert_int_equal(sscanf(line, "# HELP %95s", name), 1);
    for (size_t i = 0; i < e->count; i++)
        assert_string_not_equal(e->families[i], name);
    memcpy(e->families[e->count++], name, sizeof name);
    e->kind[0] = '\0';
    e->samples = 0;
}

static void take_type(struct exposition *e, const char *line) {
    char name[96];
    assert_string_equal(e->kind, "");
    assert_int_equal(sscanf(line, "# TYPE %95s %15s", name, e->kind), 2);
    assert_string_equal(name, e->families[e->count - 1]);
    const size_t size = strlen(name);
    const bool total = size > 6 && strcmp(name + size - 6, "_total") == 0;
    assert_int_equal(total, strcmp(e->kind, "counter") == 0);
}

static void take_sample(struct exposition *e, const char *line) {
    const char *family = e->families[e->count - 1];
    assert_string_not_equal(e->kind, "");
    assert_int_equal(strcspn(line, "{ "), strlen(family));
    assert_memory_equal(line, family, strlen(family));
    e->samples++;
}

static void take_line(struct exposition *e, const char *line) {
    if (matches("^# HELP saqshy_[a-z_]+ [^\\]+$", line))
        begin_family(e, line);
    else if (matches("^# TYPE saqshy_[a-z_]+ (counter|gauge)$", line))
        take_type(e, line);
    else if (matches("^saqshy_[a-z_]+(\\{[a-z_]+=\"[A-Za-z_]+\"(,[a-z_]+=\"[A-Za-z_]+\")*\\})? "
                     "-?[0-9]+(\\.[0-9]+)?$",
                     line))
        take_sample(e, line);
    else
        fail_msg("not a line of the text format: %s", line);
}

static void metrics_are_in_the_text_format_of_prometheus(void **state) {
    struct exposition exposition = {.count = 0};
    char *body = NULL;
    assert_int_equal(ask(state, "GET", "/metrics", &body), 200);
    assert_true(strlen(body) > 0 && body[strlen(body) - 1] == '\n');
    for (char *rest = body, *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL;)
        take_line(&exposition, line);
    assert_true(exposition.samples > 1);
    assert_int_equal(
        exposition.count,
        METRIC_COUNT + 4); /* verdicts, signals, outcomes and what is taken back of them by label */
    free(body);
}

static void a_count_shows(void **state) {
    char *body = NULL;
    metrics_add(METRIC_RECORDS, 12345);
    metrics_add_verdict(VERDICT_DUPLICATE, 7);
    assert_int_equal(ask(state, "GET", "/metrics", &body), 200);
    assert_non_null(strstr(body, "\nsaqshy_records_total 12345\n"));
    assert_true(matches("saqshy_verdicts_total\\{verdict=\"DUPLICATE\"\\} 7\n", body));
    free(body);
}

static void what_shadow_models_would_have_done_shows(void **state) {
    const uint64_t models[] = {UINT64_C(0x00c0ffee00000001), UINT64_C(0xfeedfeedfeedfeed)};
    char *body = NULL;
    assert_int_equal(ask(state, "GET", "/metrics", &body), 200);
    assert_null(strstr(body, "shadow"));
    free(body);
    metrics_name_shadows(models, 2);
    metrics_add_shadow(SHADOW_ADVISED, 0, 3);
    metrics_add_shadow(SHADOW_DIFFERENCE, 1, 12000045);
    assert_int_equal(ask(state, "GET", "/metrics", &body), 200);
    assert_non_null(strstr(body, "\n# TYPE saqshy_shadow_advised_total counter\n"));
    assert_non_null(strstr(body, "\nsaqshy_shadow_advised_total{model=\"00c0ffee00000001\"} 3\n"));
    assert_non_null(strstr(body, "\nsaqshy_shadow_advised_total{model=\"feedfeedfeedfeed\"} 0\n"));
    assert_non_null(
        strstr(body, "\nsaqshy_shadow_difference_total{model=\"feedfeedfeedfeed\"} 12.000045\n"));
    free(body);
}

static void a_duration_is_in_seconds(void **state) {
    char *body = NULL;
    metrics_set(METRIC_COMMIT_MICROSECONDS_LAST, 12003045);
    assert_int_equal(ask(state, "GET", "/metrics", &body), 200);
    assert_non_null(strstr(body, "\nsaqshy_commit_last_seconds 12.003045\n"));
    free(body);
    metrics_set(METRIC_COMMIT_MICROSECONDS_LAST, 950);
    assert_int_equal(ask(state, "GET", "/metrics", &body), 200);
    assert_non_null(strstr(body, "\nsaqshy_commit_last_seconds 0.000950\n"));
    free(body);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, serve, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(not_ready_before_it_is_live),
        SERVED(until_it_is_live_it_says_how_far_it_is),
        SERVED(healthy_without_being_ready),
        SERVED(another_path_names_the_three_that_exist),
        SERVED(nothing_can_be_changed_over_http),
        cmocka_unit_test(an_address_beyond_loopback_is_refused),
        cmocka_unit_test(a_port_that_is_taken_is_a_configuration_error),
        SERVED(metrics_are_in_the_text_format_of_prometheus),
        SERVED(a_count_shows),
        SERVED(what_shadow_models_would_have_done_shows),
        SERVED(a_duration_is_in_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
