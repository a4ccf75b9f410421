/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/html_text.h"

#include "detector/base/digest.h"

#include <string.h>

void html_put(const char *text, FILE *out) {
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        switch (c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(c < 0x20 || c == 0x7f ? '?' : c, out);
        }
    }
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
