/* SPDX-License-Identifier: Apache-2.0 */
/* The synthetic feed: it repeats, its balances add up, its typologies and look-alikes leave their
 * traces, and nothing but behaviour tells them apart. docs/GENERATOR.md makes the claims. */
#include "tests/support.h"

#include "detector/admit.h"
#include "detector/commands/account_set.h"
#include "detector/generator/gen_internal.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ACCOUNTS = 3000, DAYS = 14, MINUTE_S = 60 };
#define FINGERPRINT 0x88dfce393b2447e3u

/* What the tests look at of one published record. */
struct seen {
    int64_t event_us, event_s, ingest_s, amount, payer_balance, payee_balance;
    uint64_t event_id, tx_id, device, ip, terminal, payer_phone;
    uint32_t payer, payee; /* NOBODY for none */
    uint8_t type, status, reason, call, remote, mismatch;
    bool bad, repeated, credential, opened;
};

struct feed {
    struct gen *gen;
    struct seen *seen;
    size_t count, room;
    struct account_set *numbers, *ids;
};

static struct feed feed;

static struct gen_options options_of(uint64_t seed, uint32_t accounts, uint32_t days) {
    return (struct gen_options){.seed = seed,
                                .start_s = 1767207600, /* 2026-01-01 in UTC+5 */
                                .days = days,
                                .accounts = accounts,
                                .daily_per_mille = 2000,
                                .dropper_per_mille = 20};
}

static struct gen *open_feed(const struct gen_options *options) {
    struct error error;
    struct gen *gen = gen_open(options, &error);
    if (gen == NULL) fail_msg("%s", error.text);
    return gen;
}

static uint64_t hash_of(struct text text) {
    return text.size == 0 ? 0 : XXH3_64bits(text.data, text.size);
}

static uint32_t number_of(struct text token) {
    int64_t number = NOBODY;
    if (token.size != 0) assert_true(account_set_find(feed.numbers, token, &number));
    return (uint32_t)number;
}

static bool is_open(const struct party *party, const struct transaction *tx) {
    return party->account_token.size == 0 ||
           party->account_opened_on_day <= gen_local_day(tx->event_time_s);
}

static struct seen look(const struct transaction *tx, bool bad) {
    return (struct seen){.event_us = tx->event_time_us,
                         .event_s = tx->event_time_s,
                         .ingest_s = tx->ingest_time_s,
                         .amount = tx->amount_minor,
                         .payer_balance = tx->payer.balance_after_minor,
                         .payee_balance = tx->payee.balance_after_minor,
                         .event_id = hash_of(tx->event_id),
                         .tx_id = hash_of(tx->tx_id),
                         .device = hash_of(tx->device_token),
                         .ip = hash_of(tx->ip_token),
                         .terminal = hash_of(tx->terminal_id),
                         .payer_phone = hash_of(tx->payer.phone_token),
                         .payer = number_of(tx->payer.account_token),
                         .payee = number_of(tx->payee.account_token),
                         .type = tx->event_type,
                         .status = tx->tx_status,
                         .reason =
                             tx->status_reason.size == 0 ? 0 : (uint8_t)tx->status_reason.data[0],
                         .call = tx->active_call,
                         .remote = tx->remote_access,
                         .mismatch = tx->payer.phone_owner_mismatch,
                         .bad = bad,
                         .repeated = !account_set_add(feed.ids, tx->event_id, 0),
                         .credential = tx->payer.credential_changed_at_present,
                         .opened = is_open(&tx->payer, tx) && is_open(&tx->payee, tx)};
}

static int by_posting(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    return (x->event_us > y->event_us) - (x->event_us < y->event_us);
}

/* One feed for all; afterwards in the order of posting, repeated records taken out. */
static int generate(void **state) {
    (void)state;
    const struct gen_options options = options_of(7, ACCOUNTS, DAYS);
    feed.gen = open_feed(&options);
    feed.numbers = account_set_new();
    feed.ids = account_set_new();
    for (uint32_t i = 0; i < feed.gen->count; i++) {
        char token[TOKEN_SIZE];
        gen_token(feed.gen, "account", i, token);
        assert_true(account_set_add(feed.numbers, text_of(token), i));
    }
    feed.room = 400000;
    feed.seen = calloc(feed.room, sizeof *feed.seen);
    struct transaction tx;
    bool bad;
    while (gen_next(feed.gen, &tx, &bad)) {
        assert_true(feed.count < feed.room);
        const struct seen seen = look(&tx, bad);
        if (!seen.repeated) feed.seen[feed.count++] = seen;
    }
    qsort(feed.seen, feed.count, sizeof *feed.seen, by_posting);
    return gen_failed(feed.gen);
}

