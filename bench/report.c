/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/report.h"

#include "detector/base/build_info.h"
#include "detector/broker/kafka_port.h"
#include "models/score.h"
#include "schemas/ocf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report {
    bool json;
    uint64_t seed;
    char machine[160];
    char versions[400];
};

/* The processor's name as the kernel gives it, and how many there are. */
static void find_machine(char *out, size_t room) {
    char line[256], name[128] = "unknown processor";
    int count = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        count += strncmp(line, "processor", 9) == 0;
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL)
            snprintf(name, sizeof name, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    }
    if (file != NULL) fclose(file);
    snprintf(out, room, "%s x %d", name, count);
}

static void help(const char *purpose, const struct report_flag *flags, size_t count) {
    printf("%s\n\n  --json\n  --seed N (1)\n", purpose);
    for (size_t i = 0; i < count; i++)
        printf("  %s N (%lld): %s\n", flags[i].name, (long long)flags[i].value, flags[i].help);
}

static int64_t *target_of(const char *name, int64_t *seed, struct report_flag *flags,
                          size_t count) {
    if (strcmp(name, "--seed") == 0) return seed;
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, flags[i].name) == 0) return &flags[i].value;
    return NULL;
}

struct report *report_open(const char *purpose, int argc, char **argv, struct report_flag *flags,
                           size_t flag_count) {
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL) exit(1);
    int64_t seed = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            report->json = true;
            continue;
        }
        int64_t *target = target_of(argv[i], &seed, flags, flag_count);
        if (target == NULL || i + 1 == argc) {
            help(purpose, flags, flag_count);
            exit(strcmp(argv[i], "--help") == 0 ? 0 : 2);
        }
        *target = strtoll(argv[++i], NULL, 10);
    }
    report->seed = (uint64_t)seed;
    find_machine(report->machine, sizeof report->machine);
    snprintf(report->versions, sizeof report->versions, "librdkafka %s, %s (%s in use), avro-c %s",
             kafka_port_library(), score_library(), score_core_type(), ocf_library());
    if (!report->json)
        printf("%s\n%s\nsaqshy %s; %s; seed %llu\n\n%-34s %-10s %12s %12s %12s\n", purpose,
               report->machine, build_info_long(), report->versions,
               (unsigned long long)report->seed, "name", "unit", "best", "median", "p99");
    return report;
}

uint64_t report_seed(const struct report *report) {
    return report->seed;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_json(const struct report *report, const char *name, const char *unit, double best,
                       double median, double p99) {
    json_t *row = json_pack("{ss ss sf sf sf ss ss ss sI ss}", "name", name, "unit", unit, "best",
                            best, "median", median, "p99", p99, "machine", report->machine,
                            "compiler", build_info_compiler(), "commit", build_info_commit(),
                            "seed", (json_int_t)report->seed, "versions", report->versions);
    json_dumpf(row, stdout, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(row);
}

static void print(const struct report *report, const char *name, const char *unit, double best,
                  double median, double p99) {
    if (report->json)
        print_json(report, name, unit, best, median, p99);
    else
        printf("%-34s %-10s %12.6g %12.6g %12.6g\n", name, unit, best, median, p99);
    fflush(stdout);
}

static bool more_is_better(const char *unit) {
    const size_t size = strlen(unit);
    return size >= 2 && strcmp(unit + size - 2, "/s") == 0;
}

void report_row(struct report *report, const char *name, const char *unit, double *samples,
                size_t count) {
    qsort(samples, count, sizeof *samples, ascending);
    const size_t far = (count - 1) * 99 / 100;
    const bool up = more_is_better(unit);
    print(report, name, unit, samples[up ? count - 1 : 0], samples[count / 2],
          samples[up ? count - 1 - far : far]);
}

void report_value(struct report *report, const char *name, const char *unit, double value) {
    print(report, name, unit, value, value, value);
}

double report_resident_bytes(void) {
    long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    if (file != NULL) fclose(file);
    return (double)resident * 4096.0;
}

int report_close(struct report *report) {
    free(report);
    return 0;
}
