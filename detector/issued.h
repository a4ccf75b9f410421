/* SPDX-License-Identifier: Apache-2.0 */
/* Ids under which recommendations were issued, for as long as the event that each began with might
 * be admitted again: none is issued twice. Oldest first, a fixed number at most. Engine thread. */
#pragma once

#include "detector/base/saving.h"
#include "detector/recommendation.h"

struct issued;

/* NULL when memory is short. */
struct issued *issued_open(uint32_t max);
void issued_close(struct issued *issued);

bool issued_has(const struct issued *issued, const char *id);
/* Whether there are `max`. */
bool issued_is_full(const struct issued *issued);
/* One that is not there, while it is not full, at this engine clock, which never goes back. */
void issued_add(struct issued *issued, const char *id, int64_t clock_s);
/* Those whose events are late for a record that comes behind this engine clock. */
void issued_forget(struct issued *issued, int64_t clock_s);

/* Saving those that there are now while others come and go. They come through the sink, each whole,
 * in their order; one that is forgotten meanwhile is saved before. */
void issued_save_begin(struct issued *issued, struct pack *head, const struct pack_sink *sink);
/* Goes on by so many ids; false: there are no more, or one found no space. */
bool issued_save_step(struct issued *issued, uint32_t looks);
/* True when all of them have been saved; ends it in any case. */
bool issued_save_end(struct issued *issued);

/* Loading into one that is new. False: these bytes are no such ids. */
bool issued_load_begin(struct issued *issued, struct unpack *head);
bool issued_load_one(struct issued *issued, struct unpack *record);
bool issued_load_end(const struct issued *issued);