static int dispose(void **state) {
    (void)state;
    gen_close(feed.gen);
    account_set_free(feed.numbers);
    account_set_free(feed.ids);
    free(feed.seen);
    return 0;
}

static const struct person *person(uint32_t number) {
    return &feed.gen->people[number];
}

static bool honest(uint32_t number) {
    return number != NOBODY && person(number)->typology == GEN_HONEST;
}

static bool is(uint32_t number, enum gen_typology typology) {
    return number != NOBODY && person(number)->typology == typology;
}

static bool plays(uint32_t number, enum role role) {
    return number != NOBODY && person(number)->role == role;
}

static bool settled(const struct seen *seen, enum event_type type) {
    return seen->status == TX_STATUS_SETTLED && seen->type == type;
}

/* clang-format off */
#define EACH(s) (const struct seen *s = feed.seen; s < feed.seen + feed.count; s++)
/* clang-format on */

/* Everything of a feed that a reader can tell, in one number. */
static uint64_t fingerprint(uint64_t seed, uint32_t accounts, uint32_t days, int64_t *records) {
    const struct gen_options options = options_of(seed, accounts, days);
    struct gen *gen = open_feed(&options);
    struct transaction tx;
    bool bad;
    uint64_t hash = 0;
    *records = 0;
    while (gen_next(gen, &tx, &bad)) {
        const uint64_t parts[] = {hash,
                                  hash_of(tx.event_id),
                                  hash_of(tx.tx_id),
                                  hash_of(tx.status_reason),
                                  hash_of(tx.payer.account_token),
                                  hash_of(tx.payee.account_token),
                                  hash_of(tx.payer.person_token),
                                  hash_of(tx.payee.phone_token),
                                  hash_of(tx.device_token),
                                  hash_of(tx.ip_token),
                                  hash_of(tx.terminal_id),
                                  (uint64_t)tx.amount_minor,
                                  (uint64_t)tx.event_time_us,
                                  (uint64_t)tx.ingest_time_us,
                                  (uint64_t)tx.payer.balance_after_minor,
                                  (uint64_t)tx.payee.balance_after_minor,
                                  (uint64_t)tx.payer.credential_changed_at_us,
                                  (uint64_t)tx.tx_status << 8 | tx.event_type,
                                  (uint64_t)tx.active_call << 8 | tx.remote_access,
                                  bad};
        hash = XXH3_64bits(parts, sizeof parts);
        ++*records;
    }
    gen_close(gen);
    return hash;
}

static void the_same_seed_gives_the_same_feed_and_another_one_another(void **state) {
    (void)state;
    int64_t records;
    const uint64_t once = fingerprint(1, 300, 3, &records);
    assert_true(once == fingerprint(1, 300, 3, &records));
    assert_true(once != fingerprint(2, 300, 3, &records));
}

/* The order of draws must not be left to the compiler. The number changes with the generator. */
static void every_compiler_gives_the_same_feed(void **state) {
    (void)state;
    int64_t records;
    const uint64_t hash = fingerprint(1, 300, 3, &records);
    if (hash != FINGERPRINT) fail_msg("0x%016llxu", (unsigned long long)hash);
}

static void twice_the_days_or_people_are_twice_the_records(void **state) {
    (void)state;
    int64_t once, days, people;
    fingerprint(1, 1000, 7, &once);
    fingerprint(1, 1000, 14, &days);
    fingerprint(1, 2000, 7, &people);
    assert_in_range(10 * days / once, 17, 23);
    assert_in_range(10 * people / once, 17, 23);
}

static void memory_grows_with_the_people_not_with_the_days(void **state) {
    (void)state;
    const uint32_t days[] = {5, 40};
    size_t room[2];
    for (int i = 0; i < 2; i++) {
        const struct gen_options options = options_of(1, 500, days[i]);
        struct gen *gen = open_feed(&options);
        struct transaction tx;
        bool bad;
        while (gen_next(gen, &tx, &bad))
            assert_true(gen->queue.count <= 16 * (size_t)options.accounts);
        room[i] = gen->queue.room;
        gen_close(gen);
    }
    assert_int_equal(room[0], room[1]);
}

