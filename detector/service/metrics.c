/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/service/metrics.h"

#include <stdatomic.h>
#include <stdbool.h>

static const struct {
    const char *name, *help;
    bool counter;
    int64_t divisor; /* of the number inside, for the one that is printed */
} rows[METRIC_COUNT] = {
#define COUNTER(id, metric_name, text) {metric_name, text, true, 1},
#define GAUGE(id, metric_name, text) {metric_name, text, false, 1},
#define SECONDS(id, metric_name, text) {metric_name, text, false, METRICS_MILLION},
    METRICS_TABLE(COUNTER, GAUGE, SECONDS)
#undef COUNTER
#undef GAUGE
#undef SECONDS
};

static _Atomic int64_t values[METRIC_COUNT];
static _Atomic uint64_t verdicts[VERDICT_COUNT];
static _Atomic uint64_t signals[EFFECT_COUNT];
static _Atomic uint64_t outcomes[OUTCOME_COUNT][ACTION_COUNT];
static _Atomic uint64_t unsaid[OUTCOME_COUNT][ACTION_COUNT];

static const char *const actions[ACTION_COUNT] = {
#define X(name) #name,
    ACTION_TABLE(X)
#undef X
};

static const struct {
    const char *name, *help;
    uint64_t units;
} shadow_rows[SHADOW_METRIC_COUNT] = {
#define X(id, metric_name, text, units) {metric_name, text, units},
    SHADOW_METRICS_TABLE(X)
#undef X
};

static _Atomic uint64_t document_model, document_policy;
static const char *_Atomic documents_by; /* NULL: nothing is in force yet */

static _Atomic uint32_t shadow_count;
static _Atomic uint64_t shadow_models[SCORE_SHADOWS_MAX];
static _Atomic uint64_t shadow_values[SHADOW_METRIC_COUNT][SCORE_SHADOWS_MAX];

void metrics_add(enum metric metric, uint64_t amount) {
    atomic_fetch_add_explicit(&values[metric], (int64_t)amount, memory_order_relaxed);
}

