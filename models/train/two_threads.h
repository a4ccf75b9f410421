/* SPDX-License-Identifier: Apache-2.0 */
/* Two halves of a work at once, where the machine has two cores. Private to models/train/. */
#pragma once

/* work(a) and work(b), which share nothing that one of them writes; returns when both are done. */
void two_threads(void *(*work)(void *), void *a, void *b);
