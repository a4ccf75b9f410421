/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that come by the policy topic. A record of it is the last of its batch. It is judged
 * whole where it stands in the order, whatever comes of it is acknowledged in the same commit, and
 * what is accepted comes into force behind that commit, so that an order record is decided by one
 * pair. A replay obeys what the order log says became of it. */
#include "detector/base/build_info.h"
#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/service/metrics.h"
#include "detector/session.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACK_KEY_SIZE = 1024 };

static const char *const origins[] = {"files", "topic"};

/* The row of the batch in hand that may change the documents; NULL: none. */
static const struct input *last_row(const struct session *s) {
    const struct batch *b = s->batch;
    if (b->count == 0 || b->input[b->count - 1].kind != INPUT_POLICY) return NULL;
    return &b->input[b->count - 1];
}

static enum verdict *verdict_of_last(const struct session *s) {
    return &s->batch->verdict[s->batch->count - 1];
}

/* Judging. */

static bool check_persons(const struct session *s, const struct policy_change *change,
                          struct error *error) {
    const bool asked = s->pipeline->settings->policy_two_persons && !s->replaying;
    return !asked || policy_change_by_two(change, error);
}

static void note_names(struct session *s, const struct policy_change *change) {
    snprintf(s->change.author, sizeof s->change.author, "%s", change->author);
    snprintf(s->change.approver, sizeof s->change.approver, "%s", change->approver);
}

static bool propose(struct session *s, const struct input *input, struct error *error) {
    struct policy_change change;
    const char *name = input->record.key.data == NULL ? "" : (const char *)input->record.key.data;
    const struct text key = {name, input->record.key.size};
    s->change.author[0] = s->change.approver[0] = '\0';
    if (!policy_change_read(&change, input->record.value, error)) return false;
    note_names(s, &change);
    const bool proposed = check_persons(s, &change, error) &&
                          documents_propose(s->pipeline->documents, &change, key, error);
    policy_change_free(&change);
    return proposed;
}

/* What a document says ends in a log line and in JSON; it may have been cut within a character. */
static void flatten(char *text) {
    json_t *whole = json_string(text);
    for (; *text != '\0'; text++) {
        const bool broken = whole == NULL && (*text & 0x80) != 0;
        if ((unsigned char)*text < ' ' || *text == 0x7f || broken) *text = '?';
        if (*text == '"') *text = '\'';
    }
    json_decref(whole);
}

static void refuse(struct session *s, const struct input *input) {
    char *text = s->batch->verdict_text[s->batch->count - 1];
    flatten(s->change.why.text);
    *verdict_of_last(s) = VERDICT_DOCUMENT_REFUSED;
    snprintf(text, sizeof s->batch->verdict_text[0], "%.120s", s->change.why.text);
    documents_tidy(s->pipeline->documents);
    metrics_add(METRIC_POLICY_REFUSED, 1);
    log_warn("event=policy_refused topic=%s partition=%d offset=%lld author=\"%s\" why=\"%s\" "
             "next=\"the documents in force stay; publish it mended\"",
             input->topic, (int)input->partition, (long long)input->record.offset, s->change.author,
             s->change.why.text);
}

bool session_judge_change(struct session *s, struct error *error) {
    const struct input *input = last_row(s);
    if (input == NULL || *verdict_of_last(s) != VERDICT_DOCUMENT) return true;
    s->change.why = (struct error){.code = ERROR_NONE};
    s->change.ordinal = input->ordinal;
    if (propose(s, input, &s->change.why)) return true;
    if (s->change.why.code != ERROR_CONFIG) {
        *error = s->change.why;
        return false;
    }
    if (s->replaying)
        return error_set(error, ERROR_CONFIG,
                         "%s/%d offset %lld was put into force, and this build refuses it: %s; "
                         "start with the build that took it, or with --rebuild",
                         input->topic, (int)input->partition, (long long)input->record.offset,
                         s->change.why.text);
    refuse(s, input);
    return true;
}

/* Acknowledging. */

static json_t *pair_json(const struct model *model, const struct policy *policy) {
    return json_pack("{s:{s:s, s:s}, s:{s:s, s:s}}", "model", "id", model_id(model), "sha256",
                     model_sha256(model), "policy", "id", policy_id(policy), "sha256",
                     policy_sha256(policy));
}

static json_t *in_force_json(const struct documents *d) {
    return documents_next(d) != NULL ? pair_json(documents_next_model(d), documents_next(d))
                                     : pair_json(documents_model(d), documents_policy(d));
}

