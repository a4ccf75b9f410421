/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/html_text.h"

#include "detector/base/digest.h"
#include "detector/base/printable.h"

#include <string.h>

/* NULL: it stands for itself. */
static const char *entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_put_text(struct text text, FILE *out) {
    uint32_t start = 0;
    for (uint32_t i = 0; i < text.size; i++) {
        const char *instead = entity(text.data[i]);
        if (instead == NULL) continue;
        printable_put_text((struct text){text.data + start, i - start}, out);
        fputs(instead, out);
        start = i + 1;
    }
    if (start < text.size)
        printable_put_text((struct text){text.data + start, text.size - start}, out);
}

void html_put(const char *text, FILE *out) {
    html_put_text(text_of(text), out);
}

void html_element(const char *open, const char *text, const char *close, FILE *out) {
    fputs(open, out);
    html_put(text, out);
    fputs(close, out);
}

void html_cell(const char *class, const char *text, FILE *out) {
    fprintf(out, "<td class=\"%s\">", class);
    html_put(text, out);
    fputs("</td>", out);
}

void html_begin(const char *language, const char *title, const char *style, FILE *out) {
    char hash[DIGEST_BASE64_SIZE];
    digest_sha256_base64(style, strlen(style), hash);
    fprintf(out,
            "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<meta name=\"referrer\" content=\"no-referrer\">",
            language, hash);
    html_element("<title>", title, "</title>", out);
    fprintf(out, "<style>%s</style></head>\n<body><main>\n", style);
}
