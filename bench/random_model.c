/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/random_model.h"

#include "detector/feature_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static bool is_amount(size_t feature) {
    return strcmp(feature_table[feature].unit, "tiyn") == 0;
}

/* About where the values of random_features lie. */
static double knot_of(size_t feature, uint64_t choice) {
    return (double)(choice % 4 + 1) * (is_amount(feature) ? 5e6 : 2);
}

static void write_part(FILE *out, const char *type, uint64_t *state) {
    const size_t feature = random_next(state) % FEATURE_COUNT;
    (void)fprintf(out, "\"type\": \"%s\", \"feature\": \"%s\"", type, feature_table[feature].name);
    if (strcmp(type, "linear") == 0) return;
    (void)fprintf(out, ", \"knot\": %.17g, \"side\": \"%s\"", knot_of(feature, random_next(state)),
                  random_next(state) % 3 == 0 ? "below" : "above");
}

static void write_term(FILE *out, uint32_t index, uint64_t *state) {
    static const char *const simple[] = {"hinge", "step", "hinge", "linear"};
    (void)fprintf(out, "%s{\"name\": \"t%u\", \"weight\": %.17g, ", index > 0 ? "," : "", index,
                  (double)(random_next(state) % 0x200000) * 0x1p-20 - 1);
    (void)fprintf(out, "\"text\": {\"en\": \"e\", \"ru\": \"r\", \"kk\": \"k\"}, ");
    if (index % 2 == 1) {
        write_part(out, simple[index / 2 % 4], state);
    } else {
        (void)fprintf(out, "\"type\": \"and\", \"terms\": [{");
        write_part(out, "step", state);
        (void)fprintf(out, "}, {");
        write_part(out, index % 16 == 0 ? "hinge" : "step", state);
        (void)fprintf(out, "}]");
    }
    (void)fputc('}', out);
}

static void write_transforms(FILE *out) {
    const char *separator = "";
    for (size_t f = 0; f < FEATURE_COUNT; f++) {
        if (!is_amount(f)) continue;
        (void)fprintf(out, "%s\"%s\": \"log1p\"", separator, feature_table[f].name);
        separator = ", ";
    }
}

struct model *random_model(uint32_t terms, uint64_t seed) {
    char *json = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&json, &size);
    if (out == NULL) exit(1);
    (void)fprintf(out,
                  "{\"format\": \"saqshy-model/1\", \"id\": \"random\", \"features_sha256\": "
                  "\"%s\", \"intercept\": -4, \"transforms\": {",
                  feature_table_sha256());
    write_transforms(out);
    (void)fprintf(out, "}, \"terms\": [");
    for (uint32_t i = 0; i < terms; i++)
        write_term(out, i, &seed);
    (void)fprintf(out, "], \"calibration\": {\"type\": \"logistic\"}, \"provenance\": {}}");
    (void)fclose(out);
    struct error error = {0};
    struct model *model = model_parse(json, size, "random", &error);
    free(json);
    if (model != NULL) return model;
    (void)fprintf(stderr, "%s\n", error.text);
    exit(1);
}

void random_features(double *features, size_t rows, size_t stride, uint64_t seed) {
    for (size_t f = 0; f < FEATURE_COUNT; f++)
        for (size_t i = 0; i < rows; i++) {
            const double value =
                (double)(random_next(&seed) % 1000000) * (is_amount(f) ? 40 : 1e-5);
            features[f * stride + i] = random_next(&seed) % 8 == 0 ? NAN : value;
        }
}
