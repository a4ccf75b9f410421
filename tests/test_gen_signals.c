/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the synthetic feed: it belongs to the story that the transactions tell, the
 * engine can use all of it, and the transactions do not change by it. docs/GENERATOR.md makes the
 * claims. */
#include "tests/gen_sample.h"
#include "tests/support.h"

#include "detector/commands/account_set.h"
#include "detector/episode_id.h"
#include "detector/generator/gen_internal.h"
#include "detector/signal_read.h"
#include "schemas/encode.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ACCOUNTS = 3000, DAYS = 14, MINUTE_S = 60, PAYMENTS_MAX = 200000, SAID_MAX = 4000 };
#define FINGERPRINT 0xe2fc4f07ebdc4ca7u

struct payment {
    int64_t time_s, amount;
    uint64_t payer_phone;
    uint32_t payer, payee; /* NOBODY for none */
    uint8_t call;
    bool bad;
    int64_t event_us;
    char event_id[37];
};

struct said {
    uint64_t id, withdrawn, called;
    int64_t time_s, occurred_s, amount;
    uint32_t accused, victim; /* by account; NOBODY for none */
    int64_t payment;          /* that it is about; -1: none */
    uint32_t subjects;
    uint8_t kind, source, confidence, colour, result, revision;
    bool own_recommendation; /* of the account and the payment that it names */
};

static struct feed {
    struct gen *gen;
    struct encoder *encoder;
    struct signal_reader *reader;
    struct account_set *numbers, *payment_of; /* by token, and by tx_id */
    struct payment *payments;
    struct said *said;
    size_t payment_count, said_count;
    int64_t clock_s;
} feed;

static struct gen_options options_of(uint64_t seed, uint32_t accounts, uint32_t days) {
    struct gen_options options = gen_sample_options(seed, accounts, days);
    options.signals = true;
    return options;
}

static void take_payment(const struct transaction *tx, bool bad) {
    if (tx->ingest_time_s > feed.clock_s) feed.clock_s = tx->ingest_time_s;
    if (tx->tx_status != TX_STATUS_SETTLED) return;
    assert_true(feed.payment_count < PAYMENTS_MAX);
    if (!account_set_add(feed.payment_of, tx->tx_id, (int64_t)feed.payment_count)) return;
    struct payment *payment = &feed.payments[feed.payment_count++];
    *payment = (struct payment){.time_s = tx->event_time_s,
                                .amount = tx->amount_minor,
                                .payer_phone = gen_sample_hash(tx->payer.phone_token),
                                .payer = gen_sample_number(feed.numbers, tx->payer.account_token),
                                .payee = gen_sample_number(feed.numbers, tx->payee.account_token),
                                .call = tx->active_call,
                                .bad = bad};
    payment->event_us = tx->event_time_us;
    snprintf(payment->event_id, sizeof payment->event_id, "%.*s", (int)tx->event_id.size,
             tx->event_id.data);
}

static uint32_t account_in(const struct signal *s, bool victim) {
    for (uint32_t i = 0; i < s->subject_count; i++)
        if (s->subjects[i].type == SUBJECT_ACCOUNT &&
            (s->subjects[i].role == ROLE_VICTIM) == victim)
            return gen_sample_number(feed.numbers, s->subjects[i].token);
    return NOBODY;
}

static bool names_own(const struct signal *s) {
    char id[RECOMMENDATION_ID_SIZE + 1];
    int64_t payment;
    if (s->kind != SIGNAL_OUTCOME ||
        !account_set_find(feed.payment_of, s->related_tx_ids[0], &payment))
        return false;
    const struct payment *p = &feed.payments[payment];
    const struct opening_event event = {s->related_tx_ids[0], text_of(p->event_id), p->event_us};
    episode_id(s->subjects[0].token, &event, id);
    return text_equal(s->recommendation_id, text_of(id));
}

static void take_said(const struct signal *s) {
    assert_true(feed.said_count < SAID_MAX);
    struct said *said = &feed.said[feed.said_count++];
    *said = (struct said){.id = gen_sample_hash(s->signal_id),
                          .withdrawn = gen_sample_hash(s->withdraws_signal_id),
                          .called = gen_sample_hash(s->called_phone_token),
                          .time_s = s->reported_at_s,
                          .occurred_s = s->occurred_at_s,
                          .amount = s->amount_kzt_minor,
                          .accused = account_in(s, false),
                          .victim = account_in(s, true),
                          .payment = -1,
                          .subjects = s->subject_count,
                          .kind = s->kind,
                          .source = s->source,
                          .confidence = s->confidence,
                          .colour = s->list_colour,
                          .result = s->outcome_result,
                          .revision = (uint8_t)s->revision,
                          .own_recommendation = names_own(s)};
    if (s->tx_id_count > 0)
        assert_true(account_set_find(feed.payment_of, s->related_tx_ids[0], &said->payment));
}

