/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap of plan items, earliest first. */
#include "detector/generator/gen_internal.h"

#include <stdlib.h>

static bool before(const struct plan_item *a, const struct plan_item *b) {
    return a->time_s != b->time_s ? a->time_s < b->time_s : a->order < b->order;
}

static void swap(struct plan_item *a, struct plan_item *b) {
    const struct plan_item kept = *a;
    *a = *b;
    *b = kept;
}

bool gen_queue_push(struct queue *q, struct plan_item item) {
    if (q->count == q->room) {
        const size_t room = q->room == 0 ? 1024 : 2 * q->room;
        struct plan_item *items = realloc(q->items, room * sizeof *items);
        if (items == NULL) return false;
        q->items = items;
        q->room = room;
    }
    item.order = q->next_order++;
    size_t i = q->count++;
    q->items[i] = item;
    for (; i > 0 && before(&q->items[i], &q->items[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&q->items[i], &q->items[(i - 1) / 2]);
    return true;
}

bool gen_queue_pop(struct queue *q, struct plan_item *item) {
    if (q->count == 0) return false;
    *item = q->items[0];
    q->items[0] = q->items[--q->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < q->count; child++)
            if (before(&q->items[child], &q->items[least])) least = child;
        if (least == i) return true;
        swap(&q->items[i], &q->items[least]);
        i = least;
    }
}
