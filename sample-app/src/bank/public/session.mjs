/**
 * Who is signed in to this page. The access token is kept in memory alone: after a page load the session at the
 * authorization server gives a new one.
 */
export const session = {
  accessToken: undefined,
  /** `sub` and `iss` of the ID token. */
  subject: undefined,
  issuer: undefined,

  begin({ accessToken, claims }) {
    Object.assign(session, { accessToken, subject: claims.sub, issuer: claims.iss });
    sessionStorage.setItem('signed-in', 'yes');
  },

  end() {
    Object.assign(session, { accessToken: undefined, subject: undefined, issuer: undefined });
    sessionStorage.removeItem('signed-in');
  },

  /** Whether a page load should ask the authorization server for its session. */
  get isLikely() {
    return sessionStorage.getItem('signed-in') !== null;
  },
};