static void options_out_of_range_are_refused(void **state) {
    (void)state;
    const struct gen_options good = options_of(1, 100, 1);
    struct gen_options bad[] = {good, good, good, good};
    bad[0].accounts = 99;
    bad[1].days = 0;
    bad[2].start_s++;
    bad[3].dropper_per_mille = 501;
    for (int i = 0; i < 4; i++) {
        struct error error = {.code = ERROR_NONE};
        assert_null(gen_open(&bad[i], &error));
        assert_int_equal(error.code, ERROR_USAGE);
    }
}

/* In the order of posting every balance is the one before with the amount taken off or put on, to
 * the tiyn; what was stopped moves nothing; and the last balance is what the person has. */
static int64_t moved(const struct seen *s) {
    if (s->status == TX_STATUS_SETTLED) return s->amount;
    return s->status == TX_STATUS_REVERSED ? -s->amount : 0;
}

static void balances_follow_every_posting(void **state) {
    (void)state;
    int64_t *last = calloc(feed.gen->count, sizeof *last);
    bool *known = calloc(feed.gen->count, sizeof *known);
    for
        EACH(s) {
            const uint32_t side[] = {s->payer, s->payee};
            const int64_t after[] = {s->payer_balance, s->payee_balance};
            for (int i = 0; i < 2; i++) {
                if (side[i] == NOBODY) continue;
                const int64_t change = i == 0 ? -moved(s) : moved(s);
                if (known[side[i]]) assert_true(last[side[i]] + change == after[i]);
                assert_true(after[i] >= 0);
                last[side[i]] = after[i];
                known[side[i]] = true;
            }
        }
    for (uint32_t i = 0; i < feed.gen->count; i++)
        assert_true(!known[i] || last[i] == person(i)->balance);
    free(last);
    free(known);
}

static void no_two_postings_share_a_time_and_no_two_records_an_id(void **state) {
    (void)state;
    for (size_t i = 1; i < feed.count; i++)
        assert_true(feed.seen[i - 1].event_us < feed.seen[i].event_us);
}

static void nothing_moves_before_an_account_is_open(void **state) {
    (void)state;
    for
        EACH(s)
    assert_true(s->opened);
}

static void every_record_is_admitted(void **state) {
    (void)state;
    const struct gen_options options = options_of(3, 1000, 5);
    struct gen *gen = open_feed(&options);
    struct transaction tx;
    bool bad;
    int64_t clock_s = INT64_MIN;
    while (gen_next(gen, &tx, &bad)) {
        const char *why = NULL;
        if (admit(&tx, clock_s, &why) != VERDICT_ACCEPTED) fail_msg("%s", why);
        clock_s = admit_clock_s(&tx) > clock_s ? admit_clock_s(&tx) : clock_s;
    }
    gen_close(gen);
}

/* One in a thousand comes 1 to 120 minutes late, one in a thousand twice; the rest within 2 s. */
static void few_records_come_late_or_twice(void **state) {
    (void)state;
    const struct gen_options options = options_of(3, 3000, 7);
    struct gen *gen = open_feed(&options);
    struct account_set *ids = account_set_new();
    struct transaction tx;
    bool bad;
    int64_t records = 0, late = 0, twice = 0;
    while (gen_next(gen, &tx, &bad)) {
        const int64_t delay_s = tx.ingest_time_s - tx.event_time_s;
        const bool repeated = !account_set_add(ids, tx.event_id, 0);
        records++;
        twice += repeated;
        late += delay_s >= MINUTE_S;
        assert_in_range(delay_s, 0, 2 * HOUR_S);
        assert_true(delay_s <= 2 || delay_s >= MINUTE_S || repeated);
    }
    account_set_free(ids);
    gen_close(gen);
    assert_in_range(100000 * late / records, 60, 140);
    assert_in_range(100000 * twice / records, 60, 140);
}

