/* SPDX-License-Identifier: Apache-2.0 */
/* Models and policies by their hash: kept before they decide, found again, never taken changed. */
#include "tests/support.h"

#include "detector/documents.h"
#include "tests/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct stand {
    struct options sample, shipped; /* two pairs that share state.dir */
    char directory[64], state_dir[96];
};

static int setup(void **state) {
    static struct stand stand;
    memset(&stand, 0, sizeof stand);
    snprintf(stand.directory, sizeof stand.directory, "/tmp/saqshy-test-XXXXXX");
    if (mkdtemp(stand.directory) == NULL) return -1;
    snprintf(stand.state_dir, sizeof stand.state_dir, "%s/state", stand.directory);
    sample_options(&stand.sample, stand.directory);
    options_init(&stand.shipped);
    snprintf(stand.sample.state_dir, sizeof stand.sample.state_dir, "%s", stand.state_dir);
    snprintf(stand.shipped.state_dir, sizeof stand.shipped.state_dir, "%s", stand.state_dir);
    char command[128];
    snprintf(command, sizeof command, "mkdir '%s'", stand.state_dir);
    *state = &stand;
    return system(command);
}

static int teardown(void **state) {
    struct stand *stand = *state;
    char command[128];
    options_free(&stand->sample);
    options_free(&stand->shipped);
    snprintf(command, sizeof command, "rm -r '%s'", stand->directory);
    return system(command);
}

static struct documents *must_open(const struct options *options) {
    struct error error = {.code = ERROR_NONE};
    struct documents *documents = documents_open(options, &error);
    if (documents == NULL) fail_msg("%s", error.text);
    return documents;
}

/* The hashes of a pair, after it was live once. */
static void live_once(const struct options *options, char model[65], char policy[65]) {
    struct documents *documents = must_open(options);
    snprintf(model, 65, "%s", model_sha256(documents_model(documents)));
    snprintf(policy, 65, "%s", policy_sha256(documents_policy(documents)));
    documents_close(documents);
}

static void what_was_live_is_found_by_its_hash(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char model[65], policy[65];
    live_once(&stand->sample, model, policy);
    struct documents *documents = must_open(&stand->shipped);
    const struct model *live = documents_model(documents);
    assert_true(documents_use(documents, text_of(model), text_of(policy), &error));
    assert_string_equal(model_sha256(documents_model(documents)), model);
    assert_string_equal(policy_id(documents_policy(documents)), "sample");
    documents_use_live(documents);
    assert_ptr_equal(documents_model(documents), live);
    documents_close(documents);
}

static void a_new_policy_goes_with_the_live_model(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char model[65], policy[65];
    live_once(&stand->sample, model, policy);
    struct documents *documents = must_open(&stand->shipped);
    const char *live = model_sha256(documents_model(documents));
    assert_true(documents_use(documents, text_of(live), text_of(policy), &error));
    assert_string_equal(model_sha256(documents_model(documents)), live);
    assert_string_equal(policy_sha256(documents_policy(documents)), policy);
    documents_close(documents);
}

static void what_was_never_kept_is_refused_with_its_name(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char unknown[65];
    memset(unknown, '7', 64);
    unknown[64] = '\0';
    struct documents *documents = must_open(&stand->shipped);
    assert_false(documents_use(documents, text_of(unknown), text_of(unknown), &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, unknown));
    documents_close(documents);
}

static void a_kept_document_that_was_changed_is_refused(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char model[65], policy[65], path[256];
    live_once(&stand->sample, model, policy);
    snprintf(path, sizeof path, "%s/%s.json", stand->state_dir, policy);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputc(' ', file);
    fclose(file);
    struct documents *documents = must_open(&stand->shipped);
    assert_false(documents_use(documents, text_of(model), text_of(policy), &error));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.text, "was changed"));
    documents_close(documents);
}

static void one_that_is_damaged_is_written_anew_from_the_one_at_hand(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char model[65], policy[65], path[256];
    live_once(&stand->sample, model, policy);
    const char *const damaged[] = {model, policy};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.json", stand->state_dir, damaged[i]);
        assert_int_equal(truncate(path, i == 0 ? 0 : 9), 0);
    }
    live_once(&stand->sample, model, policy);
    struct documents *documents = must_open(&stand->shipped);
    if (!documents_use(documents, text_of(model), text_of(policy), &error))
        fail_msg("%s", error.text);
    documents_close(documents);
}

static void put_pipe(const struct stand *stand, const char *sha256, const char *ending) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s.json%s", stand->state_dir, sha256, ending);
    assert_true(unlink(path) == 0 || errno == ENOENT);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void a_pipe_in_the_place_of_a_kept_document_is_not_waited_for(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char model[65], policy[65];
    live_once(&stand->sample, model, policy);
    put_pipe(stand, model, "");
    struct documents *documents = must_open(&stand->shipped);
    assert_false(documents_use(documents, text_of(model), text_of(policy), &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, "no regular file"));
    live_once(&stand->sample, model, policy);
    assert_true(documents_use(documents, text_of(model), text_of(policy), &error));
    documents_close(documents);
}

static void nor_is_one_beside_it(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    char model[65], policy[65];
    live_once(&stand->sample, model, policy);
    put_pipe(stand, policy, "");
    put_pipe(stand, policy, ".new");
    assert_null(documents_open(&stand->sample, &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, "no regular file"));
    live_once(&stand->sample, model, policy);
}

static void a_hash_is_no_path(void **state) {
    const struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    const struct text sneaky =
        text_of("../../../../../../../../../../../../../../../../../etc/passwd../");
    struct documents *documents = must_open(&stand->shipped);
    assert_false(documents_use(documents, sneaky, sneaky, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    documents_close(documents);
}

static void a_state_dir_that_is_not_there_is_an_io_error(void **state) {
    struct stand *stand = *state;
    struct error error = {.code = ERROR_NONE};
    snprintf(stand->shipped.state_dir, sizeof stand->shipped.state_dir, "/nonexistent/state");
    assert_null(documents_open(&stand->shipped, &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, "state.dir"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_live_is_found_by_its_hash),
        TEST(a_new_policy_goes_with_the_live_model),
        TEST(what_was_never_kept_is_refused_with_its_name),
        TEST(a_kept_document_that_was_changed_is_refused),
        TEST(one_that_is_damaged_is_written_anew_from_the_one_at_hand),
        TEST(a_pipe_in_the_place_of_a_kept_document_is_not_waited_for),
        TEST(nor_is_one_beside_it),
        TEST(a_hash_is_no_path),
        TEST(a_state_dir_that_is_not_there_is_an_io_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
