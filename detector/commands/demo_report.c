/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_report.h"

#include <jansson.h>

/* Counts by the symbols of an enum, whose first is UNKNOWN. */
struct counts {
    const char *const *names;
    int64_t of[16];
    int count;
};

static struct counts states_of(const struct demo_report *r) {
    struct counts c = {.names = demo_state_names, .count = DEMO_STATES};
    for (int i = 0; i < c.count; i++)
        c.of[i] = atomic_load(&r->tally->states[i]);
    return c;
}

static struct counts actions_of(const struct demo_report *r) {
    struct counts c = {.names = demo_action_names, .count = ACTION_COUNT};
    for (int i = 0; i < c.count; i++)
        c.of[i] = atomic_load(&r->tally->actions[i]);
    return c;
}

static struct counts signals_of(const struct demo_report *r) {
    struct counts c = {.names = signal_kind_symbols, .count = SIGNAL_KIND_COUNT};
    for (int i = 0; i < c.count; i++)
        c.of[i] = atomic_load(&r->tally->signals[i]);
    return c;
}

static struct counts answers(void) {
    struct counts c = {.names = outcome_result_symbols, .count = OUTCOME_COUNT};
    for (int i = 0; i < c.count; i++)
        c.of[i] = demo_answers((enum outcome_result)i);
    return c;
}

/* JSON. */

static json_t *counts_json(struct counts c) {
    json_t *object = json_object();
    for (int i = 1; i < c.count; i++)
        json_object_set_new(object, c.names[i], json_integer(c.of[i]));
    return object;
}

static json_t *policy_json_of(const struct demo_policy_said *said) {
    if (!said->published) return json_null();
    const char *result = !said->acknowledged ? NULL : said->active ? "ACTIVE" : "REFUSED";
    return json_pack("{s:s, s:s?, s:s?}", "id", DEMO_POLICY_ID, "acknowledged", result, "shard",
                     said->shard);
}

static json_t *scores_json(const struct demo_report *r) {
    const struct scoreboard_result *s = r->result;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "recommendations",
                     (json_int_t)s->recommendations, "to_payers", (json_int_t)s->to_payers,
                     "accounts_recommended", (json_int_t)s->accounts, "droppers",
                     (json_int_t)s->labelled, "droppers_found", (json_int_t)s->found,
                     "honest_bothered", (json_int_t)(s->accounts - s->found), "median_minutes",
                     (json_int_t)s->median_minutes);
}

static json_t *numbers_json(const struct demo_report *r) {
    const struct demo_numbers *n = r->numbers;
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "transactions",
        (json_int_t)demo_transactions(n), "accounts", (json_int_t)n->accounts, "dead_letters",
        (json_int_t)n->dead_letters, "signals", (json_int_t)n->signals, "banks_answered",
        (json_int_t)n->answered, "incidents", (json_int_t)n->ending.incidents, "accounts_reported",
        (json_int_t)n->ending.accounts, "recommended_before", (json_int_t)n->ending.before,
        "recommended_after", (json_int_t)n->ending.after);
}

static json_t *kinds_json(const struct demo_report *r) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "states", counts_json(states_of(r)),
                     "actions_issued", counts_json(actions_of(r)), "signals_by_kind",
                     counts_json(signals_of(r)), "answers", counts_json(answers()), "policy",
                     policy_json_of(&r->numbers->policy));
}

void demo_report_json(const struct demo_report *r, FILE *out) {
    json_t *all =
        json_pack("{s:b, s:s, s:I, s:f}", "interrupted", (int)r->interrupted, "bootstrap_servers",
                  r->bootstrap_servers, "seed", (json_int_t)r->gen->seed, "seconds", r->seconds);
    json_object_update_new(all, numbers_json(r));
    json_object_update_new(all, scores_json(r));
    json_object_update_new(all, kinds_json(r));
    json_dumpf(all, out, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(all);
    fputc('\n', out);
}

/* Text. */

static void print_counts(const char *what, struct counts c, FILE *out) {
    fprintf(out, "%-26s", what);
    for (int i = 1, printed = 0; i < c.count; i++)
        if (c.of[i] > 0)
            fprintf(out, "%s%lld %s", printed++ > 0 ? ", " : "", (long long)c.of[i], c.names[i]);
    fputc('\n', out);
}

static void print_scores(const struct demo_report *r, FILE *out) {
    const struct scoreboard_result *s = r->result;
    const long long taken = demo_transactions(r->numbers);
    fprintf(out,
            "%s%lld transactions in %.1f s (%.0f/s), every one decoded, applied and scored; "
            "%lld recommendations, %lld more to payers\n"
            "planted droppers found:   %lld of %lld",
            r->interrupted ? "interrupted; so far: " : "", taken, r->seconds,
            (double)taken / r->seconds, (long long)s->recommendations, (long long)s->to_payers,
            (long long)s->found, (long long)s->labelled);
    if (s->median_minutes >= 0)
        fprintf(out, ", half of them within %lld min of their first bad credit",
                (long long)s->median_minutes);
    fprintf(out, "\nhonest accounts bothered: %lld of %lld\n", (long long)(s->accounts - s->found),
            (long long)r->gen->accounts);
}

void demo_report_text(const struct demo_report *r, FILE *out) {
    char line[DEMO_LINE_SIZE];
    print_scores(r, out);
    print_counts("advice by its state:", states_of(r), out);
    print_counts("issued by action:", actions_of(r), out);
    print_counts("answers by result:", answers(), out);
    print_counts("signals by kind:", signals_of(r), out);
    fprintf(out, "%s\n", demo_story_line(r->numbers, line));
    fprintf(out, "%s\n", demo_policy_line(&r->numbers->policy, line));
    fprintf(out,
            "A person at the bank decides; docs/MODEL_CARD.md says what the model is worth.\n"
            "next: saqshy demo --seed %llu            another town\n"
            "      saqshy gen --out feed.avro --labels labels.csv\n"
            "      saqshy replay --engine --input feed.avro --labels labels.csv\n"
            "      saqshy check --config deploy/saqshy.conf.sample   your own Kafka\n",
            (unsigned long long)r->gen->seed + 1);
}
