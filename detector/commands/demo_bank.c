/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_bank.h"

#include "detector/commands/account_set.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

enum { HOUR_S = 3600, SOONEST_S = 12 * HOUR_S, SPAN_S = 24 * HOUR_S, MICROS = 1000000 };

struct answer {
    char id[RECOMMENDATION_ID_SIZE + 1], signal_id[37];
    char *account;
    enum outcome_result result;
    bool honest;
    int64_t held_tiyn, issued_us, due_s;
    struct answer *next;
};

struct demo_bank {
    pthread_mutex_t lock;
    struct account_set *droppers;
    struct answer *waiting; /* by due_s */
    struct answer *lent;    /* the last one given: its texts */
    int64_t given;
};

/* Per cent of advice, up to which this becomes of it; UNKNOWN: nobody answers. */
struct share {
    uint32_t up_to;
    enum outcome_result result;
};

static const struct share of_droppers[] = {{16, OUTCOME_UNKNOWN},     {34, OUTCOME_CONFIRMED_FRAUD},
                                           {50, OUTCOME_HELD},        {60, OUTCOME_NO_FUNDS},
                                           {68, OUTCOME_PARTLY_HELD}, {76, OUTCOME_REFUNDED},
                                           {86, OUTCOME_DECLINED},    {100, OUTCOME_RELEASED}};
static const struct share of_honest[] = {{20, OUTCOME_UNKNOWN}, {100, OUTCOME_FALSE_POSITIVE}};

struct demo_bank *demo_bank_new(void) {
    struct demo_bank *b = calloc(1, sizeof *b);
    assert(b != NULL && "out of memory");
    pthread_mutex_init(&b->lock, NULL);
    b->droppers = account_set_new();
    return b;
}

static void free_answer(struct answer *a) {
    if (a != NULL) free(a->account);
    free(a);
}

void demo_bank_free(struct demo_bank *b) {
    if (b == NULL) return;
    struct answer *a, *next;
    LL_FOREACH_SAFE(b->waiting, a, next)
    free_answer(a);
    free_answer(b->lent);
    account_set_free(b->droppers);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

void demo_bank_know(struct demo_bank *b, struct text account_token) {
    pthread_mutex_lock(&b->lock);
    account_set_add(b->droppers, account_token, 0);
    pthread_mutex_unlock(&b->lock);
}

/* Eight digits of the id from `place` on. */
static uint32_t drawn(const char *id, size_t place) {
    char digits[9];
    snprintf(digits, sizeof digits, "%.8s", id + place);
    return (uint32_t)strtoul(digits, NULL, 16);
}

static enum outcome_result result_of(const struct share *shares, const char *id) {
    const uint32_t per_cent = drawn(id, 0) % 100;
    while (per_cent >= shares->up_to)
        shares++;
    return shares->result;
}

static int64_t held_of(const struct recommendation *r, enum outcome_result result) {
    const int64_t asked_tiyn =
        r->hold_amount_present ? r->hold_amount_kzt_minor : r->at_risk_kzt_minor;
    if (result == OUTCOME_HELD) return asked_tiyn;
    return result == OUTCOME_PARTLY_HELD ? asked_tiyn / 2 : 0;
}

static struct answer *answer_to(const struct recommendation *r, enum outcome_result result) {
    struct answer *a = calloc(1, sizeof *a);
    assert(a != NULL && "out of memory");
    memcpy(a->id, r->id, sizeof a->id);
    snprintf(a->signal_id, sizeof a->signal_id, "%.8s-%.4s-%.4s-%.4s-%.12s", r->id, r->id + 8,
             r->id + 12, r->id + 16, r->id + 20);
    a->account = strndup(r->target_account_token.data, r->target_account_token.size);
    assert(a->account != NULL && "out of memory");
    a->result = result;
    a->held_tiyn = held_of(r, result);
    a->issued_us = r->issued_at_us;
    a->due_s = r->issued_at_us / MICROS + SOONEST_S + drawn(r->id, 8) % SPAN_S;
    return a;
}

static int earlier(const struct answer *a, const struct answer *b) {
    return (a->due_s > b->due_s) - (a->due_s < b->due_s);
}

void demo_bank_take(struct demo_bank *b, const struct recommendation *r) {
    int64_t ignored;
    if (r->state != RECOMMENDATION_ISSUED) return;
    pthread_mutex_lock(&b->lock);
    const bool honest = !account_set_find(b->droppers, r->target_account_token, &ignored);
    const enum outcome_result result = result_of(honest ? of_honest : of_droppers, r->id);
    if (result != OUTCOME_UNKNOWN) {
        struct answer *a = answer_to(r, result);
        a->honest = honest;
        LL_INSERT_INORDER(b->waiting, a, earlier);
    }
    pthread_mutex_unlock(&b->lock);
}

static void fill(const struct answer *a, struct signal *s) {
    const int64_t due_us = a->due_s * MICROS;
    *s = (struct signal){
        .signal_id = text_of(a->signal_id),
        .category = text_of("answer"),
        .recommendation_id = text_of(a->id),
        .held_amount_present = a->held_tiyn > 0,
        .held_amount_kzt_minor = a->held_tiyn,
        .occurred_at_present = true,
        .occurred_at_us = a->issued_us,
        .occurred_at_s = a->issued_us / MICROS,
        .reported_at_us = due_us,
        .reported_at_s = a->due_s,
        .valid_from_us = due_us,
        .valid_from_s = a->due_s,
        .revision = 1,
        .outcome_present = true,
        .outcome_result = (uint8_t)a->result,
        .kind = SIGNAL_OUTCOME,
        .source = SOURCE_BANK,
        .list_colour = COLOUR_NULL,
        .confidence = CONFIDENCE_CONFIRMED,
        .subject_count = 1,
        .subjects = {{.token = text_of(a->account),
                      .type = SUBJECT_ACCOUNT,
                      .role = a->honest ? ROLE_OTHER : ROLE_DROPPER}},
    };
}

bool demo_bank_answer(struct demo_bank *b, int64_t now_s, struct signal *answer) {
    pthread_mutex_lock(&b->lock);
    struct answer *a = b->waiting;
    const bool due = a != NULL && a->due_s <= now_s;
    if (due) {
        LL_DELETE(b->waiting, a);
        free_answer(b->lent);
        b->lent = a;
        b->given++;
        fill(a, answer);
    }
    pthread_mutex_unlock(&b->lock);
    return due;
}

int64_t demo_bank_given(struct demo_bank *b) {
    pthread_mutex_lock(&b->lock);
    const int64_t given = b->given;
    pthread_mutex_unlock(&b->lock);
    return given;
}
