// The configuration of LemonLDAP::NG: its demonstration users, one of whom has a one-time code, and the relying parties.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';

const PASSWORD_LEVEL = 1;
const CODE_LEVEL = 2;

/** Writes it below `directory`, and returns the path of the file that names the rest. */
export function configure({ directory, root, portal, user, otpSecret }) {
  const at = (...path) => join(directory, ...path);
  for (const folder of ['conf', 'cache', 'sessions/lock', 'psessions/lock']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('conf/lmConf-1.json'), JSON.stringify(settings({ at, portal })));
  const id = createHash('md5').update(user).digest('hex');
  writeFileSync(at('psessions', id), JSON.stringify(persistentSession({ id, user, otpSecret })));
  const file = at('lemonldap-ng.ini');
  writeFileSync(
    file,
    `[all]
logLevel = error
checkTime = 1
[configuration]
type = File
dirName = ${at('conf')}
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'configuration', 'default_expires_in' => 600, 'cache_root' => '${at('cache')}', 'cache_depth' => 3 }
[portal]
staticPrefix = /static
templateDir = ${join(root, 'usr/share/lemonldap-ng/portal/templates')}
languages = en
`,
  );
  return file;
}

function settings({ at, portal }) {
  const storage = (folder) => ({ Directory: at(folder), LockDirectory: at(folder, 'lock') });
  const clients = {
    app: {},
    other: {},
    opaque: { oidcRPMetaDataOptionsAccessTokenJWT: 0 },
    // the way to a higher level that LemonLDAP::NG has: a relying party that asks for it whatever the request says
    'second-level': { oidcRPMetaDataOptionsAuthnLevel: CODE_LEVEL },
    'without-auth-time': {},
    untouched: { oidcRPMetaDataOptionsAccessTokenJWT: 1, oidcRPMetaDataOptionsAccessTokenClaims: 0 },
    machine: { oidcRPMetaDataOptionsAllowClientCredentialsGrant: 1 },
    api: { oidcRPMetaDataOptionsClientID: API },
  };
  const perClient = (settingOf) =>
    Object.fromEntries(Object.keys(clients).map((clientId) => [clientId, settingOf(clientId)]));
  return {
    cfgNum: 1,
    cfgDate: 1,
    cfgAuthor: 'interop',
    portal,
    domain: '127.0.0.1',
    securedCookie: 0,
    authentication: 'Demo',
    userDB: 'Same',
    passwordDB: 'Demo',
    demoExportedVars: { cn: 'cn', uid: 'uid', mail: 'mail' },
    exportedVars: {},
    whatToTrace: 'uid',
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: storage('sessions'),
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: storage('psessions'),
    localSessionStorage: '',
    locationRules: {},
    exportedHeaders: {},
    requireToken: 1,
    captcha: 'NoCaptcha',
    captcha_mail_enabled: 0,
    captcha_register_enabled: 0,
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcServiceMetaDataIssuer: portal,
    oidcServiceMetaDataAuthnContext: { 'loa-1': PASSWORD_LEVEL, 'loa-2': CODE_LEVEL },
    ...signingKey(),
    totp2fActivation: 1,
    totp2fAuthnLevel: CODE_LEVEL,
    totp2fEncryptSecret: 0,
    // a code is asked for only where a higher level is wanted
    sfOnlyUpgrade: 1,
    oidcRPMetaDataOptions: perClient((clientId) => ({ ...relyingParty(clientId), ...clients[clientId] })),
    oidcRPMetaDataMacros: perClient(() => ({ levelName: '$authenticationLevel ? "loa-$authenticationLevel" : undef' })),
    oidcRPMetaDataExportedVars: perClient((clientId) => ({
      acr: 'levelName',
      ...(clientId !== 'without-auth-time' && { auth_time: '_lastAuthnUTime;int' }),
    })),
    oidcRPMetaDataOptionsExtraClaims: perClient(() => ({ bank: 'acr auth_time' })),
  };
}

function relyingParty(clientId) {
  return {
    oidcRPMetaDataOptionsClientID: clientId,
    oidcRPMetaDataOptionsClientSecret: SECRET,
    oidcRPMetaDataOptionsDisplayName: clientId,
    oidcRPMetaDataOptionsRedirectUris: `${CALLBACK} ${DOCTOR_CALLBACK}`,
    oidcRPMetaDataOptionsBypassConsent: 1,
    oidcRPMetaDataOptionsRequirePKCE: 1,
    oidcRPMetaDataOptionsRefreshToken: 1,
    oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
    oidcRPMetaDataOptionsAccessTokenSignAlg: 'RS256',
    oidcRPMetaDataOptionsAccessTokenJWT: 1,
    oidcRPMetaDataOptionsAccessTokenClaims: 1,
    oidcRPMetaDataOptionsAdditionalAudiences: API,
    oidcRPMetaDataOptionsUserIDAttr: 'uid',
  };
}

function signingKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    oidcServicePrivateKeySig: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    oidcServicePublicKeySig: publicKey.export({ type: 'spki', format: 'pem' }),
    oidcServiceKeyIdSig: 'interop',
  };
}

function persistentSession({ id, user, otpSecret }) {
  const device = { type: 'TOTP', name: 'phone', _secret: otpSecret.toLowerCase(), epoch: 1 };
  return {
    _session_id: id,
    _session_kind: 'Persistent',
    _session_uid: user,
    _utime: 1,
    _2fDevices: JSON.stringify([device]),
  };
}