static char *ack_json(const struct session *s, const struct input *input) {
    char sha256[DIGEST_HEX_SIZE];
    const bool refused = *verdict_of_last(s) == VERDICT_DOCUMENT_REFUSED;
    digest_sha256_hex(input->record.value.data, input->record.value.size, sha256);
    json_t *ack = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i, s:I}, s:i, s:I, s:I, s:o, s:s}", "format",
        POLICY_ACK_FORMAT, "shard", s->pipeline->settings->shard_id, "result",
        refused ? "REFUSED" : "ACTIVE", "why", refused ? s->change.why.text : "", "author",
        s->change.author, "approver", s->change.approver, "change_sha256", sha256, "position",
        "topic", input->topic, "partition", (int)input->partition, "offset",
        (json_int_t)input->record.offset, "epoch", (int)s->epoch, "order_sequence",
        (json_int_t)s->next_order, "ordinal", (json_int_t)input->ordinal, "in_force",
        in_force_json(s->pipeline->documents), "build", build_info_version());
    char *json = json_dumps(ack, JSON_COMPACT);
    json_decref(ack);
    return json;
}

static bool is_acknowledged(const struct session *s) {
    return s->pipeline->options.acknowledge && !s->replaying &&
           (*verdict_of_last(s) == VERDICT_DOCUMENT ||
            *verdict_of_last(s) == VERDICT_DOCUMENT_REFUSED);
}

bool session_acknowledge(struct session *s, struct error *error) {
    const struct input *input = last_row(s);
    if (input == NULL || !is_acknowledged(s)) return true;
    char key[ACK_KEY_SIZE];
    char *json = ack_json(s, input);
    if (json == NULL) return error_set(error, ERROR_FAILED, "no memory to acknowledge a change");
    snprintf(key, sizeof key, POLICY_ACK_PREFIX "%s/%.*s", s->pipeline->settings->shard_id,
             (int)(input->record.key.size < DOCUMENT_ID_BYTES_MAX ? input->record.key.size
                                                                  : DOCUMENT_ID_BYTES_MAX),
             input->record.key.data == NULL ? "" : (const char *)input->record.key.data);
    const struct port_message message = {
        .topic = input->topic,
        .partition = input->partition,
        .key = {(const uint8_t *)key, (uint32_t)strlen(key)},
        .value = {(const uint8_t *)json, (uint32_t)strlen(json)},
    };
    const bool added = publish_note(s->publish, &message, error);
    free(json);
    return added;
}

/* Coming into force. */

static uint64_t digits_of(const char *sha256) {
    char digits[17];
    snprintf(digits, sizeof digits, "%.16s", sha256);
    return strtoull(digits, NULL, 16);
}

void session_show_documents(const struct session *s) {
    const struct documents *d = s->pipeline->documents;
    metrics_name_documents(digits_of(model_sha256(documents_model(d))),
                           digits_of(policy_sha256(documents_policy(d))),
                           origins[documents_are_published(d)]);
    if (documents_are_published(d) && !documents_are_of_files(d))
        log_warn("event=policy_of_topic model=%.8s policy=%.8s next=\"the policy topic put these "
                 "into force: model.path and policy.path count no more; publish a file to change "
                 "them\"",
                 model_sha256(documents_model(d)), policy_sha256(documents_policy(d)));
}

static void say_active(const struct session *s) {
    const struct documents *d = s->pipeline->documents;
    metrics_add(METRIC_POLICY_ACTIVATIONS, 1);
    metrics_name_documents(digits_of(model_sha256(documents_model(d))),
                           digits_of(policy_sha256(documents_policy(d))), origins[1]);
    log_info("event=policy_active model=%.8s policy=%.8s author=\"%s\" approver=\"%s\" epoch=%d "
             "ordinal=%llu",
             model_sha256(documents_model(d)), policy_sha256(documents_policy(d)), s->change.author,
             s->change.approver, (int)s->epoch, (unsigned long long)s->change.ordinal);
}

bool session_change(struct session *s, struct error *error) {
    struct pipeline *p = s->pipeline;
    if (documents_next(p->documents) == NULL) return true;
    documents_change(p->documents);
    if (!session_judge(s, error)) return false;
    documents_tidy(p->documents);
    if (s->replaying) return true;
    shadows_follow(p->shadows, documents_policy(p->documents));
    say_active(s);
    return true;
}