/* As the engine would read it between these transactions. */
static void must_be_admitted(const struct signal *s) {
    struct bytes value;
    struct error error;
    struct signal read;
    char text[VERDICT_WHY_SIZE];
    const char *why = "";
    assert_true(encode_signal(feed.encoder, s, &value, &error));
    const struct port_record record = {.timestamp_ms = s->reported_at_us / 1000, .value = value};
    if (signal_read(feed.reader, &record, feed.clock_s, &read, text, &why) != VERDICT_ACCEPTED)
        fail_msg("%s: %s", signal_kind_symbols[s->kind], why);
    assert_true(text_equal(read.signal_id, s->signal_id));
    assert_int_equal(read.subject_count, s->subject_count);
}

static void take_signals(void) {
    struct signal signal;
    while (gen_next_signal(feed.gen, &signal)) {
        must_be_admitted(&signal);
        take_said(&signal);
    }
}

static int generate(void **state) {
    struct error error;
    (void)state;
    const struct gen_options options = options_of(7, ACCOUNTS, DAYS);
    feed.gen = gen_sample_open(&options);
    feed.encoder = encoder_open(&error);
    feed.reader = signal_reader_open(NULL, 1 << 20, &error);
    feed.numbers = gen_sample_numbers(feed.gen);
    feed.payment_of = account_set_new();
    feed.payments = calloc(PAYMENTS_MAX, sizeof *feed.payments);
    feed.said = calloc(SAID_MAX, sizeof *feed.said);
    if (feed.encoder == NULL || feed.reader == NULL) return -1;
    struct transaction tx;
    bool bad;
    while (gen_next(feed.gen, &tx, &bad)) {
        take_payment(&tx, bad);
        take_signals();
    }
    take_signals();
    return gen_failed(feed.gen);
}

static int dispose(void **state) {
    (void)state;
    gen_close(feed.gen);
    encoder_close(feed.encoder);
    signal_reader_close(feed.reader);
    account_set_free(feed.numbers);
    account_set_free(feed.payment_of);
    free(feed.payments);
    free(feed.said);
    return 0;
}

/* clang-format off */
#define EACH(s) (const struct said *s = feed.said; s < feed.said + feed.said_count; s++)
/* clang-format on */

static bool is_dropper(uint32_t account) {
    return account != NOBODY && feed.gen->people[account].typology != GEN_HONEST;
}

static const struct payment *payment_of(const struct said *s) {
    return s->payment < 0 ? NULL : &feed.payments[s->payment];
}

/* A revision of it that was said before. */
static const struct said *before(const struct said *s, uint64_t id) {
    for (const struct said *other = s - 1; other >= feed.said; other--)
        if (other->id == id) return other;
    return NULL;
}

/* The stream. */

static uint64_t hash_signal(uint64_t hash, const struct signal *s) {
    const uint64_t parts[] = {hash,
                              gen_sample_hash(s->signal_id),
                              gen_sample_hash(s->category),
                              gen_sample_hash(s->withdraws_signal_id),
                              gen_sample_hash(s->telecom_operator),
                              gen_sample_hash(s->called_phone_token),
                              gen_sample_hash(s->recommendation_id),
                              (uint64_t)s->amount_kzt_minor,
                              (uint64_t)s->held_amount_kzt_minor,
                              (uint64_t)s->occurred_at_us,
                              (uint64_t)s->reported_at_us,
                              (uint64_t)s->valid_from_us,
                              (uint64_t)s->valid_until_us,
                              (uint64_t)s->revision << 32 | (uint64_t)s->kind << 16 | s->source,
                              (uint64_t)s->list_colour << 16 | (uint64_t)s->confidence << 8 |
                                  s->outcome_result,
                              s->tx_id_count == 0 ? 0 : gen_sample_hash(s->related_tx_ids[0])};
    hash = XXH3_64bits(parts, sizeof parts);
    for (uint32_t i = 0; i < s->subject_count; i++) {
        const uint64_t subject[] = {hash, gen_sample_hash(s->subjects[i].token),
                                    (uint64_t)s->subjects[i].type << 8 | s->subjects[i].role};
        hash = XXH3_64bits(subject, sizeof subject);
    }
    return hash;
}

