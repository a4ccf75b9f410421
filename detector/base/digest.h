/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (libcrypto) and its hexadecimal form. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

void digest_sha256(const void *data, size_t size, uint8_t out[DIGEST_SIZE]);
/* Lower-case hexadecimal of `size` bytes, with a closing NUL. */
void digest_hex(const uint8_t *bytes, size_t size, char *out);
void digest_sha256_hex(const void *data, size_t size, char out[DIGEST_HEX_SIZE]);
