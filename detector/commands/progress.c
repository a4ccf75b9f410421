/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/cli.h"

#include "detector/base/steady.h"

#include <stdlib.h>
#include <unistd.h>

enum { REDRAW_MS = 100 };

struct progress {
    const char *what;
    int64_t total, start_ms, drawn_ms;
    bool terminal;
};

struct progress *progress_new(const char *what, int64_t total) {
    struct progress *progress = calloc(1, sizeof *progress);
    if (progress == NULL) return NULL;
    *progress = (struct progress){.what = what,
                                  .total = total,
                                  .start_ms = steady_ms(),
                                  .terminal = isatty(STDERR_FILENO) == 1};
    return progress;
}

void progress_set(struct progress *p, int64_t done, int64_t units) {
    if (p == NULL || !p->terminal) return;
    const int64_t now_ms = steady_ms();
    if (now_ms - p->drawn_ms < REDRAW_MS) return;
    p->drawn_ms = now_ms;
    const double seconds = (double)(now_ms - p->start_ms) / 1000.0 + 0.001;
    if (p->total <= 0) {
        fprintf(stderr, "\r\033[K%s %lld  %.0f/s", p->what, (long long)units,
                (double)units / seconds);
        return;
    }
    const double share = (double)done / (double)p->total;
    const double left = share > 0 ? seconds / share - seconds : 0;
    fprintf(stderr, "\r\033[K%s %3.0f %%  %.0f/s  %.0f s left", p->what, share * 100,
            (double)units / seconds, left);
}

void progress_end(struct progress *p) {
    if (p != NULL && p->terminal && p->drawn_ms > 0) fprintf(stderr, "\r\033[K");
    free(p);
}
