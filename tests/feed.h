/* SPDX-License-Identifier: Apache-2.0 */
/* The synthetic feed through the whole pipeline, offline, with the shipped model and policy. */
#pragma once

#include "detector/generator/gen.h"
#include "detector/recommendation.h"

struct feed_run {
    struct gen_options gen;
    /* As in pipeline_options. */
    void (*on_recommendation)(void *context, const struct recommendation *recommendation);
    void *context;
    /* Out. */
    struct gen *labels; /* the exhausted generator, for gen_label and gen_close */
    int64_t records;
    int64_t droppers; /* those who were sent tainted money */
};

/* False with `error` said on stderr. */
bool feed_through_pipeline(struct feed_run *run);
/* 3,000 people for 14 days from 2026-01-01 (UTC+5), the shares of `saqshy gen`. */
struct gen_options feed_options(uint64_t seed);