struct prints {
    uint64_t transactions, signals;
    size_t count;
};

static struct prints prints_of(struct gen_options options) {
    struct gen *gen = gen_sample_open(&options);
    struct prints p = {0};
    struct transaction tx;
    struct signal signal;
    bool bad;
    while (gen_next(gen, &tx, &bad)) {
        const uint64_t parts[] = {p.transactions, gen_sample_hash(tx.event_id),
                                  (uint64_t)tx.amount_minor, (uint64_t)tx.event_time_us,
                                  gen_sample_hash(tx.payee.account_token)};
        p.transactions = XXH3_64bits(parts, sizeof parts);
        for (; gen_next_signal(gen, &signal); p.count++)
            p.signals = hash_signal(p.signals, &signal);
    }
    for (; gen_next_signal(gen, &signal); p.count++)
        p.signals = hash_signal(p.signals, &signal);
    gen_close(gen);
    return p;
}

static void the_same_seed_says_the_same_and_another_one_something_else(void **state) {
    (void)state;
    const struct prints once = prints_of(options_of(1, 300, 5));
    assert_true(once.count > 20);
    assert_true(once.signals == prints_of(options_of(1, 300, 5)).signals);
    assert_true(once.signals != prints_of(options_of(2, 300, 5)).signals);
}

/* The number changes with the generator. */
static void every_compiler_says_the_same(void **state) {
    (void)state;
    const uint64_t hash = prints_of(options_of(1, 300, 5)).signals;
    if (hash != FINGERPRINT) fail_msg("0x%016llxu", (unsigned long long)hash);
}

static void the_transactions_are_the_same_without(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct gen_options options = options_of(seed, 300, 5);
        const struct prints with = prints_of(options);
        options.signals = false;
        const struct prints without = prints_of(options);
        assert_true(with.transactions == without.transactions);
        assert_true(with.count > 0);
        assert_int_equal(without.count, 0);
    }
}

static void they_come_in_the_order_of_their_reports_within_the_feed(void **state) {
    (void)state;
    int64_t last_s = feed.gen->options.start_s;
    for
        EACH(s) {
            assert_true(s->time_s >= last_s);
            assert_true(s->time_s < feed.gen->end_s);
            last_s = s->time_s;
        }
}

static void when_one_is_taken_does_not_change_it(void **state) {
    (void)state;
    const struct gen_options options = options_of(1, 300, 5);
    struct gen *gen = gen_sample_open(&options);
    struct transaction tx;
    struct signal signal;
    bool bad;
    uint64_t hash = 0;
    while (gen_next(gen, &tx, &bad))
        continue;
    while (gen_next_signal(gen, &signal))
        hash = hash_signal(hash, &signal);
    gen_close(gen);
    assert_true(hash == prints_of(options).signals);
}

static void memory_does_not_grow_with_the_days(void **state) {
    (void)state;
    const struct gen_options options = options_of(1, 500, 60);
    struct gen *gen = gen_sample_open(&options);
    struct transaction tx;
    struct signal signal;
    bool bad;
    while (gen_next(gen, &tx, &bad))
        while (gen_next_signal(gen, &signal))
            continue;
    assert_true(gen->saying_room <= 512);
    assert_int_equal(gen->sayings_free_count, gen->saying_room);
    gen_close(gen);
}

static void every_kind_is_there_and_no_id_is_used_twice(void **state) {
    (void)state;
    size_t kinds[SIGNAL_KIND_COUNT] = {0};
    for
        EACH(s) {
            const struct said *same = before(s, s->id);
            kinds[s->kind]++;
            assert_int_equal(s->revision, same == NULL ? 1 : same->revision + 1);
            if (same == NULL) continue;
            assert_int_equal(same->kind, s->kind);
            assert_int_equal(same->source, s->source);
        }
    for (int k = SIGNAL_UNKNOWN + 1; k < SIGNAL_KIND_COUNT; k++)
        if (kinds[k] == 0) fail_msg("no %s", signal_kind_symbols[k]);
}

/* The story. */