static void every_typology_is_planted_and_reached_by_tainted_money(void **state) {
    (void)state;
    int planted[GEN_TYPOLOGY_COUNT] = {0}, reached[GEN_TYPOLOGY_COUNT] = {0};
    for (uint32_t i = 0; i < gen_label_count(feed.gen); i++) {
        const struct gen_label label = gen_label(feed.gen, i);
        planted[label.typology]++;
        reached[label.typology] += label.first_bad_s != 0;
    }
    assert_int_equal(gen_label_count(feed.gen), ACCOUNTS * 20 / 1000);
    assert_int_equal(planted[GEN_HONEST], 0);
    for (int i = GEN_FORWARDER; i < GEN_TYPOLOGY_COUNT; i++)
        assert_in_range(2 * reached[i], planted[i] + 2, 2 * planted[i]);
}

static void a_label_names_the_first_tainted_credit(void **state) {
    (void)state;
    int64_t *first = calloc(feed.gen->count, sizeof *first);
    for
        EACH(s)
    if (s->bad && s->status == TX_STATUS_SETTLED && s->payee != NOBODY && first[s->payee] == 0)
        first[s->payee] = s->event_s;
    for (uint32_t i = 0; i < gen_label_count(feed.gen); i++) {
        const struct gen_label label = gen_label(feed.gen, i);
        assert_int_equal(first[number_of(text_of(label.account_token))], label.first_bad_s);
    }
    free(first);
}

static bool in_group(uint32_t account, const char *name) {
    const char *group;
    for (uint32_t n = 0; (group = gen_group(feed.gen, account, n)) != NULL; n++)
        if (strcmp(group, name) == 0) return true;
    return false;
}

static void groups_name_every_account_and_victims_are_those_who_paid(void **state) {
    (void)state;
    bool *paid = calloc(feed.gen->count, sizeof *paid);
    size_t victims = 0;
    for
        EACH(s)
    if (s->bad && s->status == TX_STATUS_SETTLED && honest(s->payer)) paid[s->payer] = true;
    assert_int_equal(gen_account_count(feed.gen), feed.gen->count);
    for (uint32_t i = 0; i < feed.gen->count; i++) {
        const struct person *p = person(i);
        const bool plain = p->typology == GEN_HONEST;
        assert_non_null(gen_group(feed.gen, i, 0));
        assert_true(plain || in_group(i, gen_typology_name(p->typology)));
        assert_int_equal(in_group(i, "pensioner"), plain && p->role == ROLE_PENSIONER);
        assert_int_equal(in_group(i, "victim"), paid[i]);
        assert_true(plain || gen_group(feed.gen, i, 1) == NULL);
        victims += paid[i];
    }
    free(paid);
    assert_true(victims > 20);
}

/* Of the tainted money of one typology: how much came, and how much had left within `within_s` of
 * the latest tainted credit. */
static void follow(enum gen_typology typology, int64_t within_s, int64_t *in, int64_t *out) {
    int64_t *arrived = calloc(feed.gen->count, sizeof *arrived);
    *in = *out = 0;
    for
        EACH(s) {
            if (!s->bad || s->status != TX_STATUS_SETTLED) continue;
            if (is(s->payee, typology)) {
                *in += s->amount;
                arrived[s->payee] = s->event_s;
            }
            if (is(s->payer, typology) && s->event_s - arrived[s->payer] <= within_s)
                *out += s->amount;
        }
    free(arrived);
}

static void forwarders_pass_most_of_it_on_within_minutes(void **state) {
    (void)state;
    int64_t in, out;
    follow(GEN_FORWARDER, 36 * MINUTE_S, &in, &out);
    assert_in_range(100 * out / in, 80, 110);
}

static void slow_forwarders_wait_for_hours(void **state) {
    (void)state;
    int64_t in, soon, later;
    follow(GEN_SLOW_FORWARDER, 36 * MINUTE_S, &in, &soon);
    follow(GEN_SLOW_FORWARDER, DAY_S, &in, &later);
    assert_in_range(100 * soon / in, 0, 45); /* some of it from an earlier credit */
    assert_in_range(100 * later / in, 60, 110);
}

static void operators_keep_about_a_twentieth_and_forward_by_transfer(void **state) {
    (void)state;
    int64_t in, out, by_transfer = 0, all = 0;
    follow(GEN_OPERATOR, DAYS * DAY_S, &in, &out);
    assert_in_range(1000 * out / in, 900, 955);
    for
        EACH(s) {
            if (!s->bad || s->status != TX_STATUS_SETTLED || !is(s->payer, GEN_OPERATOR)) continue;
            all++;
            by_transfer += s->type == EVENT_TYPE_P2P_TRANSFER && !honest(s->payee);
        }
    assert_in_range(100 * by_transfer / all, 70, 100);
}

