/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/schema_dir.h"

#include "schemas/plan.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_BYTES_MAX = 1 << 20 };

char *schema_dir_read(const char *dir, int32_t id, size_t *size) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%d.avsc", dir, (int)id);
    FILE *file = fopen(path, "r");
    if (file == NULL) return NULL;
    char *text = malloc(SCHEMA_BYTES_MAX);
    *size = text == NULL ? 0 : fread(text, 1, SCHEMA_BYTES_MAX, file);
    fclose(file);
    return text;
}

/* The id in a name ID.avsc; -1 for other names. */
static int32_t id_of(const char *name) {
    char right[32];
    const long id = strtol(name, NULL, 10);
    if (id < 0 || id > INT32_MAX) return -1;
    snprintf(right, sizeof right, "%ld.avsc", id);
    return strcmp(name, right) == 0 ? (int32_t)id : -1;
}

static bool binds(const char *dir, int32_t id, struct error *error) {
    size_t size = 0;
    char *json = schema_dir_read(dir, id, &size);
    if (json == NULL) return error_set(error, ERROR_CONFIG, "cannot be read: %s", strerror(errno));
    struct plan *plan = plan_compile_for(plan_contract_of(json, size), json, size, error);
    free(json);
    if (plan == NULL) error->code = ERROR_CONFIG;
    plan_free(plan);
    return plan != NULL;
}

static int is_shown(const struct dirent *file) {
    return file->d_name[0] != '.';
}

bool schema_dir_check(const char *dir, schema_dir_visit *visit, void *context,
                      struct error *error) {
    struct dirent **files = NULL;
    const int count = scandir(dir, &files, is_shown, alphasort);
    if (count < 0) return error_set(error, ERROR_CONFIG, "schema.dir=%s: %s", dir, strerror(errno));
    for (int i = 0; i < count; i++) {
        struct error why = {.code = ERROR_NONE};
        const int32_t id = id_of(files[i]->d_name);
        enum schema_dir_file what = SCHEMA_DIR_FOREIGN;
        if (id >= 0) what = binds(dir, id, &why) ? SCHEMA_DIR_BINDS : SCHEMA_DIR_REFUSED;
        visit(context, files[i]->d_name, what, &why);
        free(files[i]);
    }
    free(files);
    return true;
}