static void an_incident_is_about_a_payment_that_was_made_before(void **state) {
    (void)state;
    size_t sure = 0, of_the_police = 0, couriers = 0;
    for
        EACH(s) {
            const struct payment *p = payment_of(s);
            if (s->kind != SIGNAL_INCIDENT) continue;
            assert_non_null(p);
            assert_true(p->time_s + 10 * MINUTE_S <= s->time_s);
            assert_int_equal(p->time_s, s->occurred_s);
            assert_int_equal(p->amount, s->amount);
            assert_int_equal(p->payer, s->victim);
            assert_int_equal(p->payee, s->accused);
            assert_true(s->revision > 1 || s->time_s - p->time_s <= 4 * DAY_S);
            assert_true(s->source == SOURCE_BANK || s->source == SOURCE_POLICE);
            assert_true(!is_dropper(s->victim));
            sure += s->confidence == CONFIDENCE_CONFIRMED;
            of_the_police += s->source == SOURCE_POLICE;
            couriers += p->payee == NOBODY;
        }
    assert_true(sure > 5 && of_the_police > 20 && couriers > 0);
}

static bool is_complained_of(size_t payment) {
    bool is = false;
    for
        EACH(s) {
            is |= s->kind == SIGNAL_INCIDENT && s->payment == (int64_t)payment;
        }
    return is;
}

static void most_victims_complain_and_few_others_do(void **state) {
    (void)state;
    size_t victims = 0, complaints = 0, mistaken = 0;
    for (size_t i = 0; i < feed.payment_count; i++) {
        const struct payment *p = &feed.payments[i];
        if (p->time_s > feed.gen->end_s - 4 * DAY_S) continue;
        const bool scam = p->bad && !is_dropper(p->payer);
        victims += scam;
        if (!scam && !(p->amount >= 30000 * KZT)) continue;
        if (!is_complained_of(i)) continue;
        complaints += scam;
        mistaken += !scam;
        assert_true(scam || !is_dropper(p->payee));
    }
    assert_in_range(100 * complaints, 65 * victims, 85 * victims);
    assert_in_range(mistaken, 3, complaints / 4);
}

static void whoever_was_accused_by_mistake_is_mostly_cleared(void **state) {
    (void)state;
    size_t cleared = 0;
    for
        EACH(s) {
            const bool rejected = s->confidence == CONFIDENCE_REJECTED;
            if (s->kind != SIGNAL_WITHDRAWAL && !rejected) continue;
            const struct said *said = before(s, rejected ? s->id : s->withdrawn);
            assert_non_null(said);
            assert_int_equal(said->source, s->source);
            assert_true(!is_dropper(said->accused));
            assert_true(s->time_s > said->time_s);
            cleared++;
        }
    assert_true(cleared >= 4);
}

/* Whether the owner of the phone is made to pay soon after; *seen: his bank saw the call. */
static bool pays_after(const struct said *call, bool *seen) {
    for (size_t i = 0; i < feed.payment_count; i++) {
        const struct payment *p = &feed.payments[i];
        if (!p->bad || p->payer_phone != call->called || is_dropper(p->payer)) continue;
        if (p->time_s < call->occurred_s || p->time_s > call->occurred_s + 3 * HOUR_S) continue;
        *seen = p->call == TRISTATE_TRUE;
        return p->call != TRISTATE_FALSE;
    }
    return false;
}

static void victims_are_called_before_they_pay_and_others_hang_up(void **state) {
    (void)state;
    size_t calls = 0, paid = 0, seen_too = 0, boxes = 0;
    for
        EACH(s) {
            if (s->kind != SIGNAL_FRAUD_CALL && s->kind != SIGNAL_SIM_BOX) continue;
            bool seen = false;
            assert_int_equal(s->source, SOURCE_MOBILE_OPERATOR);
            assert_int_equal(s->subjects, s->kind == SIGNAL_SIM_BOX ? 3 : 1);
            assert_true(s->occurred_s < s->time_s && s->called != 0);
            calls++;
            boxes += s->kind == SIGNAL_SIM_BOX;
            paid += pays_after(s, &seen);
            seen_too += seen;
        }
    assert_in_range(100 * boxes, 25 * calls, 55 * calls);
    assert_in_range(100 * paid, 15 * calls, 60 * calls);
    assert_true(seen_too > 5);
}

