/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/admit.h"

#define YEAR_2000_S 946684800
#define YEAR_2100_S 4102444800
enum { AHEAD_OF_RECORD_S = 86400 };

int64_t admit_clock_s(const struct transaction *tx) {
    return tx->ingest_time_present ? tx->ingest_time_s : tx->event_time_s;
}

static bool time_in_range(int64_t second) {
    return second >= YEAR_2000_S && second < YEAR_2100_S;
}

static enum verdict admit_amount(struct transaction *tx, const char **why) {
    const bool tenge = text_equal(tx->currency, text_of("KZT"));
    tx->amount_tiyn = tx->amount_kzt_present ? tx->amount_kzt_minor : tx->amount_minor;
    if (!tx->amount_kzt_present && !tenge) {
        *why = "currency is not KZT and amount_kzt_minor is absent";
        return VERDICT_BAD_CURRENCY;
    }
    if (tx->amount_kzt_present && tenge && tx->amount_kzt_minor != tx->amount_minor) {
        *why = "currency is KZT, but amount_minor and amount_kzt_minor differ";
        return VERDICT_BAD_CURRENCY;
    }
    if (tx->amount_tiyn >= 0 && tx->amount_minor >= 0) return VERDICT_ACCEPTED;
    *why = "the amount is negative";
    return VERDICT_BAD_AMOUNT;
}

static enum verdict admit_time(const struct transaction *tx, int64_t clock_s, const char **why) {
    if (!time_in_range(tx->event_time_s) || !time_in_range(admit_clock_s(tx))) {
        *why = "event_time or ingest_time lies outside the years 2000 to 2100";
        return VERDICT_BAD_TIME;
    }
    if (tx->event_time_s > admit_clock_s(tx) + ADMIT_FUTURE_S) {
        *why = "event_time is more than 5 minutes after ingest_time";
        return VERDICT_FUTURE_TIME;
    }
    if (clock_s == INT64_MIN || tx->event_time_s >= clock_s - ADMIT_LATE_S) return VERDICT_ACCEPTED;
    *why = "event_time is more than 7 days behind the engine clock";
    return VERDICT_LATE;
}

enum verdict admit(struct transaction *tx, int64_t clock_s, const char **why) {
    if (tx->tx_id.size == 0 || tx->event_id.size == 0) {
        *why = "tx_id or event_id is empty";
        return VERDICT_BAD_VALUE;
    }
    if (tx->payer.account_token.size == 0 && tx->payee.account_token.size == 0) {
        *why = "neither payer nor payee names an account";
        return VERDICT_NO_ACCOUNT;
    }
    const enum verdict amount = admit_amount(tx, why);
    return amount != VERDICT_ACCEPTED ? amount : admit_time(tx, clock_s, why);
}

enum verdict admit_clock(const struct transaction *tx, int64_t record_ms, const char **why) {
    if (record_ms <= 0 || admit_clock_s(tx) <= record_ms / 1000 + AHEAD_OF_RECORD_S)
        return VERDICT_ACCEPTED;
    *why = "ingest_time is more than a day after the record's own time stamp";
    return VERDICT_FUTURE_TIME;
}
