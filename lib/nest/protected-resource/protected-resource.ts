import { checkMembers, isLoopback, StepUpConfigurationError, show } from '../../core/index.js';

/**
 * What the API publishes about itself.
 *
 * @see [RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728.html#section-2)
 */
export interface ProtectedResourceMetadataOptions {
  /**
   * The URL of the API as clients know it, such as `'https://api.example.com/mcp'`. `https`, or `http` on loopback,
   * without query and fragment. It is the `audience` of every authorization server that names none.
   */
  resource: string;
  /** The scopes that clients may ask for. Default is not to say. */
  scopesSupported?: readonly string[] | undefined;
  /** A name to show to users. Default is none. */
  resourceName?: string | undefined;
  /** The URL of a page for developers. Default is none. */
  resourceDocumentation?: string | undefined;
}

/** The document of a protected resource, and where it is. */
export interface ProtectedResource {
  readonly resource: string;
  /** The URL of the document, which every challenge names. */
  readonly metadataUrl: string;
  /** The path of the document on this server. */
  readonly path: string;
  /** The members of the document, without the authorization servers. */
  readonly members: Readonly<Record<string, unknown>>;
}

const MEMBERS = ['resource', 'scopesSupported', 'resourceName', 'resourceDocumentation'];
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
/** What routers of all frameworks take literally. */
const PATH = /^[\w./~-]*$/;
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Checks the option `protectedResourceMetadata`.
 *
 * @throws StepUpConfigurationError that names the member
 * @see [RFC 9728 §3.1](https://www.rfc-editor.org/rfc/rfc9728.html#section-3.1)
 */
export function checkProtectedResource(options: unknown): ProtectedResource {
  if (typeof options !== 'object' || options === null) {
    throw new StepUpConfigurationError(
      `"protectedResourceMetadata" must be an object with "resource", not ${show(options)}`,
    );
  }
  checkMembers(options, MEMBERS, (member) => `"protectedResourceMetadata" has no member "${member}"`);
  const { resource, scopesSupported, resourceName, resourceDocumentation } =
    options as ProtectedResourceMetadataOptions;
  const url = checkResource(resource);
  const path = WELL_KNOWN + (url.pathname === '/' ? '' : url.pathname);
  checkScopes(scopesSupported);
  if (resourceName !== undefined && (typeof resourceName !== 'string' || resourceName === '')) {
    throw new StepUpConfigurationError('"protectedResourceMetadata.resourceName" must be a text');
  }
  if (resourceDocumentation !== undefined && !isUrl(resourceDocumentation)) {
    throw new StepUpConfigurationError('"protectedResourceMetadata.resourceDocumentation" must be a URL');
  }
  const members = Object.freeze({
    resource,
    ...(scopesSupported !== undefined && { scopes_supported: [...scopesSupported] }),
    bearer_methods_supported: ['header'],
    ...(resourceName !== undefined && { resource_name: resourceName }),
    ...(resourceDocumentation !== undefined && { resource_documentation: resourceDocumentation }),
  });
  return Object.freeze({ resource, metadataUrl: url.origin + path, path, members });
}

function checkResource(resource: unknown): URL {
  const url = isUrl(resource) ? new URL(resource) : undefined;
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (url === undefined || !isSecure || url.search !== '' || url.hash !== '' || /[?#]/.test(resource as string)) {
    throw new StepUpConfigurationError(
      '"protectedResourceMetadata.resource" must be the https URL of this API, without query and fragment ' +
        `(http on loopback alone), not ${show(resource)}`,
    );
  }
  if (!PATH.test(url.pathname)) {
    throw new StepUpConfigurationError(
      '"protectedResourceMetadata.resource" has a path that routers read in different ways; ' +
        'serve the document yourself, and name it in "resourceMetadata"',
    );
  }
  return url;
}

function checkScopes(scopes: unknown): void {
  if (scopes === undefined) return;
  if (Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string' && SCOPE_TOKEN.test(scope))) return;
  throw new StepUpConfigurationError('"protectedResourceMetadata.scopesSupported" must be a list of scope tokens');
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value);
}
