/* SPDX-License-Identifier: Apache-2.0 */
/* Live signals by number, for benchmarks: each about an account that no feed has, every tenth about
 * a phone as well; UUIDs as ids, terms of 30 days and more. */
#pragma once

#include "detector/signal.h"

enum { MADE_START_S = 1767225600 /* they hold from then on */, MADE_TEXT = 64, MADE_PAIR = 10 };

/* Its texts lie in `texts`. */
struct signal made_signal(uint64_t number, char texts[3][MADE_TEXT]);
/* Writes the account that it is about; returns `token`. */
const char *made_signal_account(uint64_t number, char token[MADE_TEXT]);
