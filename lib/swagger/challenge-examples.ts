import { REASON_DIMENSIONS, type UnmetReason } from '../core/index.js';
import {
  AccessTokenException,
  type ClaimsChallengeBody,
  entraClaimsChallenge,
  renderChallenge,
  type StepUpBody,
  type StepUpSettings,
} from '../nest/index.js';
import type { Described, TranslatedAt } from './operation.js';
import type { SchemaName } from './schemas.js';

/** A challenge that an operation can respond with. */
export interface ChallengeExample {
  readonly name: string;
  readonly challenge: string;
  readonly body: StepUpBody | ClaimsChallengeBody;
}

/** Returns whether an operation can respond with a step-up challenge. A missing scope alone is a 403. */
export function canChallenge({ route: { description }, settings }: Described): boolean {
  const { access, requirements: { acrValues, maxAge } = {}, dynamic } = description;
  const isAsked = acrValues !== undefined || maxAge !== undefined || dynamic;
  return access === 'required' && settings.mode === 'enforce' && isAsked;
}

/** Returns the schemas of the challenges that the authorization servers of an application have. */
export function challengeSchemas(settings: StepUpSettings): SchemaName[] {
  const entra = entraIssuers(settings);
  const schemas: SchemaName[] = entra.size < Math.max(settings.servers.length, 1) ? ['StepUpBody'] : [];
  return entra.size > 0 ? [...schemas, 'ClaimsChallengeBody'] : schemas;
}

/**
 * Returns the challenge of an operation for each authorization server. Servers with the same challenge share one. Empty
 * if only functions decide what is required.
 */
export function challengeExamples({ settings, translated }: Described): ChallengeExample[] {
  const entra = entraIssuers(settings);
  const examples = new Map<string, ChallengeExample>();
  for (const one of translated) {
    const reasons = reasonsOf(one);
    if (reasons.length === 0) continue;
    const isEntra = one.issuer !== undefined && entra.has(one.issuer);
    const rendered = isEntra ? entraExample(one) : renderChallenge(one.requirements, reasons, settings);
    if (rendered === undefined || examples.has(rendered.challenge)) continue;
    const { error } = rendered.body;
    const count = [...examples.values()].filter(({ body }) => body.error === error).length;
    const name = count === 0 ? error : `${error}_${count + 1}`;
    examples.set(rendered.challenge, { ...rendered, name });
  }
  return [...examples.values()];
}

function entraIssuers({ servers }: StepUpSettings): ReadonlySet<string> {
  return new Set(servers.filter(({ profile }) => profile.challenge === 'entra').map(({ issuer }) => issuer));
}

/** Entra cannot challenge for the age of a sign-in alone. */
function entraExample({ issuer, requirements }: TranslatedAt) {
  const reasons = reasonsOf({ requirements }).filter((reason) => REASON_DIMENSIONS[reason] === 'acr');
  if (reasons.length === 0 || issuer === undefined) return undefined;
  const rendered = entraClaimsChallenge({ event: { issuer }, claims: { xms_cc: 'cp1' }, requirements, reasons });
  return rendered instanceof AccessTokenException ? undefined : rendered;
}

function reasonsOf({ requirements: { acrValues, maxAge } }: TranslatedAt): UnmetReason[] {
  return [
    ...(acrValues === undefined ? [] : ['acr_unmet' as const]),
    ...(maxAge === undefined ? [] : ['authentication_too_old' as const]),
  ];
}