/* One person's accounts in different banks; each credit below 190,000 KZT; one ATM a crew. */
static void a_card_farm_is_one_person_emptied_at_one_machine(void **state) {
    (void)state;
    uint64_t *atm = calloc(feed.gen->count, sizeof *atm);
    size_t withdrawals = 0, elsewhere = 0;
    for
        EACH(s) {
            if (!s->bad || s->status != TX_STATUS_SETTLED) continue;
            if (is(s->payee, GEN_CARD_FARM)) assert_true(s->amount <= 190000 * KZT);
            if (!is(s->payer, GEN_CARD_FARM)) continue;
            assert_int_equal(s->type, EVENT_TYPE_CASH_WITHDRAWAL);
            uint64_t *own = &atm[person(s->payer)->owner];
            if (*own == 0) *own = s->terminal;
            withdrawals++;
            elsewhere += *own != s->terminal;
        }
    free(atm);
    assert_true(withdrawals > 10);
    assert_int_equal(elsewhere, 0);
    for (uint32_t i = 1; i < feed.gen->label_count; i++) {
        const struct person *a = person(feed.gen->labels[i - 1]), *b = person(feed.gen->labels[i]);
        if (a->typology != GEN_CARD_FARM || b->typology != GEN_CARD_FARM || a->crew != b->crew)
            continue;
        assert_int_equal(a->owner, b->owner);
        assert_int_not_equal(a->bank, b->bank);
    }
}

static void couriers_leave_no_payee(void **state) {
    (void)state;
    int couriers = 0;
    for
        EACH(s)
    couriers += s->bad && s->type == EVENT_TYPE_CASH_WITHDRAWAL && honest(s->payer);
    assert_true(couriers > 0);
}

static void stopped_transfers_are_undone_by_victims_and_by_honest_payers(void **state) {
    (void)state;
    int undone[2] = {0, 0};
    for (size_t i = 0; i < feed.count; i++) {
        const struct seen *stopped = &feed.seen[i];
        if (stopped->status != TX_STATUS_SUSPENDED) continue;
        for (size_t k = i + 1; k < feed.count; k++)
            if (feed.seen[k].tx_id == stopped->tx_id && feed.seen[k].status == TX_STATUS_SETTLED)
                undone[stopped->bad] += feed.seen[k].reason == 'C';
    }
    assert_true(undone[true] > 0);
    assert_true(undone[false] > undone[true]);
}

static size_t credits_of(enum role role, int64_t least) {
    size_t count = 0, people = 0;
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        people += plays(i, role);
    for
        EACH(s)
    count += settled(s, EVENT_TYPE_P2P_TRANSFER) && plays(s->payee, role) && s->amount >= least;
    return people == 0 ? 0 : 100 * count / people / DAYS;
}

static void sellers_drivers_and_charities_are_paid_all_day(void **state) {
    (void)state;
    assert_in_range(credits_of(ROLE_SELLER, 0), 800, 2500); /* hundredths a day */
    assert_in_range(credits_of(ROLE_TAXI, 0), 400, 1500);
    assert_in_range(credits_of(ROLE_CHARITY, 0), 500, 2500);
    assert_in_range(credits_of(ROLE_SALARIED, 0), 10, 300);
}

static void landlords_get_rent(void **state) {
    (void)state;
    assert_true(credits_of(ROLE_LANDLORD, 40000 * KZT) > 3 * credits_of(ROLE_SELLER, 40000 * KZT));
}

static void drivers_take_the_days_money_as_cash(void **state) {
    (void)state;
    int64_t in = 0, cash = 0;
    for
        EACH(s) {
            if (settled(s, EVENT_TYPE_P2P_TRANSFER) && plays(s->payee, ROLE_TAXI)) in += s->amount;
            if (settled(s, EVENT_TYPE_CASH_WITHDRAWAL) && plays(s->payer, ROLE_TAXI))
                cash += s->amount;
        }
    assert_in_range(100 * cash / in, 30, 110);
}

