import { assertSameUser, UserProperty } from '../../../lib/nest/authentication/user-property.js';

const ALICE = { subject: 'alice', issuer: 'https://as.example' };
const alice = () => ({ sub: 'alice', iss: 'https://as.example' });
const property = new UserProperty('user');

/** A request on which a user is kept. */
function keeping(user: unknown, judged = ALICE): { user: unknown } {
  const request = { user };
  property.keep(request, user, judged);
  return request;
}

describe('a user that has replaced the kept one', () => {
  it('cannot be given another subject in place either', () => {
    const request = keeping(alice());
    request.user = { ...alice(), roles: ['admin'] };
    expect(() => Object.assign(request.user as object, { sub: 'bob' })).toThrow(TypeError);
    expect(request.user).toEqual({ ...alice(), roles: ['admin'] });
  });

  it('is told by the first identifier that the kept one has', () => {
    const request = keeping({ id: 7, email: 'alice@as.example' });
    expect(() => Object.assign(request, { user: { id: 8, email: 'alice@as.example' } })).toThrow(TypeError);
    expect(() => Object.assign(request, { user: { id: 7, email: 'new@as.example' } })).not.toThrow();
  });

  it('is nobody’s double if the kept one has no identifier', () => {
    const request = keeping({ name: 'Alice' });
    expect(() => Object.assign(request, { user: { name: 'Alice' } })).toThrow(TypeError);
  });
});

describe('a user who is kept', () => {
  it('is not put beside another one who is there', () => {
    const request = { user: { sub: 'bob' } };
    expect(() => property.keep(request, alice(), ALICE)).toThrow(TypeError);
    expect(Object.getOwnPropertyDescriptor(request, 'user')).toHaveProperty('value', { sub: 'bob' });
  });

  it('is told by the judgement that came last, as a socket outlives the one before', () => {
    const client: { user?: unknown } = {};
    property.keep(client, undefined, ALICE);
    property.keep(client, undefined, { subject: 'bob', issuer: ALICE.issuer });
    expect(() => Object.assign(client, { user: { sub: 'alice' } })).toThrow(TypeError);
  });
});

describe('a user who is signed out by the handler', () => {
  it.each([null, undefined])('is gone if the property is set to %s', (nobody) => {
    const request = keeping(alice());
    request.user = nobody;
    expect(request.user).toBe(nobody);
  });

  it('cannot be deleted: what is put there afterwards would not be compared', () => {
    const request: { user?: unknown } = keeping(alice());
    expect(() => delete request.user).toThrow(TypeError);
    expect(request.user).toEqual(alice());
  });
});

describe('a user whom the application names otherwise than the token', () => {
  const own = { sub: 'customer-7' };
  it.each<[present: string, user: unknown]>([
    ['by the subject of the token', { sub: 'alice' }],
    ['by its own', { sub: 'customer-7' }],
    ['by its own alone', 'customer-7'],
  ])('may be there before %s', (_, present) => {
    expect(() => assertSameUser(present, own, ALICE)).not.toThrow();
  });
});
