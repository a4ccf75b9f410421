/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void digest_sha256(const void *data, size_t size, uint8_t out[DIGEST_SIZE]) {
    const int ok = EVP_Digest(data, size, out, NULL, EVP_sha256(), NULL);
    assert(ok == 1);
    (void)ok;
}

void digest_hex(const uint8_t *bytes, size_t size, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

void digest_sha256_hex(const void *data, size_t size, char out[DIGEST_HEX_SIZE]) {
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(data, size, digest);
    digest_hex(digest, sizeof digest, out);
}

bool digest_is_sha256_hex(const char *text, size_t size) {
    if (size != DIGEST_HEX_SIZE - 1) return false;
    for (size_t i = 0; i < size; i++)
        if (strchr("0123456789abcdef", text[i]) == NULL || text[i] == '\0') return false;
    return true;
}

void digest_sha256_base64(const void *data, size_t size, char out[DIGEST_BASE64_SIZE]) {
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(data, size, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

bool digest_sha256_file(FILE *file, char out[DIGEST_HEX_SIZE]) {
    static const size_t size = 1 << 16;
    uint8_t digest[DIGEST_SIZE];
    char *bytes = malloc(size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        bytes != NULL && context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t got = 1; good && got > 0;) {
        got = fread(bytes, 1, size, file);
        good = EVP_DigestUpdate(context, bytes, got) == 1;
    }
    good = good && ferror(file) == 0 && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    if (good) digest_hex(digest, sizeof digest, out);
    EVP_MD_CTX_free(context);
    free(bytes);
    return good;
}
