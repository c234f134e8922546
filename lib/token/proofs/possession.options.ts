import type { AuthorizationServer } from '../../authorization-servers/index.js';
import { StepUpConfigurationError } from '../../core/index.js';
import { type CertificateDigest, type ClientCertificateOptions, checkClientCertificate } from './client-certificate.js';
import { checkDPoP, type DPoPOptions, type DPoPSettings } from './dpop.options.js';
import { PublicUrl } from './public-url.js';

/** Options of tokens that are bound to a key. */
export interface PossessionOptions {
  /**
   * URL of the application as its clients know it, with what a proxy removes from paths, such as
   * `https://api.example.com`. DPoP proofs are compared with it, never with the Host header. Required if a server accepts
   * tokens that are bound by DPoP. Default is none.
   */
  publicUrl?: string | undefined;
  /** Options of DPoP proofs. Default is the default of each. */
  dpop?: DPoPOptions | undefined;
  /**
   * Header in which a proxy hands on the client certificate, and its form. The proxy has to remove that header from
   * requests of clients. Default is none: the certificate of the TLS connection counts.
   */
  clientCertificate?: ClientCertificateOptions | undefined;
}

/** The checked options. Each method is absent if no server accepts it. */
export interface PossessionSettings {
  readonly dpop: (DPoPSettings & { readonly publicUrl: PublicUrl }) | undefined;
  readonly certificateDigest: CertificateDigest | undefined;
  /** Whether a bearer token is accepted, or one that is bound to a certificate: both have the scheme Bearer. */
  readonly acceptsBearer: boolean;
}

/**
 * Checks the options of bound tokens. `undefined` if no server accepts them.
 *
 * @param isOpen whether further servers are resolved at run time: any of them can accept bearer tokens
 * @throws StepUpConfigurationError that names the option, also for options without effect
 */
export function checkPossession(
  { publicUrl, dpop, clientCertificate }: PossessionOptions,
  servers: readonly Pick<AuthorizationServer, 'boundTokens'>[],
  isOpen = false,
): PossessionSettings | undefined {
  const url = publicUrl === undefined ? undefined : new PublicUrl(publicUrl);
  const acceptsDPoP = servers.some(({ boundTokens }) => boundTokens.dpop);
  const acceptsCertificates = servers.some(({ boundTokens }) => boundTokens.mtls);
  if (dpop !== undefined && !acceptsDPoP) throw withoutEffect('dpop', 'dpop');
  if (clientCertificate !== undefined && !acceptsCertificates) throw withoutEffect('clientCertificate', 'mtls');
  if (!acceptsDPoP && !acceptsCertificates) return undefined;
  if (acceptsDPoP && url === undefined) {
    throw new StepUpConfigurationError(
      '"publicUrl" is required, as a server accepts tokens that are bound by DPoP: set it to the URL of this application ' +
        'as its clients know it, or leave \'dpop\' out of "boundTokens.methods"',
    );
  }
  return Object.freeze({
    dpop: url !== undefined && acceptsDPoP ? Object.freeze({ ...checkDPoP(dpop), publicUrl: url }) : undefined,
    certificateDigest: acceptsCertificates ? checkClientCertificate(clientCertificate) : undefined,
    acceptsBearer: isOpen || servers.some(({ boundTokens: { policy, mtls } }) => policy !== 'required' || mtls),
  });
}

function withoutEffect(option: string, method: string): StepUpConfigurationError {
  return new StepUpConfigurationError(
    `"${option}" has no effect, as no server accepts tokens that are bound so; set "authorizationServers[].boundTokens" to ` +
      `'accepted' or 'required', with '${method}' among its methods`,
  );
}