void metrics_set(enum metric metric, int64_t value) {
    atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t metrics_get(enum metric metric) {
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

void metrics_add_verdict(enum verdict verdict, uint64_t amount) {
    atomic_fetch_add_explicit(&verdicts[verdict], amount, memory_order_relaxed);
}

uint64_t metrics_get_verdict(enum verdict verdict) {
    return atomic_load_explicit(&verdicts[verdict], memory_order_relaxed);
}

void metrics_add_signal(enum signal_effect effect, uint64_t amount) {
    atomic_fetch_add_explicit(&signals[effect], amount, memory_order_relaxed);
}

uint64_t metrics_get_signal(enum signal_effect effect) {
    return atomic_load_explicit(&signals[effect], memory_order_relaxed);
}

void metrics_add_outcome(enum outcome_result result, enum action action) {
    atomic_fetch_add_explicit(&outcomes[result][action], 1, memory_order_relaxed);
}

uint64_t metrics_get_outcome(enum outcome_result result, enum action action) {
    return atomic_load_explicit(&outcomes[result][action], memory_order_relaxed);
}

void metrics_add_unsaid(enum outcome_result result, enum action action) {
    atomic_fetch_add_explicit(&unsaid[result][action], 1, memory_order_relaxed);
}

uint64_t metrics_get_unsaid(enum outcome_result result, enum action action) {
    return atomic_load_explicit(&unsaid[result][action], memory_order_relaxed);
}

void metrics_name_documents(uint64_t model, uint64_t policy, const char *by) {
    atomic_store_explicit(&document_model, model, memory_order_relaxed);
    atomic_store_explicit(&document_policy, policy, memory_order_relaxed);
    atomic_store_explicit(&documents_by, by, memory_order_release);
}

void metrics_name_shadows(const uint64_t *models, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        atomic_store_explicit(&shadow_models[i], models[i], memory_order_relaxed);
    atomic_store_explicit(&shadow_count, count, memory_order_release);
}

void metrics_add_shadow(enum shadow_metric metric, uint32_t shadow, uint64_t amount) {
    atomic_fetch_add_explicit(&shadow_values[metric][shadow], amount, memory_order_relaxed);
}

uint64_t metrics_get_shadow(enum shadow_metric metric, uint32_t shadow) {
    return atomic_load_explicit(&shadow_values[metric][shadow], memory_order_relaxed);
}

static void reset_shadows(void) {
    metrics_name_shadows(NULL, 0);
    for (enum shadow_metric m = 0; m < SHADOW_METRIC_COUNT; m++)
        for (uint32_t i = 0; i < SCORE_SHADOWS_MAX; i++)
            atomic_store_explicit(&shadow_values[m][i], 0, memory_order_relaxed);
}

static void reset_outcomes(void) {
    for (enum outcome_result r = 0; r < OUTCOME_COUNT; r++)
        for (enum action a = 0; a < ACTION_COUNT; a++) {
            atomic_store_explicit(&outcomes[r][a], 0, memory_order_relaxed);
            atomic_store_explicit(&unsaid[r][a], 0, memory_order_relaxed);
        }
}

void metrics_reset(void) {
    reset_shadows();
    reset_outcomes();
    atomic_store(&documents_by, NULL);
    for (enum metric m = 0; m < METRIC_COUNT; m++)
        metrics_set(m, 0);
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        atomic_store_explicit(&verdicts[v], 0, memory_order_relaxed);
    for (enum signal_effect e = 0; e < EFFECT_COUNT; e++)
        atomic_store_explicit(&signals[e], 0, memory_order_relaxed);
}

static void print_value(enum metric metric, FILE *out) {
    const long long value = metrics_get(metric), divisor = rows[metric].divisor;
    if (divisor == 1)
        fprintf(out, "saqshy_%s %lld\n", rows[metric].name, value);
    else
        fprintf(out, "saqshy_%s %lld.%06lld\n", rows[metric].name, value / divisor,
                value % divisor);
}

static void print_shadow(enum shadow_metric m, uint32_t shadow, FILE *out) {
    const unsigned long long value = metrics_get_shadow(m, shadow), units = shadow_rows[m].units;
    fprintf(out, "saqshy_%s{model=\"%016llx\"} %llu", shadow_rows[m].name,
            (unsigned long long)atomic_load(&shadow_models[shadow]), value / units);
    if (units > 1) fprintf(out, ".%06llu", value % units);
    fputc('\n', out);
}

static void print_shadows(FILE *out) {
    const uint32_t count = atomic_load_explicit(&shadow_count, memory_order_acquire);
    for (enum shadow_metric m = 0; count > 0 && m < SHADOW_METRIC_COUNT; m++) {
        fprintf(out, "# HELP saqshy_%s %s\n# TYPE saqshy_%s counter\n", shadow_rows[m].name,
                shadow_rows[m].help, shadow_rows[m].name);
        for (uint32_t i = 0; i < count; i++)
            print_shadow(m, i, out);
    }
}

static void print_outcomes(const char *name, const char *help,
                           uint64_t (*get)(enum outcome_result result, enum action action),
                           FILE *out) {
    fprintf(out, "# HELP saqshy_%s %s\n# TYPE saqshy_%s counter\n", name, help, name);
    for (enum outcome_result r = OUTCOME_UNKNOWN + 1; r < OUTCOME_COUNT; r++)
        for (enum action a = 0; a < ACTION_COUNT; a++)
            fprintf(out, "saqshy_%s{result=\"%s\",action=\"%s\"} %llu\n", name,
                    outcome_result_symbols[r], actions[a], (unsigned long long)get(r, a));
}

static void print_documents(FILE *out) {
    const char *by = atomic_load_explicit(&documents_by, memory_order_acquire);
    if (by == NULL) return;
    fprintf(out,
            "# HELP saqshy_documents model and policy in force\n# TYPE saqshy_documents gauge\n"
            "saqshy_documents{model=\"%016llx\",policy=\"%016llx\",by=\"%s\"} 1\n",
            (unsigned long long)atomic_load(&document_model),
            (unsigned long long)atomic_load(&document_policy), by);
}

void metrics_print(FILE *out) {
    for (enum metric m = 0; m < METRIC_COUNT; m++) {
        fprintf(out, "# HELP saqshy_%s %s\n# TYPE saqshy_%s %s\n", rows[m].name, rows[m].help,
                rows[m].name, rows[m].counter ? "counter" : "gauge");
        print_value(m, out);
    }
    fprintf(out, "# HELP saqshy_verdicts_total what became of the input records\n"
                 "# TYPE saqshy_verdicts_total counter\n");
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        fprintf(out, "saqshy_verdicts_total{verdict=\"%s\"} %llu\n", verdict_name(v),
                (unsigned long long)metrics_get_verdict(v));
    fprintf(out, "# HELP saqshy_signals_total what signals did to their table\n"
                 "# TYPE saqshy_signals_total counter\n");
    for (enum signal_effect e = 0; e < EFFECT_COUNT; e++)
        fprintf(out, "saqshy_signals_total{effect=\"%s\"} %llu\n", signal_effect_name(e),
                (unsigned long long)metrics_get_signal(e));
    print_outcomes("outcomes_total", "answers to recommendations", metrics_get_outcome, out);
    print_outcomes("outcomes_taken_back_total", "answers that count no more", metrics_get_unsaid,
                   out);
    print_documents(out);
    print_shadows(out);
}

void metrics_print_markdown(FILE *out) {
    fprintf(out,
            "# Metrics\n\nMade by `saqshy docs metrics`; do not edit. Served at `/metrics`.\n\n"
            "| metric | kind | meaning |\n| --- | --- | --- |\n");
    for (enum metric m = 0; m < METRIC_COUNT; m++)
        fprintf(out, "| `saqshy_%s` | %s | %s |\n", rows[m].name,
                rows[m].counter ? "counter" : "gauge", rows[m].help);
    fprintf(out,
            "| `saqshy_verdicts_total{verdict}` | counter | input records by what became of "
            "them |\n"
            "| `saqshy_signals_total{effect}` | counter | signals by what they did to their "
            "table |\n"
            "| `saqshy_outcomes_total{result,action}` | counter | answers to recommendations by "
            "result and by what was advised, once a revision of the OUTCOME; action UNKNOWN: "
            "none such is known any more |\n"
            "| `saqshy_outcomes_taken_back_total{result,action}` | counter | of them those that "
            "were withdrawn, or in whose place a later revision came, while they counted |\n"
            "| `saqshy_documents{model,policy,by}` | gauge | 1: model and policy in force, by "
            "16 digits of their SHA-256, and who put them there, `files` or `topic` |\n");
    for (enum shadow_metric m = 0; m < SHADOW_METRIC_COUNT; m++)
        fprintf(out, "| `saqshy_%s{model}` | counter | %s |\n", shadow_rows[m].name,
                shadow_rows[m].help);
    fprintf(out, "\n## Verdicts\n\n| verdict | dead letter | meaning |\n| --- | --- | --- |\n");
    for (enum verdict v = 0; v < VERDICT_COUNT; v++)
        fprintf(out, "| `%s` | %s | %s |\n", verdict_name(v),
                verdict_is_dead_letter(v) ? "yes" : "no", verdict_text(v));
    fprintf(out, "\n## Effects of signals\n\n| effect | meaning |\n| --- | --- |\n");
    for (enum signal_effect e = 0; e < EFFECT_COUNT; e++)
        fprintf(out, "| `%s` | %s |\n", signal_effect_name(e), signal_effect_text(e));
}
