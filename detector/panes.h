/* SPDX-License-Identifier: Apache-2.0 */
/* What a hot account keeps of the events that its full ring had to give up: sums over panes of six
 * hours by event time. Windows of six hours and more add the panes whose middle lies within them;
 * the features that do are marked APPROXIMATE. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PANES = 32, PANE_S = 6 * 3600, PANE_FAMILIES = 5, PANE_WINDOWS = 4 };

/* By place, pane number % PANES; a place holds one pane. Families: in, out, P2P in, P2P out, cash
 * out. */
struct panes {
    uint32_t number[PANES];               /* event second / PANE_S; 0: none */
    uint32_t count[PANE_FAMILIES][PANES]; /* settled */
    uint32_t largest[2][PANES];           /* settled credit, debit; coded amounts */
    uint32_t attempts[PANES];
    int64_t net[PANE_FAMILIES][PANES]; /* tiyn, settled less reversed */
};

/* One event; `bits` are those of account_record.h. */
void panes_add(struct panes *panes, uint32_t second, uint32_t coded_amount, uint8_t bits);

/* Over windows that each lie within the next. */
struct panes_sum {
    uint64_t count[PANE_FAMILIES][PANE_WINDOWS];
    int64_t net[PANE_FAMILIES][PANE_WINDOWS];
    uint32_t largest[2][PANE_WINDOWS];
    uint64_t attempts[PANE_WINDOWS];
};
void panes_sum(const struct panes *panes, int64_t second, const int32_t width_s[PANE_WINDOWS],
               struct panes_sum *sum);
/* Whether all panes began before `second`. */
bool panes_past(const struct panes *panes, int64_t second);
