/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (libcrypto) and its hexadecimal form. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)

void digest_sha256(const void *data, size_t size, uint8_t out[DIGEST_SIZE]);
/* Lower-case hexadecimal of `size` bytes, with a closing NUL. */
void digest_hex(const uint8_t *bytes, size_t size, char *out);
/* Whether it is one, in lower case. */
bool digest_is_sha256_hex(const char *text, size_t size);
/* Base 64 with a closing NUL: "sha256-" and this is what a content security policy takes. */
#define DIGEST_BASE64_SIZE 45
void digest_sha256_base64(const void *data, size_t size, char out[DIGEST_BASE64_SIZE]);
void digest_sha256_hex(const void *data, size_t size, char out[DIGEST_HEX_SIZE]);
/* Of all that is left to read of a file, which is left at its end. False: reading failed. */
bool digest_sha256_file(FILE *file, char out[DIGEST_HEX_SIZE]);
