/* SPDX-License-Identifier: Apache-2.0 */
/* For a terminal. Texts are anybody's: what would steer a terminal is not printed. */
#include "detector/base/printable.h"
#include "detector/commands/explain_words.h"
#include "detector/commands/freeze_show.h"
#include "detector/commands/freeze_words.h"
#include "detector/commands/text_columns.h"
#include "detector/commands/trace_words.h"

#include <string.h>

enum { HEAD_WIDTH = 28, TIME_SHOWN = 19, TEXT_SIZE = 1024 };

struct writer {
    FILE *out;
    const struct freeze_show *show;
    enum language language;
};

static const char *word(const struct writer *w, enum freeze_word which) {
    return freeze_word(which, w->language);
}

static void put_head(const struct writer *w, const char *head) {
    fputs("  ", w->out);
    columns_left(head, HEAD_WIDTH, w->out);
}

static void put_line(const struct writer *w, const char *head, const char *text) {
    if (text == NULL || text[0] == '\0') return;
    put_head(w, head);
    printable_put(text, w->out);
    putc('\n', w->out);
}

static const char *text_in(const json_t *object, const char *field) {
    const char *text = json_string_value(json_object_get(object, field));
    return text == NULL ? "" : text;
}

static long long number_in(const json_t *object, const char *field) {
    return (long long)json_integer_value(json_object_get(object, field));
}

/* Values. */

/* "2026-01-31 12:00:00" of "2026-01-31T12:00:00.000000Z". */
static const char *time_text(const char *time, char out[TEXT_SIZE]) {
    const char *fraction = strrchr(time, '.');
    snprintf(out, TEXT_SIZE, "%.*s", fraction == NULL ? TIME_SHOWN : (int)(fraction - time), time);
    char *t = strchr(out, 'T');
    if (t != NULL) *t = ' ';
    return out;
}

static const char *list_text(const struct writer *w, const json_t *list, char out[TEXT_SIZE]) {
    const json_t *item;
    size_t i, size = 0;
    out[0] = '\0';
    json_array_foreach((json_t *)list, i, item) {
        const int more = snprintf(out + size, TEXT_SIZE - size, "%s%s", i == 0 ? "" : ", ",
                                  json_string_value(item) == NULL ? "" : json_string_value(item));
        if ((size_t)more >= TEXT_SIZE - size) break;
        size += (size_t)more;
    }
    if (i == 0) snprintf(out, TEXT_SIZE, "%s", word(w, FREEZE_WORD_NONE));
    return out;
}

static bool is_money(const char *field) {
    return strstr(field, "_kzt_minor") != NULL;
}

static bool is_time(const char *field) {
    return strcmp(field, "decide_by") == 0 || strcmp(field, "valid_until") == 0;
}

static const char *value_text(const struct writer *w, const json_t *fields, const char *field,
                              char out[TEXT_SIZE]) {
    const json_t *value = json_object_get(fields, field);
    char money[EXPLAIN_VALUE_SIZE];
    if (json_is_array(value)) return list_text(w, value, out);
    if (json_is_string(value) && is_time(field)) return time_text(json_string_value(value), out);
    if (json_is_integer(value) && is_money(field))
        snprintf(out, TEXT_SIZE, "%s", explain_money(json_integer_value(value), money));
    else if (json_is_integer(value))
        snprintf(out, TEXT_SIZE, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, TEXT_SIZE, "%.4f", json_real_value(value));
    else
        snprintf(out, TEXT_SIZE, "%s",
                 json_is_string(value) ? json_string_value(value) : word(w, FREEZE_WORD_NONE));
    return out;
}

/* The number of a symbol; 0, UNKNOWN, for none of them. */
static size_t symbol_in(const json_t *fields, const char *field, const char *const *symbols,
                        size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(text_in(fields, field), symbols[i]) == 0) return i;
    return 0;
}

/* Parts of a revision. */

static void put_cause(const struct writer *w, const json_t *fields) {
    const json_t *change = json_object_get(fields, "change");
    put_line(w, word(w, FREEZE_WORD_CAUSE), text_in(change, "why"));
    put_line(w, word(w, FREEZE_WORD_SIGNALS), text_in(change, "signal_id"));
}

static void put_changes(const struct writer *w, const struct freeze_revision *before,
                        const struct freeze_revision *after) {
    char from[TEXT_SIZE], to[TEXT_SIZE];
    bool any = false;
    if (before == NULL) return;
    fprintf(w->out, "  %s\n", word(w, FREEZE_WORD_CHANGED));
    for (size_t i = 0; i < freeze_story_field_count; i++) {
        const char *field = freeze_story_fields[i];
        if (freeze_story_same(before, after, field)) continue;
        fprintf(w->out, "    %s: ", field);
        printable_put(value_text(w, before->fields, field, from), w->out);
        fputs(" → ", w->out);
        printable_put(value_text(w, after->fields, field, to), w->out);
        putc('\n', w->out);
        any = true;
    }
    if (!any) fprintf(w->out, "    %s\n", word(w, FREEZE_WORD_NOTHING));
}

