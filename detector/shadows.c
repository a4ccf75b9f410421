/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/shadows.h"

#include "detector/base/log.h"
#include "detector/service/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_DIGITS = 16 };

struct shadow {
    char *path;
    struct model *model;
    struct policy *policy;
};

struct shadows {
    uint32_t count;
    struct shadow shadow[SCORE_SHADOWS_MAX];
};

/* Opening. */

static bool check_room(const struct shadows *s, struct error *error) {
    return s->count < SCORE_SHADOWS_MAX ||
           error_set(error, ERROR_CONFIG,
                     "model.shadow names more than %u documents; take some out", SCORE_SHADOWS_MAX);
}

static bool check_new(const struct shadows *s, const struct model *model, const char *path,
                      struct error *error) {
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(model_sha256(s->shadow[i].model), model_sha256(model)) == 0)
            return error_set(error, ERROR_CONFIG,
                             "model.shadow: %s is there twice; take one of them out", path);
    return true;
}

static struct policy *policy_for(const struct policy *live, const struct model *model,
                                 const char *path, struct error *error) {
    char origin[600];
    size_t size = 0;
    const char *json = policy_json(live, &size);
    snprintf(origin, sizeof origin, "model.shadow: the policy, for %s", path);
    return policy_parse(json, size, origin, model, error);
}

static bool add(struct shadows *s, const struct policy *live, const char *path,
                struct error *error) {
    if (!check_room(s, error)) return false;
    struct model *model = model_load(path, error);
    if (model == NULL) return error_prefix(error, "model.shadow");
    struct policy *policy =
        check_new(s, model, path, error) ? policy_for(live, model, path, error) : NULL;
    if (policy == NULL) {
        model_free(model);
        return false;
    }
    s->shadow[s->count++] = (struct shadow){strdup(path), model, policy};
    assert(s->shadow[s->count - 1].path != NULL && "out of memory");
    log_info("event=shadow model=%.16s path=%s", model_sha256(model), path);
    return true;
}

static bool add_all(struct shadows *s, const struct options *options, const struct policy *live,
                    struct error *error) {
    char list[sizeof options->model_shadow];
    snprintf(list, sizeof list, "%s", options->model_shadow);
    char *rest = NULL;
    for (char *path = strtok_r(list, ", ", &rest); path != NULL; path = strtok_r(NULL, ", ", &rest))
        if (!add(s, live, path, error)) return false;
    return true;
}

static void name_metrics(const struct shadows *s) {
    uint64_t names[SCORE_SHADOWS_MAX];
    for (uint32_t i = 0; i < s->count; i++) {
        char digits[NAME_DIGITS + 1];
        snprintf(digits, sizeof digits, "%.16s", model_sha256(s->shadow[i].model));
        names[i] = strtoull(digits, NULL, 16);
    }
    metrics_name_shadows(names, s->count);
}

struct shadows *shadows_open(const struct options *options, const struct policy *live,
                             struct error *error) {
    struct shadows *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the shadow models");
        return NULL;
    }
    if (!add_all(s, options, live, error)) {
        shadows_close(s);
        return NULL;
    }
    name_metrics(s);
    return s;
}

void shadows_close(struct shadows *s) {
    if (s == NULL) return;
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->shadow[i].path);
        policy_free(s->shadow[i].policy);
        model_free(s->shadow[i].model);
    }
    free(s);
}

void shadows_follow(struct shadows *s, const struct policy *live) {
    for (uint32_t i = 0; i < s->count; i++) {
        struct shadow *shadow = &s->shadow[i];
        struct error error;
        if (strcmp(policy_sha256(shadow->policy), policy_sha256(live)) == 0) continue;
        struct policy *policy = policy_for(live, shadow->model, shadow->path, &error);
        if (policy == NULL) {
            log_warn("event=shadow_behind path=%s why=\"%s\" next=\"it is counted by the policy "
                     "before\"",
                     shadow->path, error.text);
            continue;
        }
        policy_free(shadow->policy);
        shadow->policy = policy;
    }
}

uint32_t shadows_count(const struct shadows *s) {
    return s->count;
}

const struct model *shadows_model(const struct shadows *s, uint32_t index) {
    return s->shadow[index].model;
}

const struct policy *shadows_policy(const struct shadows *s, uint32_t index) {
    return s->shadow[index].policy;
}

const char *shadows_path(const struct shadows *s, uint32_t index) {
    return s->shadow[index].path;
}

/* Advising. */

static bool advises(const struct policy *policy, double logit) {
    return policy_action(policy, logit) != ACTION_UNKNOWN;
}

bool shadows_advise(const struct shadows *s, uint32_t index, double logit) {
    return advises(s->shadow[index].policy, logit);
}

/* Counting. */

struct tally {
    uint64_t advised, agreed, missed;
    double difference;
};

static void tally_side(struct tally *tally, bool live, bool shadow, double difference) {
    tally->advised += shadow;
    tally->agreed += live && shadow;
    tally->missed += live && !shadow;
    tally->difference += fabs(difference);
}

static void put(uint32_t shadow, uint64_t sides, const struct tally *tally) {
    metrics_add_shadow(SHADOW_SIDES, shadow, sides);
    metrics_add_shadow(SHADOW_ADVISED, shadow, tally->advised);
    metrics_add_shadow(SHADOW_AGREED, shadow, tally->agreed);
    metrics_add_shadow(SHADOW_MISSED, shadow, tally->missed);
    metrics_add_shadow(SHADOW_DIFFERENCE, shadow,
                       (uint64_t)llround(tally->difference * METRICS_MILLION));
}

void shadows_tally(const struct shadows *s, const struct policy *live, const struct batch *batch) {
    for (uint32_t shadow = 0; shadow < batch->shadows; shadow++) {
        const double *logit = batch->shadow_logit[shadow];
        struct tally tally = {0};
        for (uint32_t i = 0; i < batch->sides; i++)
            tally_side(&tally, advises(live, batch->logit[i]), shadows_advise(s, shadow, logit[i]),
                       logit[i] - batch->logit[i]);
        put(shadow, batch->sides, &tally);
    }
}
