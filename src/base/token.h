// Unguessable names: 128 random bits as 32 hex digits, from getrandom().

#pragma once

#define TOKEN_HEX 33 // with the NUL

void token_make(char out[TOKEN_HEX]);

// A random (version 4) UUID.
#define TOKEN_UUID 37
void token_uuid(char out[TOKEN_UUID]);
