/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fiber.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK_BYTES = 1 << 20, KEPT_MAX = 64 };

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define WITH_ASAN 1
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif

struct fiber {
    ucontext_t context, caller;
    void (*run)(void *context_of_run);
    void *run_context;
    void *stack;
    bool ended;
    /* The sanitizers'. */
    void *sanitizer_fiber, *sanitizer_caller, *fake_stack;
    const void *caller_stack;
    size_t caller_stack_bytes;
};

static struct fiber *present;
static void *kept[KEPT_MAX];
static int kept_count;

/* A sanitizer wants to know which stack is in use. */
#ifdef WITH_ASAN
static void *leaving(const void *stack, size_t bytes, bool for_good) {
    void *fake = NULL;
    __sanitizer_start_switch_fiber(for_good ? NULL : &fake, stack, bytes);
    return fake;
}
static void arrived(void *fake, const void **stack, size_t *bytes) {
    __sanitizer_finish_switch_fiber(fake, stack, bytes);
}
#else
static void *leaving(const void *stack, size_t bytes, bool for_good) {
    (void)stack;
    (void)bytes;
    (void)for_good;
    return NULL;
}
static void arrived(void *fake, const void **stack, size_t *bytes) {
    (void)fake;
    (void)stack;
    (void)bytes;
}
#endif

#ifdef WITH_TSAN
static void note_new(struct fiber *f) {
    f->sanitizer_fiber = __tsan_create_fiber(0);
}
static void note_freed(struct fiber *f) {
    __tsan_destroy_fiber(f->sanitizer_fiber);
}
static void note_resumed(struct fiber *f) {
    f->sanitizer_caller = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->sanitizer_fiber, 0);
}
static void note_paused(struct fiber *f) {
    __tsan_switch_to_fiber(f->sanitizer_caller, 0);
}
#else
static void note_new(struct fiber *f) {
    (void)f;
}
static void note_freed(struct fiber *f) {
    (void)f;
}
static void note_resumed(struct fiber *f) {
    (void)f;
}
static void note_paused(struct fiber *f) {
    (void)f;
}
#endif

static void *take_stack(void) {
    if (kept_count > 0) return kept[--kept_count];
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    assert(stack != MAP_FAILED);
    return stack;
}

static void give_stack(void *stack) {
    if (kept_count < KEPT_MAX)
        kept[kept_count++] = stack;
    else
        munmap(stack, STACK_BYTES);
}

static void begin(void) {
    struct fiber *f = present;
    arrived(NULL, &f->caller_stack, &f->caller_stack_bytes);
    f->run(f->run_context);
    f->ended = true;
    leaving(f->caller_stack, f->caller_stack_bytes, true);
    note_paused(f);
    swapcontext(&f->context, &f->caller);
}

struct fiber *fiber_new(void (*run)(void *context), void *context) {
    struct fiber *f = calloc(1, sizeof *f);
    assert(f != NULL);
    f->run = run;
    f->run_context = context;
    f->stack = take_stack();
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&f->context, begin, 0);
    note_new(f);
    return f;
}

void fiber_free(struct fiber *f) {
    if (f == NULL) return;
    note_freed(f);
    give_stack(f->stack);
    free(f);
}

void fiber_resume(struct fiber *f) {
    assert(present == NULL && !f->ended);
    present = f;
    void *fake = leaving(f->stack, STACK_BYTES, false);
    note_resumed(f);
    swapcontext(&f->caller, &f->context);
    arrived(fake, &(const void *){NULL}, &(size_t){0});
    present = NULL;
}

void fiber_pause(void) {
    struct fiber *f = present;
    f->fake_stack = leaving(f->caller_stack, f->caller_stack_bytes, false);
    note_paused(f);
    swapcontext(&f->context, &f->caller);
    arrived(f->fake_stack, &f->caller_stack, &f->caller_stack_bytes);
}

struct fiber *fiber_present(void) {
    return present;
}

bool fiber_ended(const struct fiber *f) {
    return f->ended;
}