static void put_action(const struct writer *w, const json_t *fields) {
    const size_t action = symbol_in(fields, "action", freeze_action_symbols, ACTION_COUNT);
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%s (%s)", text_in(fields, "action"),
             explain_action((enum action)action, w->language));
    put_line(w, trace_word(TRACE_ACTION, w->language), text);
}

static void put_score(const struct writer *w, const json_t *fields) {
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.4f, %s %.1f %%, %s %.4f",
             json_number_value(json_object_get(fields, "score")),
             explain_word(EXPLAIN_PROBABILITY, w->language),
             json_number_value(json_object_get(fields, "probability")) * 100,
             explain_word(EXPLAIN_THRESHOLD, w->language),
             json_number_value(json_object_get(fields, "threshold")));
    put_line(w, explain_word(EXPLAIN_SCORE, w->language), text);
}

static void put_advice(const struct writer *w, const json_t *fields) {
    char text[TEXT_SIZE];
    put_action(w, fields);
    put_line(w, word(w, FREEZE_WORD_PRIORITY), text_in(fields, "priority"));
    put_line(w, word(w, FREEZE_WORD_HOLD), value_text(w, fields, "hold_amount_kzt_minor", text));
    put_line(w, trace_word(TRACE_AT_RISK, w->language),
             value_text(w, fields, "at_risk_kzt_minor", text));
    put_line(w, word(w, FREEZE_WORD_DECIDE_BY), value_text(w, fields, "decide_by", text));
    put_line(w, word(w, FREEZE_WORD_VALID_UNTIL), value_text(w, fields, "valid_until", text));
    put_score(w, fields);
    put_line(w, word(w, FREEZE_WORD_TRANSACTIONS), value_text(w, fields, "target_tx_ids", text));
    put_line(w, word(w, FREEZE_WORD_SIGNALS), value_text(w, fields, "signal_ids", text));
    put_line(w, word(w, FREEZE_WORD_PROTECTED), value_text(w, fields, "protected_flows", text));
    if (json_is_string(json_object_get(fields, "payee_recommendation_id")))
        put_line(w, word(w, FREEZE_WORD_PAYEE), text_in(fields, "payee_recommendation_id"));
}

static void put_evidence(const struct writer *w, const json_t *evidence) {
    char time[TEXT_SIZE], money[EXPLAIN_VALUE_SIZE];
    fputs("              ", w->out);
    printable_put(text_in(evidence, "topic"), w->out);
    fprintf(w->out, "/%lld/%lld  %s  %s KZT  ", number_in(evidence, "partition"),
            number_in(evidence, "offset"), time_text(text_in(evidence, "event_time"), time),
            explain_money(number_in(evidence, "amount_minor"), money));
    printable_put(text_in(evidence, "tx_id"), w->out);
    putc('\n', w->out);
}

static void put_reason(const struct writer *w, const json_t *reason) {
    static const char *const names[] = {NULL, "EXACT", "APPROXIMATE", "COLD_START", "LATE"};
    char field[16];
    const json_t *item;
    size_t i, quality = 0;
    snprintf(field, sizeof field, "text_%s", language_name[w->language]);
    for (i = 1; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text_in(reason, "quality"), names[i]) == 0) quality = i;
    fprintf(w->out, "    %+8.4f  ", json_number_value(json_object_get(reason, "contribution")));
    printable_put(text_in(reason, field), w->out);
    fputs("  [", w->out);
    printable_put(text_in(reason, "code"), w->out);
    putc(']', w->out);
    const char *said = explain_quality((enum quality)quality, w->language);
    if (said[0] != '\0') fprintf(w->out, " (%s)", said);
    putc('\n', w->out);
    json_array_foreach(json_object_get(reason, "evidence"), i, item) put_evidence(w, item);
}

static void put_reasons(const struct writer *w, const json_t *fields) {
    const json_t *reason;
    size_t i;
    fprintf(w->out, "  %s\n", word(w, FREEZE_WORD_WHY));
    json_array_foreach(json_object_get(fields, "reasons"), i, reason) put_reason(w, reason);
}

static void put_party(const struct writer *w, const json_t *hop, const char *field) {
    char token[FREEZE_TOKEN_SIZE];
    const char *party = json_string_value(json_object_get(hop, field));
    printable_put(party == NULL ? trace_word(TRACE_NO_ACCOUNT, w->language)
                                : freeze_token(w->show->query, party, token),
                  w->out);
}

static void put_trail(const struct writer *w, const json_t *fields) {
    const json_t *trail = json_object_get(fields, "money_trail"), *hop;
    char time[TEXT_SIZE], money[EXPLAIN_VALUE_SIZE];
    size_t i;
    if (json_array_size(trail) > 0) fprintf(w->out, "  %s\n", trace_word(TRACE_TITLE, w->language));
    json_array_foreach((json_t *)trail, i, hop) {
        fprintf(w->out, "    %lld  %s  %s KZT  ", number_in(hop, "hop"),
                time_text(text_in(hop, "event_time"), time),
                explain_money(number_in(hop, "amount_minor"), money));
        put_party(w, hop, "from");
        fputs(" → ", w->out);
        put_party(w, hop, "to");
        fputs("  ", w->out);
        printable_put(text_in(hop, "tx_id"), w->out);
        putc('\n', w->out);
    }
}

