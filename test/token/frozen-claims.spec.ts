import { freezeClaims } from '../../lib/token/frozen-claims.js';

describe('claims are frozen', () => {
  it('at every depth, in objects and in lists', () => {
    const claims = { list: [{ inner: ['a'] }, [['b']]], object: { deep: { deeper: {} } }, text: 'text', none: null };
    freezeClaims(claims);
    const frozen = [claims, claims.list, claims.list[0], (claims.list[0] as { inner: string[] }).inner];
    frozen.push(
      claims.list[1] as never,
      (claims.list[1] as string[][])[0] as never,
      claims.object.deep.deeper as never,
    );
    for (const one of frozen) expect(Object.isFrozen(one)).toBe(true);
  });

  it('and what every object inherits is left alone', () => {
    const inherited = { of: 'the application' };
    Object.defineProperty(Object.prototype, 'inherited', { value: inherited, enumerable: true, configurable: true });
    try {
      freezeClaims({ sub: 'alice' });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'inherited');
    }
    expect(Object.isFrozen(inherited)).toBe(false);
  });

  it.each([
    ['in a list', '{"list":[[{"__proto__":{}}]]}'],
    ['in an object', '{"object":{"__proto__":"text"}}'],
    ['as a constructor', '{"list":[{"constructor":{}}]}'],
  ])('unless a name would change a prototype: %s', (_, json) => {
    expect(() => freezeClaims(JSON.parse(json))).toThrow('a claim name that is not accepted');
  });

  it.each([null, 'text', 7, true])('also with a constructor that is no object: %j', (value) => {
    expect(Object.isFrozen(freezeClaims({ constructor: value } as never))).toBe(true);
  });

  it('and null is nothing that is nested', () => {
    const nested = (leaf: string) => JSON.parse(`{"a":${'['.repeat(31)}${leaf}${']'.repeat(31)}}`);
    expect(freezeClaims(nested('null'))).toBeDefined();
    expect(() => freezeClaims(nested('{}'))).toThrow('nested too deeply');
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('unless %s are nested too deep', (_, open, close) => {
    const nested = (depth: number) => JSON.parse(`{"a":${open.repeat(depth)}1${close.repeat(depth)}}`);
    expect(freezeClaims(nested(31))).toBeDefined();
    expect(() => freezeClaims(nested(32))).toThrow('nested too deeply');
  });
});
