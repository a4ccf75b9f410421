/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/trace_subject.h"

#include "detector/base/instant.h"
#include "detector/commands/record_json.h"
#include "models/document.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

static const char *const statuses[] = {
#define X(name) #name,
    TX_STATUS_TABLE(X)
#undef X
};

static const char *const articles[] = {[TRACED_TRANSACTION] = "a transaction",
                                       [TRACED_ACCOUNT] = "an account",
                                       [TRACED_INCIDENT] = "an incident"};

/* Incidents. */

static void own_incident(struct trace_subject *s, const char *id, size_t tx_count) {
    s->kind = TRACED_INCIDENT;
    s->name = s->owned = strdup(id);
    s->tx_ids = calloc(tx_count + 1, sizeof *s->tx_ids);
    s->unmoved = calloc(tx_count + 1, sizeof *s->unmoved);
    assert(s->name != NULL && s->tx_ids != NULL && s->unmoved != NULL && "out of memory");
}

static void take_description(struct trace_subject *s, const char *id,
                             const struct trace_description *description) {
    own_incident(s, id, 0);
    s->described = true;
    s->description = *description;
}

/* It may mean any transfer of the records: where it stands among them is not known. */
static bool take_described(const json_t *root, const char *id, const char *path,
                           struct trace_subject *s, struct error *error) {
    static const char *const keys[] = {"related_tx_ids", "subjects", "occurred_at",
                                       "amount_kzt_minor"};
    struct signal signal;
    s->texts = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(s->texts, keys[i], json_object_get(root, keys[i]));
    if (!record_json_read(CONTRACT_SIGNAL, s->texts, &signal, error))
        return error_prefix(error, "%s", path);
    const struct trace_description description = trace_describe(&signal, SIZE_MAX);
    take_description(s, id, &description);
    return true;
}

static bool take_json(const json_t *root, const char *path, struct trace_subject *s,
                      struct error *error) {
    const char *id = json_string_value(json_object_get(root, "signal_id"));
    const json_t *list = json_object_get(root, "related_tx_ids");
    if (id == NULL)
        return error_set(error, ERROR_BAD_DATA,
                         "%s: an incident is an object with a text \"signal_id\"", path);
    if (json_array_size(list) == 0) return take_described(root, id, path, s, error);
    own_incident(s, id, json_array_size(list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *tx = json_string_value(json_array_get(list, i));
        if (tx == NULL)
            return error_set(error, ERROR_BAD_DATA, "%s: related_tx_ids[%zu] is no text", path, i);
        s->tx_ids[s->tx_count++] = strdup(tx);
    }
    return true;
}

bool trace_incident_read(const char *path, struct trace_subject *s, struct error *error) {
    size_t size = 0;
    json_error_t fault;
    char *bytes = document_read(path, ERROR_IO, &size, error);
    if (bytes == NULL) return false;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &fault);
    free(bytes);
    if (root == NULL)
        return error_set(error, ERROR_BAD_DATA, "%s: line %d, column %d: %s", path, fault.line,
                         fault.column, fault.text);
    const bool ok = take_json(root, path, s, error);
    json_decref(root);
    return ok;
}

void trace_subject_free(struct trace_subject *s) {
    for (size_t i = 0; i < s->tx_count; i++)
        free((void *)s->tx_ids[i]);
    free(s->tx_ids);
    free(s->unmoved);
    free(s->owned);
    json_decref(s->texts);
}

/* Finding. */

static bool refuse_name(const struct trace_pass *p, const struct trace_subject *s,
                        struct error *error) {
    static const char *const none[] = {[TRACED_TRANSACTION] = "transaction",
                                       [TRACED_ACCOUNT] = "account",
                                       [TRACED_INCIDENT] = "incident of a signal"};
    return error_set(error, ERROR_BAD_DATA,
                     "%s is no %s of the %zu events that were accepted%s; ids are compared letter "
                     "by letter, and `saqshy features` lists accounts",
                     s->name, s->kind_given ? none[s->kind] : "transaction and no account",
                     p->count, s->kind_given || p->incidents.count == 0 ? "" : ", and no incident");
}