static void put_document(const struct writer *w, const json_t *fields, enum trace_word head,
                         const char *id, const char *sha256) {
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.400s, SHA-256 %.100s", text_in(fields, id),
             text_in(fields, sha256));
    put_line(w, trace_word(head, w->language), text);
}

static void put_origin(const struct writer *w, const struct freeze_revision *r) {
    const json_t *fields = r->fields;
    char text[TEXT_SIZE];
    put_document(w, fields, TRACE_MODEL, "model_id", "model_sha256");
    put_document(w, fields, TRACE_POLICY, "policy_id", "policy_sha256");
    put_line(w, word(w, FREEZE_WORD_BUILD), text_in(fields, "build"));
    snprintf(text, sizeof text, "%.400s/%lld/%lld", text_in(fields, "input_topic"),
             number_in(fields, "input_partition"), number_in(fields, "input_offset"));
    put_line(w, word(w, FREEZE_WORD_INPUT), text);
    snprintf(text, sizeof text, "%.250s/%d/%lld", w->show->query->options->topic_recommendations,
             (int)r->partition, (long long)r->offset);
    put_line(w, word(w, FREEZE_WORD_OUTPUT), text);
    snprintf(text, sizeof text, "%lld", number_in(fields, "sequence"));
    put_line(w, word(w, FREEZE_WORD_SEQUENCE), text);
    put_line(w, word(w, FREEZE_WORD_HASH), r->sha256);
    put_line(w, word(w, FREEZE_WORD_PREVIOUS), text_in(fields, "previous_hash"));
}

static void put_revision(const struct writer *w, size_t index) {
    const struct freeze_revision *r = freeze_story_at(w->show->story, index);
    const size_t state =
        symbol_in(r->fields, "state", freeze_state_symbols, RECOMMENDATION_EXPIRED + 1);
    char issued[TEXT_SIZE];
    fprintf(w->out, "\n%s %lld: %s\n", word(w, FREEZE_WORD_REVISION), (long long)r->number,
            trace_state((enum recommendation_state)state, w->language));
    put_line(w, word(w, FREEZE_WORD_ISSUED), time_text(text_in(r->fields, "issued_at"), issued));
    put_changes(w, index == 0 ? NULL : freeze_story_at(w->show->story, index - 1), r);
    put_cause(w, r->fields);
    put_advice(w, r->fields);
    put_reasons(w, r->fields);
    put_trail(w, r->fields);
    put_origin(w, r);
}

/* The head. */

static void put_outcome(const struct writer *w) {
    const struct outcome *o = w->show->outcome;
    char money[EXPLAIN_VALUE_SIZE], text[TEXT_SIZE];
    if (o == NULL) {
        put_line(w, word(w, FREEZE_WORD_OUTCOME), word(w, FREEZE_WORD_NO_OUTCOME));
        return;
    }
    snprintf(text, sizeof text, "%s (%s), %s%s%s", outcome_result_symbols[o->result],
             freeze_result_word(o->result, w->language), signal_source_symbols[o->source],
             o->held_present ? ", KZT " : "",
             o->held_present ? explain_money(o->held_tiyn, money) : "");
    put_line(w, word(w, FREEZE_WORD_OUTCOME), text);
}

static void put_standing(const struct writer *w) {
    char span[FREEZE_SPAN_SIZE], text[TEXT_SIZE];
    const char *standing = freeze_standing_word(w->show->standing, w->language);
    snprintf(text, sizeof text, "%s (%s: %s)", standing, word(w, FREEZE_WORD_DECIDE_BY),
             freeze_span(w->show->decide_in_s, w->language, span));
    put_line(w, word(w, FREEZE_WORD_NOW), w->show->standing == FREEZE_OPEN ? text : standing);
}

void freeze_show_text(const struct freeze_show *show, FILE *out) {
    const struct writer w = {out, show, show->query->language};
    const size_t count = freeze_story_count(show->story);
    const json_t *last = freeze_story_at(show->story, count - 1)->fields;
    char token[FREEZE_TOKEN_SIZE];
    fprintf(out, "%s ", explain_word(EXPLAIN_RECOMMENDATION, w.language));
    printable_put(text_in(last, "recommendation_id"), out);
    fprintf(out, "\n%s\n\n", explain_word(EXPLAIN_PERSON_DECIDES, w.language));
    put_standing(&w);
    put_outcome(&w);
    put_line(&w, explain_word(EXPLAIN_ACCOUNT, w.language),
             freeze_token(show->query, text_in(last, "target_account_token"), token));
    put_line(&w, word(&w, FREEZE_WORD_ADDRESSEE), text_in(last, "addressee_bic"));
    for (size_t i = 0; i < count; i++)
        put_revision(&w, i);
}
