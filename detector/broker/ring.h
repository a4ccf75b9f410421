/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of pointers from one thread to another, without a lock. What was written before
 * the push is seen after the pop. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_SLOTS = 8 }; /* a power of two */

struct ring {
    _Alignas(64) _Atomic uint32_t head; /* of the popping thread */
    _Alignas(64) _Atomic uint32_t tail; /* of the pushing thread */
    void *slots[RING_SLOTS];
};

/* False: it is full. */
static inline bool ring_push(struct ring *ring, void *item) {
    const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) == RING_SLOTS) return false;
    ring->slots[tail % RING_SLOTS] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

/* NULL: it is empty. */
static inline void *ring_pop(struct ring *ring) {
    const uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&ring->tail, memory_order_acquire)) return NULL;
    void *item = ring->slots[head % RING_SLOTS];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}