static bool take_incident(const struct trace_pass *p, struct trace_subject *s,
                          struct error *error) {
    const struct trace_incident *incident =
        &p->incident[names_find(&p->incidents, text_of(s->name))];
    if (incident->withdrawn || incident->rejected)
        return error_set(error, ERROR_BAD_DATA, "%s was %s; trace the transactions that it named",
                         s->name, incident->withdrawn ? "withdrawn" : "rejected");
    if (incident->description != NULL) {
        take_description(s, s->name, incident->description);
        return true;
    }
    own_incident(s, s->name, incident->tx_count);
    for (uint32_t i = 0; i < incident->tx_count; i++)
        s->tx_ids[s->tx_count++] = strndup(incident->tx_ids[i].data, incident->tx_ids[i].size);
    return true;
}

bool trace_subject_find(const struct trace_pass *p, struct trace_subject *s, struct error *error) {
    const struct names *const among[] = {[TRACED_TRANSACTION] = &p->transactions,
                                         [TRACED_ACCOUNT] = &p->accounts,
                                         [TRACED_INCIDENT] = &p->incidents};
    enum trace_kind found = TRACED_KINDS;
    for (enum trace_kind kind = 0; kind < TRACED_KINDS; kind++) {
        if (s->kind_given && s->kind != kind) continue;
        if (names_find(among[kind], text_of(s->name)) == LOOKUP_NONE) continue;
        if (found != TRACED_KINDS)
            return error_set(error, ERROR_USAGE, "%s is %s and %s; say which with --as", s->name,
                             articles[found], articles[kind]);
        found = kind;
    }
    if (found == TRACED_KINDS) return refuse_name(p, s, error);
    s->kind = found;
    return found != TRACED_INCIDENT || take_incident(p, s, error);
}

void trace_subject_window(const struct trace_pass *p, struct trace_subject *s, int64_t window_s) {
    const uint32_t account = names_find(&p->accounts, text_of(s->name)) + 1;
    int64_t last_s = INT64_MIN;
    for (size_t i = 0; i < p->count; i++) {
        const struct trail_move *m = &p->moves[i];
        if ((m->payer == account || m->payee == account) && m->second > last_s &&
            m->second <= s->to_s)
            last_s = m->second;
    }
    s->from_s = last_s == INT64_MIN ? last_s : last_s - window_s;
}

/* Marking. */

static bool mark_account(struct trace_pass *p, const struct trace_subject *s, struct error *error) {
    const uint32_t account = names_find(&p->accounts, text_of(s->name)) + 1;
    size_t marked = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct trail_move *m = &p->moves[i];
        m->source = m->payee == account && m->payer != account &&
                    m->type == EVENT_TYPE_P2P_TRANSFER && m->status == TX_STATUS_SETTLED &&
                    m->second > s->from_s && m->second <= s->to_s;
        marked += m->source;
    }
    return marked > 0 || error_set(error, ERROR_BAD_DATA,
                                   "%s has received no transfer from people in that time; give "
                                   "another --from and --to",
                                   s->name);
}

/* Of a transaction. */
struct standing {
    bool wanted, marked;
    uint8_t status; /* the last; SETTLED where there was one */
};

static void mark_wanted(struct trace_pass *p, struct standing *standings) {
    for (size_t i = 0; i < p->count; i++) {
        struct trail_move *m = &p->moves[i];
        struct standing *standing = &standings[m->tx];
        if (standing->status != TX_STATUS_SETTLED) standing->status = m->status;
        m->source = standing->wanted && m->status == TX_STATUS_SETTLED && m->payee != 0;
        standing->marked |= m->source;
    }
}

static bool refuse_transaction(const char *tx_id, const struct standing *standing,
                               struct error *error) {
    if (standing == NULL)
        return error_set(error, ERROR_BAD_DATA,
                         "%s is no transaction of an accepted event; ids are compared letter by "
                         "letter",
                         tx_id);
    if (standing->status == TX_STATUS_SETTLED)
        return error_set(error, ERROR_BAD_DATA,
                         "%s went to no account (cash, or an external side), so there is nobody to "
                         "follow it from; trace its payer's account",
                         tx_id);
    return error_set(error, ERROR_BAD_DATA,
                     "%s moved no money: all that is known of it is %s; trace one that was settled",
                     tx_id, statuses[standing->status]);
}