static void citizens_report_droppers_and_enemies(void **state) {
    (void)state;
    size_t droppers = 0, enemies = 0;
    for
        EACH(s) {
            assert_int_equal(s->kind == SIGNAL_BOT_REPORT, s->source == SOURCE_CITIZEN_BOT);
            if (s->kind != SIGNAL_BOT_REPORT || s->accused == NOBODY) continue;
            assert_int_equal(s->confidence, CONFIDENCE_REPORTED);
            droppers += is_dropper(s->accused);
            enemies += !is_dropper(s->accused);
        }
    assert_true(droppers > 10 && enemies > 5);
}

static void a_list_is_grey_then_black_and_its_mistakes_are_withdrawn(void **state) {
    (void)state;
    size_t grey = 0, black = 0, mistaken = 0, withdrawn = 0;
    for
        EACH(s) {
            if (s->kind == SIGNAL_WITHDRAWAL) {
                const struct said *said = before(s, s->withdrawn);
                withdrawn += said->kind == SIGNAL_LIST_ENTRY;
            }
            if (s->kind != SIGNAL_LIST_ENTRY) continue;
            const bool first = s->revision == 1;
            assert_int_equal(s->colour, first ? COLOUR_GREY : COLOUR_BLACK);
            assert_int_equal(s->confidence, first ? CONFIDENCE_CORROBORATED : CONFIDENCE_CONFIRMED);
            const struct person *p = &feed.gen->people[s->accused];
            mistaken += p->typology == GEN_HONEST;
            if (p->typology == GEN_HONEST) continue;
            assert_true(p->first_bad_s > 0 && p->first_bad_s + 12 * HOUR_S <= s->time_s);
            grey += first;
            black += !first;
        }
    assert_in_range(grey, 8, 40);
    assert_in_range(black, 3, grey);
    assert_in_range(mistaken, 1, 2);
    assert_int_equal(withdrawn, mistaken);
}

static void lenders_hear_of_victims_and_of_others(void **state) {
    (void)state;
    size_t victims = 0, others = 0;
    for
        EACH(s) {
            if (s->kind != SIGNAL_MULTI_LOAN_APPLICATION) continue;
            const bool victim = (feed.gen->people[s->accused].past & PAST_VICTIM) != 0;
            victims += victim;
            others += !victim;
        }
    assert_true(victims > 10 && others > 3);
}

static void a_bank_answers_for_droppers_and_for_the_honest(void **state) {
    (void)state;
    size_t fraud = 0, honest = 0;
    for
        EACH(s) {
            if (s->kind != SIGNAL_OUTCOME) continue;
            const struct payment *p = payment_of(s);
            assert_non_null(p);
            assert_int_equal(p->payer, s->accused);
            assert_int_equal(p->bad, is_dropper(s->accused));
            assert_int_equal(s->result == OUTCOME_FALSE_POSITIVE, !is_dropper(s->accused));
            assert_true(p->time_s + 30 * MINUTE_S <= s->time_s);
            assert_true(s->own_recommendation);
            fraud += s->result == OUTCOME_CONFIRMED_FRAUD;
            honest += s->result == OUTCOME_FALSE_POSITIVE;
        }
    assert_true(fraud >= 5 && honest >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_says_the_same_and_another_one_something_else),
        cmocka_unit_test(every_compiler_says_the_same),
        cmocka_unit_test(the_transactions_are_the_same_without),
        cmocka_unit_test(they_come_in_the_order_of_their_reports_within_the_feed),
        cmocka_unit_test(when_one_is_taken_does_not_change_it),
        cmocka_unit_test(memory_does_not_grow_with_the_days),
        cmocka_unit_test(every_kind_is_there_and_no_id_is_used_twice),
        cmocka_unit_test(an_incident_is_about_a_payment_that_was_made_before),
        cmocka_unit_test(most_victims_complain_and_few_others_do),
        cmocka_unit_test(whoever_was_accused_by_mistake_is_mostly_cleared),
        cmocka_unit_test(victims_are_called_before_they_pay_and_others_hang_up),
        cmocka_unit_test(citizens_report_droppers_and_enemies),
        cmocka_unit_test(a_list_is_grey_then_black_and_its_mistakes_are_withdrawn),
        cmocka_unit_test(lenders_hear_of_victims_and_of_others),
        cmocka_unit_test(a_bank_answers_for_droppers_and_for_the_honest),
    };
    return cmocka_run_group_tests(tests, generate, dispose);
}
