/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_known.h"

#include <assert.h>

enum { TOKEN_MAX = 64 };

static struct signal_evidence ask(const struct naive_signals *signals, const struct party *party,
                                  struct text device, int64_t clock_s) {
    const struct text texts[] = {party->account_token, party->person_token, party->phone_token,
                                 device};
    static const enum subject_type types[] = {SUBJECT_ACCOUNT, SUBJECT_PERSON, SUBJECT_PHONE,
                                              SUBJECT_DEVICE};
    struct naive_subject subjects[4];
    char tokens[4][TOKEN_MAX];
    struct signal_evidence evidence;
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        if (texts[i].size == 0) continue;
        assert(texts[i].size < TOKEN_MAX);
        memcpy(tokens[i], texts[i].data, texts[i].size);
        tokens[i][texts[i].size] = '\0';
        subjects[count++] = (struct naive_subject){types[i], tokens[i]};
    }
    naive_signals_ask(signals, subjects, count, clock_s, &evidence);
    return evidence;
}

struct naive_known naive_known_ask(const struct naive_signals *signals,
                                   const struct transaction *tx, int64_t clock_s,
                                   struct signal_evidence evidence[2]) {
    evidence[0] = ask(signals, &tx->payer, tx->device_token, clock_s);
    evidence[1] = ask(signals, &tx->payee, (struct text){0}, clock_s);
    /* Who has no account has no evidence either. */
    const bool is_account = tx->payer.account_token.size > 0;
    return (struct naive_known){.weight = {is_account ? evidence[0].weight : 0, evidence[1].weight},
                                .called_s = evidence[0].called_s};
}

struct naive_known naive_known_of(const struct naive_signals *signals, const struct transaction *tx,
                                  int64_t clock_s) {
    struct signal_evidence evidence[2];
    return naive_known_ask(signals, tx, clock_s, evidence);
}