static void the_honest_do_everything_droppers_do(void **state) {
    (void)state;
    size_t abroad = 0, crypto = 0, loans = 0, own = 0, reversed = 0, opened = 0, salary = 0;
    for
        EACH(s) {
            if (s->bad) continue;
            abroad += settled(s, EVENT_TYPE_OTHER);
            crypto += settled(s, EVENT_TYPE_CRYPTO_PURCHASE);
            loans += settled(s, EVENT_TYPE_LOAN_DISBURSEMENT);
            own += settled(s, EVENT_TYPE_OWN_TRANSFER);
            salary += settled(s, EVENT_TYPE_SALARY_OR_BENEFIT);
            reversed += s->status == TX_STATUS_REVERSED;
        }
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        opened += honest(i) && person(i)->opened_day >= gen_local_day(feed.gen->options.start_s);
    assert_true(abroad > 50 && crypto > 50 && loans > 20 && own > 50 && reversed > 20);
    assert_true(opened > 20 && salary > 500);
}

/* The most different honest payees credited, and the largest share passed on, within a day. */
static void feasts_and_collections_bring_many_gifts_to_ordinary_people(void **state) {
    (void)state;
    uint32_t *gifts = calloc((size_t)feed.gen->count * DAYS, sizeof *gifts);
    int days_of_gifts = 0, spent = 0;
    for
        EACH(s) {
            if (s->bad || s->status != TX_STATUS_SETTLED) continue;
            const size_t day = (size_t)((s->event_s - feed.gen->options.start_s) / DAY_S);
            if (s->type == EVENT_TYPE_P2P_TRANSFER && plays(s->payee, ROLE_SALARIED) &&
                s->amount % (1000 * KZT) == 0 && ++gifts[s->payee * DAYS + day] == 8)
                days_of_gifts++;
            if (plays(s->payer, ROLE_SALARIED) && gifts[s->payer * DAYS + day] >= 8)
                spent += s->amount >= 50000 * KZT;
        }
    free(gifts);
    assert_true(days_of_gifts >= 10);
    assert_true(spent >= 3);
}

static bool has_been_through(uint32_t number, uint8_t past) {
    return honest(number) && (person(number)->past & past) != 0;
}

/* Large transfers to honest people, and large sums that honest people pass on or take as cash. */
static void cars_are_sold_debts_repaid_and_weddings_paid_in_cash(void **state) {
    (void)state;
    size_t cars = 0, passed_on = 0, repaid = 0, cash_of_feasts = 0;
    for
        EACH(s) {
            if (s->bad || s->status != TX_STATUS_SETTLED) continue;
            const bool transfer = s->type == EVENT_TYPE_P2P_TRANSFER;
            const bool cash = s->type == EVENT_TYPE_CASH_WITHDRAWAL;
            const bool large = s->amount >= 400000 * KZT;
            cars += transfer && large && has_been_through(s->payee, PAST_SALE);
            passed_on += transfer && large && has_been_through(s->payer, PAST_SALE);
            repaid +=
                transfer && s->amount >= 20000 * KZT && has_been_through(s->payee, PAST_REPAID);
            cash_of_feasts +=
                cash && s->amount >= 100000 * KZT && has_been_through(s->payer, PAST_FEAST);
        }
    assert_true(cars >= 10 && passed_on >= 4 && repaid >= 20 && cash_of_feasts >= 5);
}

static void large_sellers_pay_by_transfer_and_families_help_newcomers(void **state) {
    (void)state;
    size_t suppliers = 0, helped = 0;
    for
        EACH(s) {
            if (!settled(s, EVENT_TYPE_P2P_TRANSFER)) continue;
            suppliers += plays(s->payer, ROLE_SELLER) && s->amount >= 40000 * KZT;
            helped += plays(s->payee, ROLE_MIGRANT) && honest(s->payee) && s->amount >= 60000 * KZT;
        }
    assert_true(suppliers >= 50);
    assert_true(helped >= 10);
}

/* The largest number of different honest payers behind one value of a column. */
static size_t most_behind(uint64_t (*column)(const struct seen *)) {
    struct account_set *pairs = account_set_new(), *values = account_set_new();
    size_t most = 0;
    uint32_t *count = calloc(feed.count, sizeof *count);
    for
        EACH(s) {
            const uint64_t pair[] = {column(s), s->payer};
            if (pair[0] == 0 || !honest(s->payer)) continue;
            if (!account_set_add(pairs, (struct text){(const char *)pair, sizeof pair}, 0))
                continue;
            const struct text value = {(const char *)pair, sizeof pair[0]};
            int64_t place = (int64_t)account_set_count(values);
            if (!account_set_add(values, value, place)) account_set_find(values, value, &place);
            const size_t now = ++count[place];
            most = now > most ? now : most;
        }
    free(count);
    account_set_free(pairs);
    account_set_free(values);
    return most;
}

