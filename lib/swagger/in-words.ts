import { canChallenge } from './challenge-examples.js';
import { acrValuesOf, type Described } from './operation.js';

/** Says in words, as Markdown, what requests for an operation require. */
export function inWords(described: Described): string {
  const { route, settings } = described;
  const { access } = route.description;
  switch (access) {
    case 'required':
      return [
        `**Step-up authentication.** ${required(described)}`,
        route.description.dynamic && 'Further requirements are decided for each request.',
        route.isInherited && settings.isPublic !== undefined && 'The application can make the operation public.',
        settings.mode === 'report' && 'These requirements are recorded, and not enforced yet.',
      ]
        .filter((sentence) => typeof sentence === 'string')
        .join(' ');
    case 'skipped':
    case 'token':
      return 'Needs an access token. Any sign-in is sufficient.';
    case 'public':
      return 'Needs no access token.';
    case 'open':
      return route.mayBeGuarded
        ? 'Requires no step-up authentication. Other guards of the application decide whether it needs a token.'
        : 'Needs no access token.';
  }
}

function required(described: Described): string {
  const {
    route: { description },
  } = described;
  const { acrValues, maxAge, scope } = description.requirements ?? {};
  const parts = [
    acrValues && contexts(described, acrValues),
    maxAge !== undefined && `from a sign-in at most ${maxAge} seconds ago (\`max_age\`)`,
    scope !== undefined && `with the scope ${scope.split(' ').map(code).join(' and ')}`,
  ].filter((part) => typeof part === 'string');
  if (parts.length === 0) return 'Needs an access token.';
  const otherwise = canChallenge(described) ? ' Otherwise the response is a challenge by RFC 9470.' : '';
  return `Needs an access token ${parts.join(', ')}.${otherwise}`;
}

/** Says which strings satisfy. Those of servers that are resolved at run time are not known: the words stand for them. */
function contexts({ settings, translated }: Described, words: readonly string[]): string {
  const values = acrValuesOf(translated).map(code).join(' or ');
  if (settings.resolveAuthorizationServer === undefined)
    return values === '' ? 'with an `acr` that is not known' : `with the \`acr\` ${values}`;
  const others = `for the word ${words.map(code).join(' or ')}`;
  return values === ''
    ? `with the \`acr\` of its authorization server ${others}`
    : `with the \`acr\` ${values}, or that of another authorization server ${others}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}
