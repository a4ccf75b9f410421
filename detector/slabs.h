/* SPDX-License-Identifier: Apache-2.0 */
/* Account records in slabs, one a size class. A block is named by a reference: the class in the top
 * three bits and the block's number in it, from 1, so that no reference is 0. Blocks that were
 * given free are holes, and taken first, the smallest number before the others; the class is packed
 * from its top. So which block is taken depends on which are in use, not on how they came to be.
 * Private to the account table. */
#pragma once

#include "detector/account_record.h"
#include "detector/holes.h"

enum { SLAB_NUMBER_BITS = 29 };

/* How many bytes behind the last block may be read. */
enum { SLAB_SLACK = 64 };

struct slab {
    uint8_t *blocks; /* number n is at blocks + n × bytes */
    size_t bytes;    /* of a block */
    size_t reserved, committed;
    size_t floor; /* so much from the start is not given back */
    size_t high;  /* so much from the start may hold memory; in pieces */
    uint32_t top; /* numbers 1 … top are blocks or holes */
    uint32_t deferred;
    struct holes holes;
};

struct slabs {
    struct slab classes[SIZE_CLASSES];
    uint32_t *deferred; /* references */
    size_t deferred_count, deferred_room;
};

static inline uint8_t slabs_class(uint32_t reference) {
    return (uint8_t)(reference >> SLAB_NUMBER_BITS);
}

static inline uint32_t slabs_number(uint32_t reference) {
    return reference & ((UINT32_C(1) << SLAB_NUMBER_BITS) - 1);
}

static inline uint32_t slabs_reference(uint8_t size_class, uint32_t number) {
    return (uint32_t)size_class << SLAB_NUMBER_BITS | number;
}

static inline struct account *slabs_at(const struct slabs *slabs, uint32_t reference) {
    const struct slab *slab = &slabs->classes[slabs_class(reference)];
    return (struct account *)(void *)(slab->blocks + slabs_number(reference) * slab->bytes);
}

/* Reserves room for `limit` bytes in every class. ERROR_FAILED: no address space. */
bool slabs_open(struct slabs *slabs, uint64_t limit, struct error *error);
void slabs_close(struct slabs *slabs);
/* Touches so many bytes: half of them for blocks of CLASS_4, where most accounts are, a quarter
 * each for heads and the class above. Returns a place that has been touched, or NULL. */
const void *slabs_prefault(struct slabs *slabs, uint64_t bytes);

/* Says that the system gives no memory within the limit it was promised, and ends the process: to
 * go on in another way would make the state depend on more than the input. `held`: bytes so far. */
_Noreturn void slabs_refuse(size_t held);

/* A block, whose content is anything. Ends by slabs_refuse when there is no memory. */
uint32_t slabs_take(struct slabs *slabs, uint8_t size_class);
/* Gives a block free at once. */
void slabs_free(struct slabs *slabs, uint32_t reference);
/* Gives it free at the next slabs_settle: it can be read until then. */
void slabs_defer(struct slabs *slabs, uint32_t reference);
void slabs_settle(struct slabs *slabs);
/* The number of a class is a hole. */
bool slabs_is_hole(const struct slabs *slabs, uint32_t reference);

/* Moves the topmost block of the class into a hole: the caller says so to whoever knows `from`.
 * False: there was no hole to fill, or it was the end that was cut off, for this time. */
bool slabs_pack(struct slabs *slabs, uint8_t size_class, uint32_t *from, uint32_t *to);
/* Gives memory above the top back to the system: at most a piece a class. */
void slabs_give_back(struct slabs *slabs);

/* Loading, into slabs that are new: numbers 1 … top of the class, zero. False: more than fit. */
bool slabs_restore(struct slabs *slabs, uint8_t size_class, uint32_t top);
/* What is still zero and not deferred becomes holes. False: what is deferred is not zero. */
bool slabs_restore_holes(struct slabs *slabs, uint8_t size_class);

/* Bytes of blocks in use; of the numbers up to the top. */
uint64_t slabs_bytes_live(const struct slabs *slabs);
uint64_t slabs_bytes_held(const struct slabs *slabs);
uint32_t slabs_live(const struct slabs *slabs, uint8_t size_class);