static uint64_t ip_of_student(const struct seen *s) {
    return plays(s->payer, ROLE_STUDENT) ? s->ip : 0;
}

static uint64_t phone_of(const struct seen *s) {
    return s->payer_phone;
}

static uint64_t device_of(const struct seen *s) {
    return s->device;
}

static void families_share_phones_and_students_an_address(void **state) {
    (void)state;
    assert_in_range(most_behind(ip_of_student), 20, 2000);
    assert_in_range(most_behind(phone_of), 3, 50);
    assert_in_range(most_behind(device_of), 3, 50);
}

/* Whatever value a nullable or seldom column takes in a scheme, more honest records have it. */
static void no_value_of_a_column_gives_a_scheme_away(void **state) {
    (void)state;
    enum { VALUES = 12 };
    size_t count[VALUES][2] = {{0}};
    for
        EACH(s) {
            const bool has[VALUES] = {s->call == TRISTATE_TRUE,
                                      s->call == TRISTATE_NULL,
                                      s->remote == TRISTATE_TRUE,
                                      s->remote == TRISTATE_NULL,
                                      s->mismatch == TRISTATE_TRUE,
                                      s->mismatch == TRISTATE_NULL,
                                      s->credential,
                                      s->status == TX_STATUS_REFUSED,
                                      s->status == TX_STATUS_SUSPENDED,
                                      s->type == EVENT_TYPE_CRYPTO_PURCHASE,
                                      s->type == EVENT_TYPE_OTHER,
                                      s->reason == 'C'};
            for (int v = 0; v < VALUES; v++)
                count[v][s->bad] += has[v];
        }
    for (int v = 0; v < VALUES; v++)
        if (count[v][false] <= count[v][true])
            fail_msg("value %d: %zu honest, %zu bad", v, count[v][false], count[v][true]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_feed_and_another_one_another),
        cmocka_unit_test(every_compiler_gives_the_same_feed),
        cmocka_unit_test(twice_the_days_or_people_are_twice_the_records),
        cmocka_unit_test(memory_grows_with_the_people_not_with_the_days),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(balances_follow_every_posting),
        cmocka_unit_test(no_two_postings_share_a_time_and_no_two_records_an_id),
        cmocka_unit_test(nothing_moves_before_an_account_is_open),
        cmocka_unit_test(every_record_is_admitted),
        cmocka_unit_test(few_records_come_late_or_twice),
        cmocka_unit_test(every_typology_is_planted_and_reached_by_tainted_money),
        cmocka_unit_test(a_label_names_the_first_tainted_credit),
        cmocka_unit_test(groups_name_every_account_and_victims_are_those_who_paid),
        cmocka_unit_test(forwarders_pass_most_of_it_on_within_minutes),
        cmocka_unit_test(slow_forwarders_wait_for_hours),
        cmocka_unit_test(operators_keep_about_a_twentieth_and_forward_by_transfer),
        cmocka_unit_test(a_card_farm_is_one_person_emptied_at_one_machine),
        cmocka_unit_test(couriers_leave_no_payee),
        cmocka_unit_test(stopped_transfers_are_undone_by_victims_and_by_honest_payers),
        cmocka_unit_test(sellers_drivers_and_charities_are_paid_all_day),
        cmocka_unit_test(landlords_get_rent),
        cmocka_unit_test(drivers_take_the_days_money_as_cash),
        cmocka_unit_test(the_honest_do_everything_droppers_do),
        cmocka_unit_test(feasts_and_collections_bring_many_gifts_to_ordinary_people),
        cmocka_unit_test(cars_are_sold_debts_repaid_and_weddings_paid_in_cash),
        cmocka_unit_test(large_sellers_pay_by_transfer_and_families_help_newcomers),
        cmocka_unit_test(families_share_phones_and_students_an_address),
        cmocka_unit_test(no_value_of_a_column_gives_a_scheme_away),
    };
    return cmocka_run_group_tests(tests, generate, dispose);
}
