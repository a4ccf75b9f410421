/* SPDX-License-Identifier: Apache-2.0 */
/* The generator's world. Private to gen_*.c and gen.c. */
#pragma once

#include "detector/gen.h"

#include <stddef.h>

#define DAY_S 86400
#define HOUR_S 3600
#define KZT 100 /* tiyn */

enum role {
    ROLE_SALARIED,
    ROLE_PENSIONER,
    ROLE_STUDENT,
    ROLE_SELLER, /* market seller or taxi driver: paid by P2P all day */
    ROLE_LANDLORD,
    ROLE_MIGRANT, /* new account, sends money home */
    ROLE_CHARITY,
    ROLE_EMPLOYER,
    ROLE_SHOP,
    ROLE_UTILITY,
    ROLE_EXCHANGE, /* buys crypto for its clients */
};

struct person {
    int64_t balance;  /* tiyn */
    uint32_t friends; /* friends are neighbours in the permuted numbering, from here on */
    uint32_t home;    /* employer or landlord */
    int32_t opened_day;
    uint8_t role;     /* enum role */
    uint8_t typology; /* enum gen_typology */
    bool spent;       /* a dropper whose campaign is over */
    int64_t first_bad_s;
    int64_t campaign_s; /* when a dropper's campaign starts */
};

enum { NOBODY = UINT32_MAX };

enum action { ACT_DAY, ACT_PAY, ACT_CAMPAIGN, ACT_SCAM, ACT_EMPTY, ACT_EMIT };

/* One planned happening. */
struct plan_item {
    int64_t time_s;
    uint64_t order; /* ties are broken by the order of planning */
    int64_t amount;
    uint32_t from, to; /* indices of persons, NOBODY for cash and abroad */
    uint32_t held;     /* ACT_EMIT: slot of the transaction that was held back */
    uint8_t action;    /* enum action */
    uint8_t type;      /* enum event_type */
    uint8_t status;    /* enum tx_status */
    bool bad;
    bool call; /* the payer is on the phone meanwhile */
};

struct queue {
    struct plan_item *items;
    size_t count, room;
    uint64_t next_order;
};

enum { HELD_MAX = 256, TOKEN_SIZE = 40 };

/* A transaction with the memory of its texts. */
struct emission {
    struct transaction tx;
    bool bad;
    char event_id[37], tx_id[37];
    char payer[TOKEN_SIZE], payee[TOKEN_SIZE], payer_person[TOKEN_SIZE], payee_person[TOKEN_SIZE];
    char payer_bic[12], payee_bic[12], reporter[12];
};

struct gen {
    struct gen_options options;
    uint64_t random[4];
    struct person *people; /* the people, then the organisations */
    uint32_t count, organisations, employers, shops;
    struct queue queue;
    int64_t now_s, end_s;
    uint64_t emitted;
    struct emission current;
    struct emission held[HELD_MAX];
    bool held_used[HELD_MAX];
    uint32_t *labels; /* indices of droppers */
    uint32_t label_count;
};

/* gen_random.c */
uint64_t gen_random(struct gen *g);
uint32_t gen_below(struct gen *g, uint32_t bound); /* uniform in [0, bound) */
bool gen_chance(struct gen *g, uint32_t per_mille);
int64_t gen_between(struct gen *g, int64_t low, int64_t high); /* uniform in [low, high] */
int64_t gen_amount(struct gen *g, int64_t median_kzt,
                   double sigma); /* lognormal, tiyn, at least 50 KZT */
int64_t gen_round(int64_t tiyn);  /* to 1,000 KZT */

/* gen_queue.c */
bool gen_queue_push(struct queue *queue, struct plan_item item);
bool gen_queue_pop(struct queue *queue, struct plan_item *item);

/* gen_world.c */
bool gen_populate(struct gen *g);
void gen_token(const struct gen *g, const char *kind, uint64_t number, char out[TOKEN_SIZE]);
uint32_t gen_friend(struct gen *g, uint32_t person);
uint32_t gen_shop(struct gen *g);
uint32_t gen_utility(const struct gen *g);
uint32_t gen_exchange(const struct gen *g);

/* gen_life.c */
void gen_plan(struct gen *g, struct plan_item item);
void gen_live_a_day(struct gen *g, uint32_t person, int64_t midnight_s);

/* gen_scheme.c */
void gen_campaign(struct gen *g, const struct plan_item *item);
void gen_scam(struct gen *g, const struct plan_item *item);
void gen_empty(struct gen *g, const struct plan_item *item);
/* A tainted credit has just arrived at a dropper: plans how it leaves. */
void gen_received(struct gen *g, uint32_t dropper);

/* gen_emit.c: posts a payment (balances move) and makes the transaction; false when it cannot be
 * afforded. */
bool gen_post(struct gen *g, const struct plan_item *item, struct emission *out);
