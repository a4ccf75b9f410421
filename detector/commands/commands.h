/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the program; each lives in cmd_NAME.c. Returns the exit status. */
#pragma once

/* X(name, one line of help) */
#define COMMANDS_TABLE(X)                                                                          \
    X(demo, "embedded broker, synthetic feed, live view; needs no Kafka")                          \
    X(run, "the service")                                                                          \
    X(check, "configuration, broker, topics, schemas, model and policy")                           \
    X(gen, "labelled synthetic feed")                                                              \
    X(import, "any CSV, with a mapping file, into a feed of transactions")                         \
    X(replay, "recorded events to Kafka, or straight into the engine, at any speed")               \
    X(verify,                                                                                      \
      "published recommendations: none missing, repeated or changed; reproduced by replay")        \
    X(backtest, "recorded events through the production stages: what model and policy are worth")  \
    X(explain, "why an account was flagged or was not, and what would have changed that")          \
    X(trace, "where money went, hop by hop, and where it is: a page for a claim file")             \
    X(tune, "a page to choose a threshold on: what each would have come to")                       \
    X(features, "the feature vectors of recorded events, as CSV or NPY")                           \
    X(train, "a model from recorded events and labels")                                            \
    X(model, "model documents: check one, read one, compare two")                                  \
    X(policy, "policy and model, live: publish them, see what is in force")                        \
    X(snapshot, "snapshots of the state: list, check, show")                                       \
    X(dlq, "dead letters: look at them, send them back")                                           \
    X(signal, "signals: publish them, look at them, withdraw them")                                \
    X(freezes, "published recommendations: what is open, by priority; the whole story of one")     \
    X(schema, "what of a writer's schema binds, and what does not")                                \
    X(docs, "the generated reference pages")

#define X(name, help) int cmd_##name(int argc, char **argv);
COMMANDS_TABLE(X)
#undef X
