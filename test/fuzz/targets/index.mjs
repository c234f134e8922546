import { accessToken } from './access-token.mjs';
import { authorizationHeader } from './authorization-header.mjs';
import { challenges } from './challenges.mjs';
import { dpopProof } from './dpop-proof.mjs';
import { introspection } from './introspection.mjs';
import { options } from './options.mjs';

/**
 * What is fuzzed. A target has seeds, a dictionary, and `prepare(load)`, which returns what runs an input and throws if
 * something does not hold. `load` returns a module of the package by its path.
 */
export const TARGETS = [challenges, authorizationHeader, accessToken, introspection, dpopProof, options];
