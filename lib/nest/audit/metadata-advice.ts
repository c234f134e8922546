import type { AuthorizationServer } from '../../authorization-servers/index.js';
import { closestMatch, editDistance } from '../../core/index.js';
import { type AuthorizationServerMetadata, AuthorizationServerUnavailable, endpointOf } from '../../token/index.js';
import type { Advice } from '../advice/advice.js';
import type { Route } from '../requirements/route.js';

/** Greatest edit distance between a misspelt string and the right one. */
const MAX_SLIP = 2;
/** Offered strings that a missing one is compared with: each comparison keeps requests waiting. */
const MAX_COMPARED = 1000;

/** An acr string that challenges ask an authorization server for. */
interface Need {
  /** The word of the application, from the first of the routes. */
  readonly word: string;
  readonly routes: Route[];
}

/**
 * Returns advice on what the metadata of an authorization server contradicts. Absent metadata is no contradiction:
 * several servers honor `acr_values` without publishing it.
 *
 * @param verifies whether tokens of this server are verified here
 * @see [RFC 9470 §7](https://www.rfc-editor.org/rfc/rfc9470.html#section-7)
 */
export function adviceOnMetadata(
  metadata: AuthorizationServerMetadata,
  server: AuthorizationServer,
  routes: readonly Route[],
  verifies: boolean,
): Found[] {
  const needs = needsOf(routes, server);
  const found = [adviceOnAcrValues(metadata, needs, server)];
  if (needs.size > 0 && server.profile.requestMode === 'essential') found.push(adviceOnClaimsParameter(metadata));
  if (verifies && server.jwksUri === undefined) found.push(adviceOnEndpoint(metadata, server, 'jwks_uri', 'jwksUri'));
  if (server.introspection !== undefined && server.introspection.endpoint === undefined) {
    found.push(adviceOnEndpoint(metadata, server, 'introspection_endpoint', 'introspection.endpoint'));
  }
  return found.filter((one) => one !== undefined);
}

/** Advice, and the routes that it concerns. */
interface Found {
  readonly advice: Advice;
  readonly routes: readonly Route[];
}

function adviceOnAcrValues(
  metadata: AuthorizationServerMetadata,
  needs: ReadonlyMap<string, Need>,
  { profile: { title } }: AuthorizationServer,
): Found | undefined {
  const offered: unknown = metadata['acr_values_supported'];
  if (!Array.isArray(offered)) return undefined;
  const lacking = [...needs].filter(([value]) => !offered.includes(value));
  if (lacking.length === 0) return undefined;
  const described = lacking.map(([value, { word, routes }]) => {
    const others = routes.length > 1 ? ` and ${routes.length - 1} more` : '';
    return `"${value}", which "${word}" on ${routes[0]?.name}${others} asks for`;
  });
  const steps = title === undefined ? '' : `: the steps for ${title} are in docs/authorization-servers.md`;
  const nearest = lacking.flatMap(([value]) => nearestOffered(value, offered) ?? []);
  const advice: Advice = {
    code: 'acr_values_unsupported',
    subject: metadata.issuer,
    message: `acr_values_supported in its metadata lacks ${described.join('; ')}`,
    // Does not advise to require what the server offers: a plain sign-in can satisfy that.
    fix: `have the server offer it${steps}${nearest.length === 0 ? '' : `; or correct its spelling: ${nearest.join(', ')}`}`,
  };
  return { advice, routes: [...new Set(lacking.flatMap(([, need]) => need.routes))] };
}

/**
 * Returns an offered string that differs only by a misspelling. A string with other numbers can stand for a weaker
 * sign-in.
 */
function nearestOffered(value: string, offered: readonly unknown[]): string | undefined {
  const numbersOf = (one: string) => one.replace(/\D+/g, ' ');
  const strings = offered
    .slice(0, MAX_COMPARED)
    .filter((one) => typeof one === 'string' && Math.abs(one.length - value.length) <= MAX_SLIP)
    .filter((one) => numbersOf(one as string) === numbersOf(value));
  const nearest = closestMatch(value, strings as string[]);
  return nearest !== undefined && editDistance(value, nearest) <= MAX_SLIP ? `"${nearest}"` : undefined;
}

function adviceOnClaimsParameter(metadata: AuthorizationServerMetadata): Found | undefined {
  if (metadata['claims_parameter_supported'] === true) return undefined;
  const advice: Advice = {
    code: 'claims_parameter_unsupported',
    subject: metadata.issuer,
    message: 'its metadata offers no claims parameter, by which the profile says that an acr has to be asked for',
    fix: 'have the server accept it, or let "request.mode" of the profile be \'acr_values\'',
  };
  return { advice, routes: [] };
}

function needsOf(routes: readonly Route[], { vocabulary }: AuthorizationServer): ReadonlyMap<string, Need> {
  const needs = new Map<string, Need>();
  for (const route of routes) {
    const asked = new Set<string>();
    for (const word of route.description.requirements?.acrValues ?? []) {
      for (const value of vocabulary.knows(word) ? vocabulary.stringsFor([word]) : []) {
        const need = needs.get(value) ?? { word, routes: [] };
        needs.set(value, need);
        if (!asked.has(value)) need.routes.push(route);
        asked.add(value);
      }
    }
  }
  return needs;
}

function adviceOnEndpoint(
  metadata: AuthorizationServerMetadata,
  server: AuthorizationServer,
  name: 'jwks_uri' | 'introspection_endpoint',
  setting: string,
): Found | undefined {
  try {
    endpointOf(metadata, name, server);
    return undefined;
  } catch (error) {
    if (!(error instanceof AuthorizationServerUnavailable)) throw error;
    const advice: Advice = {
      code: `${name}_missing`,
      subject: metadata.issuer,
      message: error.reason,
      fix: `give "authorizationServers[].${setting}"`,
    };
    return { advice, routes: [] };
  }
}
