/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/digest.h"

#include <assert.h>
#include <openssl/evp.h>

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