static bool mark_transactions(struct trace_pass *p, const char *const *tx_ids, size_t count,
                              struct trace_subject *s, struct error *error) {
    struct standing *standings = calloc(p->transactions.count + 1, sizeof *standings);
    assert(standings != NULL && "out of memory");
    for (size_t i = 0; i < count; i++) {
        const uint32_t tx = names_find(&p->transactions, text_of(tx_ids[i]));
        if (tx != LOOKUP_NONE) standings[tx].wanted = true;
    }
    mark_wanted(p, standings);
    size_t unmoved = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t tx = names_find(&p->transactions, text_of(tx_ids[i]));
        if (tx != LOOKUP_NONE && standings[tx].marked) continue;
        if (unmoved == 0)
            refuse_transaction(tx_ids[i], tx == LOOKUP_NONE ? NULL : &standings[tx], error);
        if (s->unmoved != NULL) s->unmoved[unmoved] = i;
        unmoved++;
    }
    s->unmoved_count = unmoved;
    free(standings);
    return unmoved < count;
}

/* An account whose transfers an incident may mean. */
struct meant {
    uint32_t account;
    bool out;
};

static size_t find_meant(const struct trace_pass *p, const struct trace_description *d,
                         struct meant meant[SIGNAL_SUBJECTS_MAX]) {
    size_t count = 0;
    for (uint32_t i = 0; i < d->subject_count; i++) {
        const uint32_t account = names_find(&p->accounts, d->subjects[i].token);
        if (!taint_is_of(&d->subjects[i], &meant[count].out) || account == LOOKUP_NONE) continue;
        meant[count++].account = account + 1;
    }
    return count;
}

static bool is_meant(const struct meant *meant, size_t count, const struct trail_move *m) {
    for (size_t i = 0; i < count; i++)
        if ((meant[i].out ? m->payer : m->payee) == meant[i].account) return true;
    return false;
}

static bool refuse_description(const struct trace_subject *s, bool fitting, struct error *error) {
    const struct trace_description *d = &s->description;
    char when[INSTANT_TEXT_SIZE];
    if (!d->near.occurred_at_present)
        return error_set(error, ERROR_BAD_DATA,
                         "%s names no transaction, and not when it happened; trace one of its "
                         "accounts",
                         s->name);
    if (fitting)
        return error_set(error, ERROR_BAD_DATA,
                         "%s names no transaction, and those that fit went to no account (cash, or "
                         "an external side); trace one of its accounts",
                         s->name);
    return error_set(error, ERROR_BAD_DATA,
                     "%s names no transaction, and none that its accounts received, or its victims "
                     "sent%s, is %s of %s UTC; trace one of its accounts",
                     s->name, d->before == SIZE_MAX ? "" : ", before it came",
                     d->near.amount_present ? "of its amount and within a day"
                                            : "from person to person and within an hour",
                     instant_text(d->near.occurred_at_s, when));
}

/* By the rule of the engine, but over all of the records. */
static bool mark_described(struct trace_pass *p, struct trace_subject *s, struct error *error) {
    const struct trace_description *d = &s->description;
    struct meant meant[SIGNAL_SUBJECTS_MAX];
    const size_t count = find_meant(p, d, meant);
    bool fitting = false;
    for (size_t i = 0; i < p->count && i < d->before; i++) {
        struct trail_move *m = &p->moves[i];
        if (m->status != TX_STATUS_SETTLED || !is_meant(meant, count, m) ||
            !taint_is_near(&d->near, m->second, taint_coded(m->amount),
                           m->type == EVENT_TYPE_P2P_TRANSFER))
            continue;
        fitting = true;
        m->source = m->payee != 0;
        s->fitting += m->source;
    }
    return s->fitting > 0 || refuse_description(s, fitting, error);
}

bool trace_subject_mark(struct trace_pass *p, struct trace_subject *s, struct error *error) {
    if (s->described) return mark_described(p, s, error);
    if (s->kind == TRACED_ACCOUNT) return mark_account(p, s, error);
    if (s->kind == TRACED_TRANSACTION) return mark_transactions(p, &s->name, 1, s, error);
    return mark_transactions(p, s->tx_ids, s->tx_count, s, error);
}
