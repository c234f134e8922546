import { AuthorizationResponseError } from 'openid-client';
import { authorizationError } from '../../lib/client/index.js';

describe('authorizationError', () => {
  test.each([
    ['C-50', 'unmet_authentication_requirements', 'ERR_STEP_UP_UNMET'],
    ['C-51', 'access_denied', 'ERR_STEP_UP_DECLINED'],
    ['C-51', 'login_required', 'ERR_STEP_UP_LOGIN_REQUIRED'],
    ['C-51', 'interaction_required', 'ERR_STEP_UP_INTERACTION_REQUIRED'],
    ['C-51', 'account_selection_required', 'ERR_STEP_UP_INTERACTION_REQUIRED'],
    ['C-51', 'consent_required', 'ERR_STEP_UP_CONSENT_REQUIRED'],
    ['C-51', 'invalid_request', 'ERR_STEP_UP_AUTHORIZATION_FAILED'],
    ['C-51', 'server_error', 'ERR_STEP_UP_AUTHORIZATION_FAILED'],
    ['C-51', 'constructor', 'ERR_STEP_UP_AUTHORIZATION_FAILED'],
  ])('%s %s', (_, error, code) => {
    const mapped = authorizationError(new URLSearchParams({ error, error_description: 'why', state: 's' }));
    expect(mapped).toMatchObject({ name: 'AuthorizationFailed', code, error, errorDescription: 'why' });
  });

  test('takes what openid-client throws, and keeps it as the cause', () => {
    const thrown = new AuthorizationResponseError('authorization response from the server is an error', {
      cause: new URLSearchParams({ error: 'access_denied' }),
    });
    expect(authorizationError(thrown)).toMatchObject({ code: 'ERR_STEP_UP_DECLINED', cause: thrown });
  });

  test('nothing from the network is in the message', () => {
    const mapped = authorizationError({ error: '<script>', error_description: '<script>' });
    expect(mapped?.message).toBe('The authorization server refused the step-up; "error" says why');
  });

  test.each([{}, { error: '' }, { error: 1 }, new URLSearchParams('code=x&state=y')])('%j is no error', (response) => {
    expect(authorizationError(response)).toBeUndefined();
  });
});
