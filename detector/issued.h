/* SPDX-License-Identifier: Apache-2.0 */
/* Ids under which recommendations were issued, for as long as the event that each began with might
 * be admitted again: none is issued twice. Oldest first, a fixed number at most. Engine thread. */
#pragma once

#include "detector/base/pack.h"
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

void issued_save(const struct issued *issued, struct pack *pack);
/* Into one that is new. */
bool issued_load(struct issued *issued, struct unpack *unpack);
