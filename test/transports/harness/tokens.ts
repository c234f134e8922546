// @ts-nocheck: its imports are installed for each version of Nest, see run.mjs
/** What every handler of the table requires, as the client is to read it. */
export const REQUIRED = { acrValues: ['urn:example:mfa'], maxAge: 300 };

export const NAMES = ['none', 'weak', 'old', 'expired', 'good'];

/** Seconds since the epoch. */
const now = () => Math.floor(Date.now() / 1000);

/** The tokens of the columns: each but the last must not get past `@RequireAcr('mfa', { maxAge: 300 })`. */
export async function createTokens(authorizationServer) {
  const mfa = 'urn:example:mfa';
  const issue = (options) => authorizationServer.accessToken({ expiresIn: 3600, ...options });
  return {
    none: undefined,
    weak: await issue({ acr: 'urn:example:pwd' }),
    old: await issue({ acr: mfa, authTime: now() - 3600 }),
    expired: await issue({ acr: mfa, expiresIn: -60 }),
    good: await issue({ acr: mfa, authTime: now() }),
  };
}
