import passport from 'passport';
import { isRegistered } from '../../lib/passport/index.js';
import { logOfEachTest } from '../support/application.js';
import { bootFailure, bootServer } from '../support/boot.js';

logOfEachTest();

describe('a strategy name that is taken', () => {
  const foreign = { name: 'jwt', authenticate() {} };
  beforeEach(() => void passport.use('jwt', foreign));
  afterEach(() => void passport.unuse('jwt'));

  it('a strategy of another origin under our name stops the boot', async () => {
    expect(await bootFailure({})).toEqual(
      new TypeError(
        'The Passport strategy "jwt" is registered already and is not ours; remove it, set "strategyName" to another ' +
          'name, or set "passport" to \'existing\' to use it',
      ),
    );
    expect(isRegistered('jwt')).toBe(true);
  });

  it('a strategy of another origin is left alone if ours has another name', async () => {
    const options = { authorizationServers: [bootServer], strategyName: 'access-token' };
    expect(await bootFailure({ options })).toBe(undefined);
    expect(isRegistered('jwt')).toBe(true);
    expect(isRegistered('access-token')).toBe(false);
  });
});
