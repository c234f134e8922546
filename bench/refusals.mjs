// What every server of the side-by-side table has to refuse, asked before anything is measured: a server that does not
// check is fast.

const UNAUTHORIZED = 401;
const STEP_UP = /error="?insufficient_user_authentication/;

const secondsAgo = (seconds) => Math.floor(Date.now() / 1_000) - seconds;

/** Tokens by what is wrong with them. Each server has accepted `known`, the beginning of the first. */
function badTokens(known, other, { accessToken }) {
  return {
    'the signature of another token': known.replace(/[^.]+$/, other.split('.')[2]),
    'a token that has expired': accessToken({ acr: 'mfa', claims: { iat: secondsAgo(900), exp: secondsAgo(600) } }),
    'a token for another audience': accessToken({ acr: 'mfa', claims: { aud: 'https://other.example' } }),
    'a token of another issuer': accessToken({ acr: 'mfa', claims: { iss: 'https://other.example' } }),
  };
}

/** Throws where a server accepts what it has to refuse, or refuses it otherwise than by RFC 9470. */
export async function checkRefusals({ name, port }, authorizationServer) {
  const ask = async (what, token, expected, isStepUp) => {
    const response = await fetch(`http://127.0.0.1:${port}/protected`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${await token}` },
    });
    await response.arrayBuffer();
    const challenged = STEP_UP.test(response.headers.get('www-authenticate') ?? '');
    if (response.status === expected && challenged === isStepUp) return;
    throw new Error(
      `${name}, ${what}: ${response.status} ${challenged ? 'with' : 'without'} a step-up challenge, not ${expected}`,
    );
  };
  const [known, other] = await Promise.all([1, 2].map(() => authorizationServer.accessToken({ acr: 'mfa' })));
  await ask('a good token', known, 200, false);
  for (const [what, token] of Object.entries(badTokens(known, other, authorizationServer))) {
    await ask(what, token, UNAUTHORIZED, false);
  }
  await ask('no token', undefined, UNAUTHORIZED, false);
  await ask('another acr', authorizationServer.accessToken({ acr: 'pwd' }), UNAUTHORIZED, true);
  const old = authorizationServer.accessToken({ acr: 'mfa', authTime: secondsAgo(900) });
  await ask('a sign-in that is too old', old, UNAUTHORIZED, true);
}
