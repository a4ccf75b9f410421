/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/panes.h"

#include "detector/account_record.h"

#include <string.h>

/* Such panes together, and a ring, stay far from what 64 bits hold. */
#define NET_MAX (INT64_C(1) << 56)

static int64_t bounded(int64_t net) {
    return net > NET_MAX ? NET_MAX : net < -NET_MAX ? -NET_MAX : net;
}

static void clear(struct panes *p, uint32_t place, uint32_t number) {
    p->number[place] = number;
    p->largest[0][place] = p->largest[1][place] = p->attempts[place] = 0;
    for (int f = 0; f < PANE_FAMILIES; f++) {
        p->count[f][place] = 0;
        p->net[f][place] = 0;
    }
}

/* Families that an event with these bits belongs to, as a mask. */
static uint32_t families_of(uint8_t bits) {
    const bool credit = (bits & BIT_CREDIT) != 0, debit = (bits & BIT_DEBIT) != 0;
    const bool p2p = (bits & BIT_P2P) != 0, cash = (bits & BIT_CASH) != 0;
    return (uint32_t)credit | (uint32_t)debit << 1 | (uint32_t)(credit && p2p) << 2 |
           (uint32_t)(debit && p2p) << 3 | (uint32_t)(debit && cash) << 4;
}

void panes_add(struct panes *p, uint32_t second, uint32_t coded, uint8_t bits) {
    const uint32_t number = second / PANE_S, place = number % PANES;
    if (number < p->number[place]) return;
    if (number > p->number[place]) clear(p, place, number);
    if ((bits & BIT_ATTEMPT) != 0) {
        p->attempts[place]++;
        return;
    }
    const bool reversal = (bits & BIT_REVERSAL) != 0;
    const int64_t amount = reversal ? -amount_of(coded) : amount_of(coded);
    const uint32_t families = families_of(bits);
    for (int f = 0; f < PANE_FAMILIES; f++) {
        if ((families >> f & 1) == 0) continue;
        p->count[f][place] += !reversal;
        p->net[f][place] = bounded(p->net[f][place] + amount);
        if (f < 2 && !reversal && coded > p->largest[f][place]) p->largest[f][place] = coded;
    }
}

static void add_place(const struct panes *p, uint32_t place, int window, struct panes_sum *sum) {
    for (int f = 0; f < PANE_FAMILIES; f++) {
        sum->count[f][window] += p->count[f][place];
        sum->net[f][window] += p->net[f][place];
    }
    for (int side = 0; side < 2; side++)
        if (p->largest[side][place] > sum->largest[side][window])
            sum->largest[side][window] = p->largest[side][place];
    sum->attempts[window] += p->attempts[place];
}

/* Each window has what the one within it has. */
static void widen(struct panes_sum *sum) {
    for (int w = 1; w < PANE_WINDOWS; w++) {
        for (int f = 0; f < PANE_FAMILIES; f++) {
            sum->count[f][w] += sum->count[f][w - 1];
            sum->net[f][w] += sum->net[f][w - 1];
        }
        for (int side = 0; side < 2; side++)
            if (sum->largest[side][w - 1] > sum->largest[side][w])
                sum->largest[side][w] = sum->largest[side][w - 1];
        sum->attempts[w] += sum->attempts[w - 1];
    }
}

void panes_sum(const struct panes *p, int64_t second, const int32_t width_s[PANE_WINDOWS],
               struct panes_sum *sum) {
    memset(sum, 0, sizeof *sum);
    for (uint32_t place = 0; place < PANES; place++) {
        const int64_t start_s = (int64_t)p->number[place] * PANE_S;
        const int64_t age_s = second - (start_s + PANE_S / 2);
        int window = 0;
        if (p->number[place] == 0 || start_s > second) continue;
        while (window < PANE_WINDOWS && age_s >= width_s[window])
            window++;
        if (window < PANE_WINDOWS) add_place(p, place, window, sum);
    }
    widen(sum);
}

bool panes_past(const struct panes *p, int64_t second) {
    for (int place = 0; place < PANES; place++)
        if ((int64_t)p->number[place] * PANE_S >= second) return false;
    return true;
}
