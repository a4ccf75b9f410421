/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_world.h"

#include "detector/base/steady.h"
#include "tests/fiber.h"
#include "tests/sample.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { OF = 10000, TURNS_MAX = 1000000 };

struct sim_task {
    struct sim_task *next;
    struct fiber *fiber;
    int64_t until_ms, frozen_until_ms;
    uint32_t process; /* the same for a task and those that it started */
    bool woken;
};

static const struct sim_world *last_made;

static const struct {
    const char *name;
    uint32_t often;
} faults[] = {
#define X(name, often, text) {#name, often},
    SIM_FAULTS(X)
#undef X
};

const char *sim_fault_name(enum sim_fault fault) {
    return faults[fault].name;
}

/* Half of the kinds are left out; one is frequent. */
static void draw_rates(struct sim_world *w) {
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        if (chance_is(&w->chance, 50)) w->rates[f] = faults[f].often;
    const uint32_t favourite = chance_below(&w->chance, SIM_FAULT_COUNT);
    const uint32_t rate = 5 * faults[favourite].often;
    w->rates[favourite] = rate < OF ? rate : OF;
}

void sim_world_init(struct sim_world *w, uint64_t seed) {
    *w = (struct sim_world){
        .seed = seed, .chance = {seed}, .now_ms = (int64_t)SAMPLE_START_S * 1000};
    draw_rates(w);
    last_made = w;
}

int64_t steady_ns(void) {
    return last_made == NULL ? 0 : last_made->now_ms * 1000000;
}

bool sim_fault(struct sim_world *w, enum sim_fault fault) {
    if (w->quiet || w->rates[fault] == 0 || chance_below(&w->chance, OF) >= w->rates[fault])
        return false;
    w->injected[fault]++;
    return true;
}

void sim_fail(struct sim_world *w, const char *format, ...) {
    if (w->failure[0] != '\0') return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->failure, sizeof w->failure, format, arguments);
    va_end(arguments);
}

int64_t sim_between(struct sim_world *w, int64_t low, int64_t high) {
    return low + (int64_t)(chance_bits(&w->chance) % (uint64_t)(high - low + 1));
}

struct sim_task *sim_task_start(struct sim_world *w, void (*run)(void *context), void *context) {
    struct sim_task *task = calloc(1, sizeof *task);
    assert(task != NULL);
    task->fiber = fiber_new(run, context);
    task->until_ms = w->now_ms;
    const struct sim_task *present = sim_task_present(w);
    task->process = present == NULL ? ++w->processes : present->process;
    task->next = w->tasks;
    w->tasks = task;
    return task;
}

struct sim_task *sim_task_present(struct sim_world *w) {
    const struct fiber *fiber = fiber_present();
    for (struct sim_task *task = w->tasks; fiber != NULL && task != NULL; task = task->next)
        if (task->fiber == fiber) return task;
    return NULL;
}

bool sim_task_ended(const struct sim_task *task) {
    return fiber_ended(task->fiber);
}

void sim_task_free(struct sim_world *w, struct sim_task *task) {
    struct sim_task **at = &w->tasks;
    assert(sim_task_ended(task));
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    fiber_free(task->fiber);
    free(task);
}

void sim_sleep(struct sim_world *w, int64_t ms) {
    struct sim_task *task = sim_task_present(w);
    if (task == NULL) return;
    task->until_ms = w->now_ms + ms;
    fiber_pause();
    task->woken = false;
}

void sim_wake(struct sim_task *task) {
    task->woken = true;
}

void sim_freeze(struct sim_world *w, const struct sim_task *task, int64_t until_ms) {
    for (struct sim_task *each = w->tasks; each != NULL; each = each->next)
        if (each->process == task->process) each->frozen_until_ms = until_ms;
}

static int64_t ready_ms(const struct sim_world *w, const struct sim_task *task) {
    const int64_t awake_ms = task->woken ? w->now_ms : task->until_ms;
    return awake_ms > task->frozen_until_ms ? awake_ms : task->frozen_until_ms;
}

/* One of those that are ready, each as likely. */
static struct sim_task *choose(struct sim_world *w, int64_t *first_ms) {
    struct sim_task *chosen = NULL;
    uint32_t ready = 0;
    for (struct sim_task *task = w->tasks; task != NULL; task = task->next) {
        if (sim_task_ended(task)) continue;
        const int64_t at_ms = ready_ms(w, task);
        if (at_ms < *first_ms) *first_ms = at_ms;
        if (at_ms <= w->now_ms && chance_below(&w->chance, ++ready) == 0) chosen = task;
    }
    return chosen;
}

void sim_turn(struct sim_world *w, int64_t ms) {
    int64_t first_ms = w->now_ms + ms;
    struct sim_task *task = choose(w, &first_ms);
    if (task == NULL) {
        w->now_ms = first_ms;
        w->turns_now = 0;
        return;
    }
    w->turns++;
    if (++w->turns_now > TURNS_MAX) sim_fail(w, "a task turns in a circle, and no time passes");
    fiber_resume(task->fiber);
}
