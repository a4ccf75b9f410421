/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_words.h"

#include <stdio.h>
#include <time.h>

enum { UTC_PLUS_5_S = 5 * 3600 };

const char *demo_grouped(int64_t number, char out[32]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    int at = 0;
    for (int i = 0; i < length; i++) {
        out[at++] = digits[i];
        const int left = length - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-') out[at++] = ',';
    }
    out[at] = '\0';
    return out;
}

/* A recommendation. */

static bool is_payer_side(const struct recommendation *r) {
    return r->payee_id.data != NULL;
}

static bool is_over(const struct recommendation *r) {
    return r->state == RECOMMENDATION_WITHDRAWN || r->state == RECOMMENDATION_EXPIRED;
}

static const char *write_time(int64_t second, char out[20]) {
    const time_t local_s = (time_t)(second + UTC_PLUS_5_S);
    struct tm utc;
    gmtime_r(&local_s, &utc);
    strftime(out, 20, "%d %b %H:%M", &utc);
    return out;
}

static void write_money(const struct recommendation *r, char *out, size_t size) {
    char amount[32];
    demo_grouped(r->at_risk_kzt_minor / 100, amount);
    if (is_over(r))
        out[0] = '\0';
    else if (is_payer_side(r))
        snprintf(out, size, "  about to pay %s KZT", amount);
    else
        snprintf(out, size, "  p=%.2f  %s KZT still there", r->probability, amount);
}

static void write_head(const struct recommendation *r, char line[DEMO_LINE_SIZE]) {
    char money[80], when[20];
    write_money(r, money, sizeof money);
    snprintf(line, DEMO_LINE_SIZE, "%s  %-19s %-9s %s %.8s…%s",
             write_time(r->issued_at_us / 1000000, when), demo_action_names[r->action],
             demo_state_names[r->state], is_payer_side(r) ? "payer  " : "account",
             r->target_account_token.data, money);
}

static void write_reasons(const struct recommendation *r, struct demo_shown *shown) {
    int line = 1;
    for (uint32_t i = 0; i < r->reason_count && line < DEMO_SHOWN_LINES; i++) {
        const struct reason *reason = &r->reasons[i];
        if (reason->feature[0] == '\0' || reason->contribution <= 0) continue;
        snprintf(shown->lines[line++], DEMO_LINE_SIZE, "    %+.2f  %s", reason->contribution,
                 reason->text_en);
    }
}

static void write_change(const struct recommendation *r, char line[DEMO_LINE_SIZE]) {
    int size = snprintf(line, DEMO_LINE_SIZE, "    %s:", r->change.why);
    for (uint32_t i = 0; i < r->change.what_count && size < DEMO_LINE_SIZE; i++)
        size += snprintf(line + size, (size_t)(DEMO_LINE_SIZE - size), "%s %s", i > 0 ? "," : "",
                         r->change.what[i]);
}

void demo_show(const struct recommendation *r, struct demo_shown *shown) {
    *shown = (struct demo_shown){0};
    write_head(r, shown->lines[0]);
    if (r->state == RECOMMENDATION_AMENDED)
        write_change(r, shown->lines[1]);
    else if ((is_over(r) || is_payer_side(r)) && r->reason_count > 0)
        snprintf(shown->lines[1], DEMO_LINE_SIZE, "    %s", r->reasons[0].text_en);
    else
        write_reasons(r, shown);
}

/* Lines of numbers. */

const char *demo_story_line(const struct demo_numbers *n, char out[DEMO_LINE_SIZE]) {
    const struct demo_ending *e = &n->ending;
    snprintf(out, DEMO_LINE_SIZE,
             "signals %lld: %lld incidents about %lld accounts; a recommendation before the first "
             "for %lld, after it for %lld, none for %lld",
             (long long)n->signals, (long long)e->incidents, (long long)e->accounts,
             (long long)e->before, (long long)e->after,
             (long long)(e->accounts - e->before - e->after));
    return out;
}

const char *demo_advice_line(const struct demo_numbers *n, const struct demo_tally *t,
                             char out[DEMO_LINE_SIZE]) {
    int size = snprintf(out, DEMO_LINE_SIZE, "advice ");
    for (int state = RECOMMENDATION_ISSUED; state < DEMO_STATES; state++)
        size += snprintf(out + size, (size_t)(DEMO_LINE_SIZE - size), "%s %lld   ",
                         demo_state_names[state], (long long)atomic_load(&t->states[state]));
    snprintf(out + size, (size_t)(DEMO_LINE_SIZE - size), "answered by banks %lld",
             (long long)n->answered);
    return out;
}

const char *demo_policy_line(const struct demo_policy_said *said, char out[DEMO_LINE_SIZE]) {
    char when[20];
    write_time(said->at_s, when);
    if (!said->acknowledged)
        snprintf(out, DEMO_LINE_SIZE, "policy %s",
                 said->published ? DEMO_POLICY_ID " is published, not yet acknowledged"
                                 : "that of the start");
    else if (said->active)
        snprintf(out, DEMO_LINE_SIZE,
                 "policy %s ACTIVE in %s from %s on; by %s, approved by %s: %s", DEMO_POLICY_ID,
                 said->shard, when, said->author, said->approver, said->reason);
    else
        snprintf(out, DEMO_LINE_SIZE, "policy %s REFUSED by %s: %s", DEMO_POLICY_ID, said->shard,
                 said->why);
    return out;
}
