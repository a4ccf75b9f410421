/* SPDX-License-Identifier: Apache-2.0 */
/* The generator's world. Private to gen_*.c and gen.c. */
#pragma once

#include "detector/generator/gen.h"
#include "detector/recommendation.h"

#include <stddef.h>

#define DAY_S 86400
#define HOUR_S 3600
#define KZT 100 /* tiyn */

enum role {
    ROLE_SALARIED,
    ROLE_PENSIONER,
    ROLE_STUDENT,
    ROLE_SELLER, /* market seller: paid by P2P all day, keeps the takings overnight */
    ROLE_TAXI,   /* the same with small sums, and takes the day's money as cash */
    ROLE_LANDLORD,
    ROLE_MIGRANT, /* new account, sends money home */
    ROLE_CHARITY,
    ROLE_SPARE, /* a second account of somebody, fed by own transfers */
    ROLE_EMPLOYER,
    ROLE_SHOP,
    ROLE_UTILITY,
    ROLE_FUND,     /* pays pensions */
    ROLE_LENDER,   /* pays out loans */
    ROLE_EXCHANGE, /* sells crypto to its clients */
};

/* What an honest account has been through; bits of person.past. */
enum past {
    PAST_FEAST = 1,
    PAST_COLLECTION = 2,
    PAST_PURCHASE = 4,
    PAST_LOAN = 8,
    PAST_SALE = 16,
    PAST_REPAID = 32,
    PAST_VICTIM = 64,
};

struct person {
    int64_t balance;    /* tiyn */
    uint32_t friends;   /* friends are neighbours in the numbering, from here on */
    uint32_t home;      /* employer */
    uint32_t owner;     /* whose account it is: mostly the same number */
    uint32_t household; /* who share a phone and a device */
    uint32_t label;     /* a dropper's place in `labels` */
    uint32_t crew;      /* those who run a dropper; NOBODY */
    int32_t opened_day; /* local days since 1970 */
    uint8_t role;       /* enum role */
    uint8_t typology;   /* enum gen_typology */
    uint8_t bank;       /* 0 to BANKS - 1 */
    bool quiet;         /* an account in little use */
    bool handed_over;   /* a dropper's account that its crew operates */
    bool spent;         /* a dropper whose campaign is over */
    bool passed_on;     /* a dropper who has sent tainted money on */
    uint8_t past;       /* of enum past */
    int64_t first_bad_s;
    int64_t campaign_s; /* when a dropper's campaign starts */
};

enum { NOBODY = UINT32_MAX, BANKS = 10 };

enum happening { ACT_DAY, ACT_PAY, ACT_CAMPAIGN, ACT_SCAM, ACT_EMPTY, ACT_EMIT };

/* One planned happening. */
struct plan_item {
    int64_t time_s;
    uint64_t order;       /* ties are broken by the order of planning */
    uint64_t instruction; /* a status change of this instruction; 0: a new one */
    int64_t amount;
    uint32_t from, to; /* indices of persons, NOBODY for cash and abroad */
    uint32_t held;     /* ACT_EMIT: slot of the transaction that was held back */
    uint8_t action;    /* enum happening */
    uint8_t type;      /* enum event_type */
    uint8_t status;    /* enum tx_status */
    bool bad;
    bool call;           /* the payer is on the phone meanwhile */
    bool confirmed;      /* the bank had stopped it and the client had that undone */
    bool short_of_money; /* why it was refused */
};

struct queue {
    struct plan_item *items;
    size_t count, room;
    uint64_t next_order;
};

enum { TOKEN_SIZE = 40 };

/* A transaction with the memory of its texts. */
struct emission {
    struct transaction tx;
    bool bad;
    char event_id[37], tx_id[37];
    char payer[TOKEN_SIZE], payee[TOKEN_SIZE], payer_person[TOKEN_SIZE], payee_person[TOKEN_SIZE];
    char payer_phone[TOKEN_SIZE], payee_phone[TOKEN_SIZE];
    char device[TOKEN_SIZE], ip[TOKEN_SIZE], terminal[TOKEN_SIZE];
    char payer_bic[12], payee_bic[12];
};

/* Something that somebody outside will say of what happened. */
struct saying {
    int64_t time_s;       /* when it is reported */
    int64_t occurred_s;   /* 0: not given */
    int64_t amount;       /* tiyn; 0: not given */
    int64_t term_s;       /* it is in force for so long; 0: no end is given */
    uint64_t number;      /* of the happening that made it known; with kind and nth it is the id */
    uint64_t instruction; /* the payment it is about; 0: none */
    uint64_t event;       /* number of the event that told of it, */
    int64_t event_us;     /* and its time */
    uint32_t about;       /* whom it speaks of; NOBODY */
    uint32_t victim;      /* NOBODY */
    uint32_t crew;        /* whose callers called; NOBODY */
    uint8_t nth;
    uint8_t kind, source, confidence, colour, result; /* enums of signal.h */
    uint8_t withdrawn; /* of a WITHDRAWAL: kind of what it takes back */
    uint8_t revision;
};

enum { TOLD_SUBJECTS = 4 };

/* A signal with the memory of its texts. */
struct utterance {
    struct signal signal;
    char id[37], withdrawn[37], tx_id[37], event_id[37];
    char recommendation[RECOMMENDATION_ID_SIZE + 1];
    char tokens[TOLD_SUBJECTS][TOKEN_SIZE];
    char called[TOKEN_SIZE], operator[16];
};

