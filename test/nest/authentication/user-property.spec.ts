import { assertSameUser, UserProperty } from '../../../lib/nest/authentication/user-property.js';

const ALICE = { subject: 'alice', issuer: 'https://as.example' };
const alice = () => ({ sub: 'alice', iss: 'https://as.example', name: 'Alice' });
const property = new UserProperty('user');

/** A request on which a user is kept. */
function keeping(user: unknown, judged = ALICE): { user: unknown } {
  const request = { user };
  property.keep(request, user, judged);
  return request;
}

describe('the user that is kept on a request', () => {
  it.each<[change: string, attempt: (request: { user: never }) => unknown]>([
    ['replaced by another subject', (request) => Object.assign(request, { user: { sub: 'bob' } })],
    [
      'replaced by the subject of another issuer',
      (request) => Object.assign(request, { user: { ...alice(), iss: 'x' } }),
    ],
    ['replaced by a text', (request) => Object.assign(request, { user: 'bob' })],
    ['replaced by somebody without subject', (request) => Object.assign(request, { user: { name: 'Bob' } })],
    ['defined anew', (request) => Object.defineProperty(request, 'user', { value: { sub: 'bob' } })],
    ['given another subject in place', ({ user }) => Object.assign(user, { sub: 'bob' })],
    ['given another issuer in place', ({ user }) => Object.assign(user, { iss: 'https://other.example' })],
    [
      'deprived of the subject',
      ({ user }) => {
        delete (user as { sub?: string }).sub;
      },
    ],
    [
      'replaced through an object that inherits from the request',
      (request) => {
        Object.create(request).user = { sub: 'bob' };
      },
    ],
  ])('AT-5 cannot be %s', (_, attempt) => {
    const request = keeping(alice());
    expect(() => attempt(request as never)).toThrow();
    expect(request.user).toEqual(alice());
  });

  it.each<[change: string, attempt: (request: { user: never }) => unknown, expected: object]>([
    ['enriched in place', ({ user }) => Object.assign(user, { roles: ['admin'] }), { ...alice(), roles: ['admin'] }],
    [
      'enriched in place, subject included',
      ({ user }) => Object.assign(user, { ...alice(), age: 7 }),
      { ...alice(), age: 7 },
    ],
    [
      'replaced by a richer copy',
      (request) => Object.assign(request, { user: { ...alice(), age: 7 } }),
      { ...alice(), age: 7 },
    ],
    [
      'replaced by the subject alone',
      (request) => Object.assign(request, { user: { sub: 'alice' } }),
      { sub: 'alice' },
    ],
  ])('may be %s', (_, attempt, expected) => {
    const request = keeping(alice());
    attempt(request as never);
    expect(request.user).toEqual(expected);
  });

  it('may be taken off, as nobody is mistaken for somebody', () => {
    const request = keeping(alice());
    request.user = undefined;
    expect(request.user).toBe(undefined);
  });

  it('is told by an identifier if it has no subject', () => {
    const request = keeping({ id: 7, name: 'Alice' });
    expect(() => Object.assign(request, { user: { id: 8 } })).toThrow(TypeError);
    request.user = { id: 7, name: 'Alice B.' };
    expect(request.user).toEqual({ id: 7, name: 'Alice B.' });
  });

  it('is told by the judged subject where the application has put nobody', () => {
    const client = keeping(undefined);
    expect(() => Object.assign(client, { user: { sub: 'bob' } })).toThrow(TypeError);
    client.user = alice();
    expect(client.user).toEqual(alice());
  });
});

describe('a user who is there before', () => {
  it.each<[present: string, user: unknown]>([
    ['another subject', { sub: 'bob' }],
    ['the subject of another issuer', { ...alice(), iss: 'https://other.example' }],
    ['another issuer without a subject', { iss: 'https://other.example' }],
    ['another name', 'bob'],
  ])('AT-5 may not be %s', (_, present) => {
    expect(() => assertSameUser(present, alice(), ALICE)).toThrow(TypeError);
  });

  it.each<[present: string, user: unknown]>([
    ['nobody', undefined],
    ['what Passport has for nobody', false],
    ['the subject that is judged', { sub: 'alice' }],
    ['the name that is judged', 'alice'],
    ['an object that tells nobody', { session: 1 }],
  ])('may be %s', (_, present) => {
    expect(() => assertSameUser(present, alice(), ALICE)).not.toThrow();
  });
});
