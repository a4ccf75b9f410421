/* SPDX-License-Identifier: Apache-2.0 */
/* Property: a record of the policy topic is a change or is refused with a reason. A change names
 * its author in few plain words and holds a document; written again, it says the same. A document
 * in it is taken with its bytes as they are, or refused with a reason.
 * Input: the value of the record. */
#include "detector/policy.h"
#include "detector/policy_change.h"
#include "models/model.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static struct model *shipped;

static void close_all(void) {
    model_free(shipped);
}

static void open_once(void) {
    struct error error;
    shipped = model_shipped(&error);
    fuzz_must(shipped != NULL, "no model to begin with");
    atexit(close_all);
}

static void must_say_why(const struct error *error) {
    fuzz_must(error->code == ERROR_CONFIG && error->text[0] != '\0', "a refusal without a reason");
}

static void must_be_words(const char *text, size_t bytes_max) {
    fuzz_must(strlen(text) <= bytes_max, "more words than there may be");
    for (; *text != '\0'; text++)
        fuzz_must((unsigned char)*text >= ' ' && *text != 0x7f && *text != '"',
                  "words that are not plain");
}

static void must_be_same(const char *a, size_t a_size, const char *b, size_t b_size) {
    fuzz_must((a == NULL) == (b == NULL) && a_size == b_size &&
                  (a == NULL || memcmp(a, b, a_size) == 0),
              "written again, it says something else");
}

static void write_again(const struct policy_change *c) {
    struct policy_change again;
    struct error error;
    size_t size = 0;
    char *json = policy_change_write(c, &size, &error);
    fuzz_must(json != NULL, "it cannot be written again");
    fuzz_must(policy_change_read(&again, (struct bytes){(uint8_t *)json, (uint32_t)size}, &error),
              "written again, it is refused");
    must_be_same(c->author, strlen(c->author), again.author, strlen(again.author));
    must_be_same(c->approver, strlen(c->approver), again.approver, strlen(again.approver));
    must_be_same(c->reason, strlen(c->reason), again.reason, strlen(again.reason));
    must_be_same(c->policy, c->policy_size, again.policy, again.policy_size);
    must_be_same(c->model, c->model_size, again.model, again.model_size);
    policy_change_free(&again);
    free(json);
}

static void take_policy(const struct policy_change *c, const struct model *model) {
    struct error error;
    size_t size = 0;
    if (c->policy == NULL) return;
    struct policy *policy = policy_parse(c->policy, c->policy_size, "the policy", model, &error);
    if (policy == NULL) {
        must_say_why(&error);
        return;
    }
    const char *json = policy_json(policy, &size);
    must_be_same(c->policy, c->policy_size, json, size);
    policy_free(policy);
}

static void take_documents(const struct policy_change *c) {
    struct error error;
    struct model *model = NULL;
    if (c->model != NULL) {
        model = model_parse(c->model, c->model_size, "the model", &error);
        if (model == NULL) must_say_why(&error);
    }
    take_policy(c, model == NULL ? shipped : model);
    model_free(model);
}

bool fuzz_one(const uint8_t *data, size_t size) {
    struct policy_change change;
    struct error error = {.code = ERROR_NONE};
    if (shipped == NULL) open_once();
    if (!policy_change_read(&change, (struct bytes){data, (uint32_t)size}, &error)) {
        must_say_why(&error);
        return false;
    }
    fuzz_must(change.author[0] != '\0', "nobody made it");
    fuzz_must(change.policy != NULL || change.model != NULL, "a change of nothing");
    must_be_words(change.author, POLICY_WHO_BYTES_MAX);
    must_be_words(change.approver, POLICY_WHO_BYTES_MAX);
    must_be_words(change.reason, POLICY_WHY_BYTES_MAX);
    write_again(&change);
    take_documents(&change);
    policy_change_free(&change);
    return true;
}