struct gen {
    struct gen_options options;
    uint64_t random[4];
    struct person *people; /* the people, then the organisations */
    uint32_t count, employers, shops;
    struct queue queue;
    int64_t now_s, end_s;
    uint64_t emitted, instructions;
    int64_t last_event_us;
    struct emission current;
    struct emission *held; /* late and repeated transactions on their way */
    uint32_t *held_free;   /* a stack of free slots */
    uint32_t held_free_count;
    uint32_t *labels; /* indices of droppers, crew by crew */
    uint32_t label_count;
    struct queue told;      /* when; `held` is the place in: */
    struct saying *sayings; /* that are still to be said */
    uint32_t *sayings_free; /* a stack of free places */
    uint32_t saying_room, sayings_free_count;
    struct utterance utterance;
    bool failed; /* memory ran short */
};

/* gen_random.c */
uint64_t gen_random(struct gen *g);
uint32_t gen_below(struct gen *g, uint32_t bound); /* uniform in [0, bound) */
bool gen_chance(struct gen *g, uint32_t per_mille);
int64_t gen_between(struct gen *g, int64_t low, int64_t high); /* uniform in [low, high] */
int64_t gen_amount(struct gen *g, int64_t median_kzt,
                   double sigma); /* lognormal, tiyn, at least 50 KZT */
int64_t gen_round(int64_t tiyn);  /* down to 1,000 KZT, at least that */
/* A property of number `number` that is fixed for the seed and draws nothing. */
uint64_t gen_trait(const struct gen *g, const char *what, uint64_t number);

/* gen_queue.c */
bool gen_queue_push(struct queue *queue, struct plan_item item);
bool gen_queue_pop(struct queue *queue, struct plan_item *item);

/* gen_world.c */
bool gen_populate(struct gen *g);
int32_t gen_local_day(int64_t second);
uint32_t gen_friend(struct gen *g, uint32_t person);
uint32_t gen_shop(struct gen *g);
uint32_t gen_organisation(const struct gen *g, enum role role); /* one of which there is only one */

/* gen_life.c */
/* Within the feed's days; sets `failed` when memory is short. Status UNKNOWN means SETTLED. */
void gen_plan(struct gen *g, struct plan_item item);
void gen_live_a_day(struct gen *g, uint32_t person, int64_t midnight_s);

/* gen_occasion.c: what happens to honest people now and then. */
void gen_occasions(struct gen *g, uint32_t person, int64_t midnight_s);
/* Plans a settled payment. */
void gen_pay(struct gen *g, int64_t time_s, enum event_type type, uint32_t from, uint32_t to,
             int64_t amount);
int64_t gen_waking(struct gen *g, int64_t midnight_s);
/* `givers` transfers on that day, rounded; the sum that was planned. */
int64_t gen_collect(struct gen *g, uint32_t person, int64_t midnight_s, int64_t givers,
                    int64_t median_kzt);

/* gen_scheme.c */
void gen_campaign(struct gen *g, const struct plan_item *item);
void gen_scam(struct gen *g, const struct plan_item *item);
void gen_empty(struct gen *g, const struct plan_item *item);
/* A tainted credit has just arrived at a dropper: plans how it leaves. */
void gen_received(struct gen *g, uint32_t dropper, int64_t amount);

/* gen_told.c: who says what of it, and when. Whatever is drawn for it is a trait: none of it takes
 * a number from the feed's own stream. Nothing happens where no signals are wanted. */
void gen_tell_mistakes(struct gen *g);                          /* at the beginning */
void gen_tell_day(struct gen *g, const struct plan_item *item); /* of a person's day */
void gen_tell_scam(struct gen *g, const struct plan_item *item, uint32_t victim, bool call,
                   bool loan);
void gen_tell_payment(struct gen *g, const struct plan_item *item); /* settled, in no scheme */
void gen_tell_taint(struct gen *g, const struct plan_item *item);   /* settled, in a scheme */

/* gen_signal.c: from what is said to a signal. */
void gen_utter(struct gen *g, const struct saying *saying);

/* gen_tokens.c */
void gen_token(const struct gen *g, const char *kind, uint64_t number, char out[TOKEN_SIZE]);
void gen_fill_party(const struct gen *g, struct party *party, uint32_t index, char *token,
                    char *person_token, char *phone, char *bic);
/* The phone of a natural person's account. */
struct text gen_phone(const struct gen *g, uint32_t index, char out[TOKEN_SIZE]);
/* Device, address, terminal and what was seen on the payer's device. */
void gen_fill_device(struct gen *g, const struct plan_item *item, struct emission *out);

/* gen_emit.c */
/* Of number `number` among those of one sort. */
struct text gen_uuid(const struct gen *g, uint64_t number, uint64_t sort, char out[37]);
struct text gen_tx_id(const struct gen *g, uint64_t instruction, char out[37]);
struct text gen_event_id(const struct gen *g, uint64_t event, char out[37]);
/* Posts a payment (balances move) and makes the transaction; false when it cannot be
 * made: no money, or an account that is not open. */
bool gen_post(struct gen *g, struct plan_item *item, struct emission *out);
