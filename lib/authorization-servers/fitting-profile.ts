import { mediaType } from './claim.js';
import { type ProfileName, profiles } from './profiles/index.js';

/** Issuers by which servers can be told, as their own pages have them. The others are told by nothing. */
const ISSUERS: Readonly<Partial<Record<ProfileName, RegExp>>> = {
  // PingAM names realms too, below /oauth2
  keycloak: /^(?!.*\/oauth2\/).*\/realms\/[^/]+$/,
  okta: /^https:\/\/[^/]+\.(?:okta|oktapreview|okta-emea)\.com(?:\/|$)/,
  auth0: /^https:\/\/[^/]+\.auth0\.com\/$/,
  entra: /^https:\/\/(?:login\.microsoftonline\.com|sts\.windows\.net)\//,
  logto: /^https:\/\/[^/]+\.logto\.app\/oidc$/,
  supabase: /^https:\/\/[^/]+\.supabase\.co\/auth\/v1$/,
  pingone: /^https:\/\/auth\.pingone\.[a-z.]+\//,
  pingam: /\/oauth2\/realms\/root(?:\/realms\/[^/]+)*$/,
  cognito: /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/[\w-]+$/,
  adfs: /\/adfs\/services\/trust$/,
  zitadel: /^https:\/\/[^/]+\.zitadel\.cloud$/,
  authentik: /\/application\/o\/[^/]+\/$/,
};

/**
 * Returns the name of the profile that fits an issuer and the `typ` of its tokens; `undefined` if none is known to.
 *
 * @param typ `null` for a token without one
 */
export function fittingProfile(issuer: string, typ: string | null): ProfileName | undefined {
  const names = Object.keys(profiles) as ProfileName[];
  return names.find((name) => {
    const accepted = profiles[name].typ ?? ['at+jwt'];
    const media = typ === null ? null : mediaType(typ);
    return ISSUERS[name]?.test(issuer) === true && accepted.some((one) => (one && mediaType(one)) === media);
  });
}
