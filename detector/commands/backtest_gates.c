/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_gates.h"

#include "detector/base/files.h"
#include "detector/base/nearest.h"

#include <jansson.h>

static const char *const names[] = {
#define X(name, at_least, labels, compare, figure) #name,
    BACKTEST_GATES_TABLE(X)
#undef X
};

static const struct {
    bool at_least, labels, compare;
} kinds[] = {
#define X(name, at_least, labels, compare, figure) {at_least, labels, compare},
    BACKTEST_GATES_TABLE(X)
#undef X
};

static int find(const char *name) {
    for (int i = 0; i < BACKTEST_GATE_COUNT; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

static bool fail_name(const char *path, const char *name, struct error *error) {
    const char *near = nearest(name, names, BACKTEST_GATE_COUNT);
    return error_set(error, ERROR_CONFIG, "%s: %s is no gate%s%s", path, name,
                     near == NULL ? "; docs/MODEL_WORKFLOW.md lists them" : "; did you mean ",
                     near == NULL ? "" : near);
}

struct circumstances {
    const char *path;
    bool labelled, compared;
};

static bool take(struct backtest_gates *gates, const struct circumstances *c, const char *name,
                 const json_t *value, struct error *error) {
    const int i = find(name);
    if (i < 0) return fail_name(c->path, name, error);
    if (!json_is_number(value))
        return error_set(error, ERROR_CONFIG, "%s: %s takes a number", c->path, name);
    if (kinds[i].labels && !c->labelled)
        return error_set(error, ERROR_USAGE, "%s: %s can be judged with --labels only", c->path,
                         name);
    if (kinds[i].compare && !c->compared)
        return error_set(error, ERROR_USAGE, "%s: %s can be judged with --compare only", c->path,
                         name);
    gates->gates[i] = (struct backtest_gate){.name = names[i],
                                             .wanted = true,
                                             .at_least = kinds[i].at_least,
                                             .bound = json_number_value(value)};
    return true;
}

static bool take_all(struct backtest_gates *gates, const struct circumstances *c, json_t *document,
                     struct error *error) {
    const char *name;
    json_t *value;
    if (!json_is_object(document) || json_object_size(document) == 0)
        return error_set(error, ERROR_CONFIG, "%s: an object is due, as {\"%s\": 20}", c->path,
                         names[BACKTEST_GATE_wrong_freezes_at_most]);
    json_object_foreach(document, name,
                        value) if (!take(gates, c, name, value, error)) return false;
    return true;
}

bool backtest_gates_load(struct backtest_gates *gates, const char *path, bool labelled,
                         bool compared, struct error *error) {
    const struct circumstances circumstances = {path, labelled, compared};
    json_error_t why;
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    json_t *document = json_loadf(file, JSON_REJECT_DUPLICATES, &why);
    fclose(file);
    if (document == NULL)
        return error_set(error, ERROR_CONFIG, "%s:%d: %s", path, why.line, why.text);
    const bool ok = take_all(gates, &circumstances, document, error);
    json_decref(document);
    return ok;
}

/* `c` may be NULL: then no gate that reads it is wanted. */
static void measure(double out[BACKTEST_GATE_COUNT], const struct backtest_figures *f,
                    const struct backtest_comparison *c) {
    static const struct backtest_comparison none;
    if (c == NULL) c = &none;
    const double figures[] = {
#define X(name, at_least, labels, compare, figure) figure,
        BACKTEST_GATES_TABLE(X)
#undef X
    };
    memcpy(out, figures, sizeof figures);
}

int backtest_gates_judge(struct backtest_gates *gates, const struct backtest_figures *figures,
                         const struct backtest_comparison *comparison) {
    double measured[BACKTEST_GATE_COUNT];
    int missed = 0;
    measure(measured, figures, comparison);
    for (int i = 0; i < BACKTEST_GATE_COUNT; i++) {
        struct backtest_gate *gate = &gates->gates[i];
        if (!gate->wanted) continue;
        gate->figure = measured[i];
        gate->met = gate->at_least ? gate->figure >= gate->bound : gate->figure <= gate->bound;
        missed += !gate->met;
    }
    return missed;
}
