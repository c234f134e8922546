// The realms that Keycloak imports. `interop` is set up for step-up as its administration guide has it: acr values mapped
// to levels, and a browser flow with conditions for the levels. `stock` is a realm as it comes, without either.

const FLOW = 'step-up';
const STRICT_FLOW = 'strict step-up';
/** Clients refer to a flow by its id. */
const STRICT_FLOW_ID = '0b0f4a1c-6f0a-4c8e-9f59-3a5b4d1e7c21';

/** Seconds for which a level counts within the user's session, in the two flows. */
const PASSWORD_LASTS = 36_000;
export const CODE_LASTS = 300;

/** A realm in which level 1 is a password and level 2 a one-time code. */
export function stepUpRealm(name, { acrToLevel, users, clients }) {
  return {
    ...stockRealm(name, { users, clients }),
    attributes: { 'acr.loa.map': JSON.stringify(acrToLevel) },
    browserFlow: FLOW,
    authenticationFlows: [...stepUpFlows(FLOW), ...stepUpFlows(STRICT_FLOW, { id: STRICT_FLOW_ID })],
    authenticatorConfig: [...levelConditions(FLOW, CODE_LASTS), ...levelConditions(STRICT_FLOW, 0)],
  };
}

export function stockRealm(name, { users, clients }) {
  return {
    realm: name,
    enabled: true,
    sslRequired: 'none',
    accessTokenLifespan: 600,
    otpPolicyType: 'totp',
    otpPolicyAlgorithm: 'HmacSHA1',
    otpPolicyDigits: 6,
    otpPolicyPeriod: 30,
    otpPolicyLookAheadWindow: 1,
    otpPolicyInitialCounter: 0,
    // lest every scenario wait for the next half minute
    otpPolicyCodeReusable: true,
    users: users.map(userOf),
    clients,
  };
}

/** A confidential client of a web application, whose access tokens name the API as audience. */
export function webClient(
  clientId,
  { secret, redirectUris, audience, audienceOptions = {}, attributes = {}, protocolMappers = [], ...further },
) {
  return {
    clientId,
    secret,
    redirectUris,
    attributes: { 'pkce.code.challenge.method': 'S256', ...attributes },
    protocolMappers: [audienceMapper(audience, audienceOptions), ...protocolMappers],
    ...further,
  };
}

/** The client that the API is, which asks about tokens and signs nobody in. */
export function resourceServer(clientId, { secret }) {
  return { clientId, secret, standardFlowEnabled: false };
}

/** For each client that asks for a code every time: the second level counts for one sign-in alone. */
export const strict = { authenticationFlowBindingOverrides: { browser: STRICT_FLOW_ID } };

/** Access tokens marked as RFC 9068 has it. */
export const atJwt = { attributes: { 'access.token.header.type.rfc9068': 'true' } };

/** Access tokens with as good as nothing in them, not even `sub` and `aud`; introspection tells the rest. */
export const lightweight = {
  attributes: { 'client.use.lightweight.access.token.enabled': 'true' },
  audienceOptions: { 'lightweight.claim': 'false' },
};

/** The same with mappers that add `sub` and `aud`. */
export const thin = { ...lightweight, audienceOptions: {}, protocolMappers: [subjectMapper()] };

/** The scope `basic` is what puts `auth_time` into tokens, and `sub` as well. */
export const withoutAuthTime = {
  defaultClientScopes: ['acr', 'profile'],
  protocolMappers: [subjectMapper()],
};

/** Tokens by client credentials. */
export const machine = { serviceAccountsEnabled: true };

function userOf({ name, password, otpSecret }) {
  return {
    username: name,
    enabled: true,
    // complete, or Keycloak asks for the rest at the first sign-in
    email: `${name}@interop.example`,
    emailVerified: true,
    firstName: name,
    lastName: 'Interop',
    credentials: [
      { type: 'password', value: password },
      ...(otpSecret === undefined ? [] : [otpCredential(otpSecret)]),
    ],
  };
}

function otpCredential(secret) {
  const how = { subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1', secretEncoding: 'BASE32' };
  return {
    type: 'otp',
    userLabel: 'phone',
    secretData: JSON.stringify({ value: secret }),
    credentialData: JSON.stringify(how),
  };
}

function stepUpFlows(name, { id } = {}) {
  const [forms, level1, level2] = [`${name} forms`, `${name} level 1`, `${name} level 2`];
  return [
    { ...flow(name, [authenticator('auth-cookie', 'ALTERNATIVE'), subflow(forms, 'ALTERNATIVE')]), topLevel: true, id },
    flow(forms, [subflow(level1, 'CONDITIONAL'), subflow(level2, 'CONDITIONAL')]),
    flow(level1, [levelCondition(level1), authenticator('auth-username-password-form', 'REQUIRED')]),
    flow(level2, [levelCondition(level2), authenticator('auth-otp-form', 'REQUIRED')]),
  ];
}

function levelConditions(name, codeLasts) {
  return [
    { alias: `${name} level 1`, config: { 'loa-condition-level': '1', 'loa-max-age': String(PASSWORD_LASTS) } },
    { alias: `${name} level 2`, config: { 'loa-condition-level': '2', 'loa-max-age': String(codeLasts) } },
  ];
}

function flow(alias, executions) {
  return {
    alias,
    topLevel: false,
    builtIn: false,
    providerId: 'basic-flow',
    authenticationExecutions: executions.map((execution, index) => ({ ...execution, priority: index * 10 })),
  };
}

function authenticator(name, requirement) {
  return { authenticator: name, authenticatorFlow: false, requirement };
}

function levelCondition(configuration) {
  return {
    ...authenticator('conditional-level-of-authentication', 'REQUIRED'),
    authenticatorConfig: configuration,
  };
}

function subflow(flowAlias, requirement) {
  return { flowAlias, authenticatorFlow: true, requirement };
}

/** In the ID token as well, which is a common mistake: only its type then tells it from an access token. */
function audienceMapper(audience, options) {
  return mapper('audience', 'oidc-audience-mapper', {
    'included.custom.audience': audience,
    'id.token.claim': 'true',
    ...options,
  });
}

function subjectMapper() {
  return mapper('subject', 'oidc-sub-mapper', {});
}

function mapper(name, protocolMapper, config) {
  return {
    name,
    protocol: 'openid-connect',
    protocolMapper,
    config: {
      'access.token.claim': 'true',
      'introspection.token.claim': 'true',
      'lightweight.claim': 'true',
      ...config,
    },
  };
}
