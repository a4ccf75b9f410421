/* SPDX-License-Identifier: Apache-2.0 */
/* What lies between the reader thread and the engine thread: the ring, and the bell that wakes. */
#include "tests/support.h"

#include "detector/broker/bell.h"
#include "detector/broker/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { ITEMS = 200000 };

struct stretch {
    struct ring there, back;
    struct bell taker, giver;
    uint64_t items[RING_SLOTS];
};

static void a_ring_holds_so_many_and_gives_them_in_order(void **state) {
    (void)state;
    static struct ring ring;
    static int items[RING_SLOTS + 1];
    for (int round = 0; round < 3; round++) {
        assert_null(ring_pop(&ring));
        for (int i = 0; i < RING_SLOTS; i++)
            assert_true(ring_push(&ring, &items[i]));
        assert_false(ring_push(&ring, &items[RING_SLOTS]));
        assert_ptr_equal(ring_pop(&ring), &items[0]);
        assert_true(ring_push(&ring, &items[RING_SLOTS]));
        for (int i = 1; i <= RING_SLOTS; i++)
            assert_ptr_equal(ring_pop(&ring), &items[i]);
    }
}

static void *pop_awake(struct ring *ring, struct bell *bell) {
    void *item;
    while ((item = ring_pop(ring)) == NULL)
        bell_wait(bell, -1);
    return item;
}

/* Numbers the items that come back and sends them again. */
static void *give(void *context) {
    struct stretch *link = context;
    for (uint64_t i = 0; i < ITEMS; i++) {
        uint64_t *item = pop_awake(&link->back, &link->giver);
        *item = i;
        if (!ring_push(&link->there, item)) abort();
        bell_ring(&link->taker);
    }
    return NULL;
}

/* A bell that loses a ring leaves both asleep for ever. */
static void what_one_thread_sends_another_takes_whole_and_in_order(void **state) {
    (void)state;
    static struct stretch link;
    pthread_t giver;
    assert_true(bell_open(&link.taker) && bell_open(&link.giver));
    for (int i = 0; i < RING_SLOTS; i++)
        assert_true(ring_push(&link.back, &link.items[i]));
    assert_int_equal(pthread_create(&giver, NULL, give, &link), 0);
    for (uint64_t i = 0; i < ITEMS; i++) {
        uint64_t *item = pop_awake(&link.there, &link.taker);
        if (*item != i)
            fail_msg("%llu came as number %llu", (unsigned long long)*item, (unsigned long long)i);
        assert_true(ring_push(&link.back, item));
        bell_ring(&link.giver);
        if (i % 1000 == 0) sched_yield();
    }
    pthread_join(giver, NULL);
    assert_null(ring_pop(&link.there));
    bell_close(&link.taker);
    bell_close(&link.giver);
}

static void a_ring_before_the_wait_ends_it(void **state) {
    (void)state;
    struct bell bell;
    assert_true(bell_open(&bell));
    bell_ring(&bell);
    bell_wait(&bell, -1);
    bell_wait(&bell, 0);
    bell_ring(&bell);
    bell_ring(&bell);
    bell_wait(&bell, -1);
    bell_close(&bell);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_holds_so_many_and_gives_them_in_order),
        cmocka_unit_test(what_one_thread_sends_another_takes_whole_and_in_order),
        cmocka_unit_test(a_ring_before_the_wait_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
