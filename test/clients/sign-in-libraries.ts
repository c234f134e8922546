// How each library signs the user in for a challenge: what stands here is what docs/client.md shows. It is compiled
// against the types of the libraries, and played in Chromium.
import '@angular/compiler';
import { provideHttpClient } from '@angular/common/http';
import { Component, inject, provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideRouter } from '@angular/router';
import { Auth0Client } from '@auth0/auth0-spa-js';
import { ProtocolMode, PublicClientApplication } from '@azure/msal-browser';
import { OktaAuth } from '@okta/okta-auth-js';
import { LogLevel, OidcSecurityService, provideAuth } from 'angular-auth-oidc-client';
import Keycloak from 'keycloak-js';
import {
  type AuthorizationParametersOptions,
  authorizationParameters,
  type StepUpChallenge,
} from 'nestjs-step-up/client';
import {
  type AngularAuthParametersOptions,
  angularAuthOptions,
  type KeycloakParametersOptions,
  keycloakLoginOptions,
  msalRequest,
  oidcClientSigninArgs,
  oktaTokenParams,
} from 'nestjs-step-up/client/sign-in';
import { signIn } from 'next-auth/react';
import { UserManager } from 'oidc-client-ts';

const issuer = 'https://as.example.com';
const client_id = 'page';
const page = 'https://app.example.com/';

/** Of options that hold for all libraries. */
type Options = AuthorizationParametersOptions & KeycloakParametersOptions;
type SignIn = (challenge: StepUpChallenge, options: Options) => Promise<unknown>;

const oidc = () => new UserManager({ authority: issuer, client_id, redirect_uri: page });
const okta = () => new OktaAuth({ issuer, clientId: client_id, redirectUri: page });
const auth0 = () => new Auth0Client({ domain: issuer, clientId: client_id });

const msal = async () => {
  const application = new PublicClientApplication({
    auth: { authority: issuer, knownAuthorities: ['as.example.com'], clientId: client_id, redirectUri: page },
    system: { protocolMode: ProtocolMode.OIDC },
  });
  await application.initialize();
  return application;
};

const keycloak = async () => {
  const adapter = new Keycloak({ clientId: client_id, oidcProvider: issuer });
  await adapter.init({ checkLoginIframe: false });
  return adapter;
};

const angular = () => {
  const config = {
    authority: issuer,
    clientId: client_id,
    redirectUrl: page,
    scope: 'openid pay',
    responseType: 'code',
  };
  return new Promise<OidcSecurityService>((resolve) => {
    class Page {
      constructor() {
        resolve(inject(OidcSecurityService));
      }
    }
    document.body.append(document.createElement('app-page'));
    const auth = provideAuth({ config: { ...config, logLevel: LogLevel.None } });
    const providers = [provideZonelessChangeDetection(), provideHttpClient(), provideRouter([]), auth];
    bootstrapApplication(Component({ selector: 'app-page', template: '' })(Page), { providers });
  });
};

export const libraries: Record<string, SignIn> = {
  'oidc-client-ts, redirect': async (challenge, options) =>
    oidc().signinRedirect(oidcClientSigninArgs(challenge, options)),
  'oidc-client-ts, popup': async (challenge, options) => oidc().signinPopup(oidcClientSigninArgs(challenge, options)),
  'keycloak-js': async (challenge, options) => (await keycloak()).login(keycloakLoginOptions(challenge, options)),
  'MSAL, redirect': async (challenge, options) => (await msal()).acquireTokenRedirect(msalRequest(challenge, options)),
  'MSAL, popup': async (challenge, options) => (await msal()).acquireTokenPopup(msalRequest(challenge, options)),
  'auth0-spa-js, redirect': async (challenge, options) =>
    auth0().loginWithRedirect({ authorizationParams: authorizationParameters(challenge, options) }),
  'auth0-spa-js, popup': async (challenge, options) =>
    auth0().loginWithPopup({ authorizationParams: authorizationParameters(challenge, options) }),
  'okta-auth-js, redirect': async (challenge, options) =>
    okta().token.getWithRedirect(oktaTokenParams(challenge, options)),
  'okta-auth-js, popup': async (challenge, options) => okta().token.getWithPopup(oktaTokenParams(challenge, options)),
  'angular-auth-oidc-client': async (challenge, { scope: _, ...options }) =>
    (await angular()).authorize(undefined, angularAuthOptions(challenge, options)),
  'Auth.js': async (challenge, options) => signIn('oidc', undefined, authorizationParameters(challenge, options)),
};

/** What does not compile: parameters under names that a library does not read, or that it has no place for. */
export async function mistakes(challenge: StepUpChallenge, resource: string) {
  const parameters = authorizationParameters(challenge);
  // @ts-expect-error oidc-client-ts drops claims
  await oidc().signinRedirect(parameters);
  // @ts-expect-error
  await oidc().signinPopup({ ...parameters });
  // @ts-expect-error keycloak-js drops all but the scope and the prompt
  await (await keycloak()).login(parameters);
  // @ts-expect-error
  await (await keycloak()).login({ ...parameters, redirectUri: page });
  // @ts-expect-error keycloak-js sends no resource indicator
  keycloakLoginOptions(challenge, { resource });
  // @ts-expect-error keycloak-js sends no ID token hint
  keycloakLoginOptions(challenge, { idTokenHint: resource });
  // @ts-expect-error keycloak-js sends no claims but an acr
  keycloakLoginOptions(challenge, { claims: {} });
  // @ts-expect-error MSAL reads other names
  await (await msal()).acquireTokenRedirect(parameters);
  // @ts-expect-error
  await (await msal()).acquireTokenPopup({ ...parameters, scopes: ['pay'] });
  // @ts-expect-error okta-auth-js drops all but the prompt
  await okta().token.getWithPopup(parameters);
  // @ts-expect-error
  await okta().token.getWithRedirect({ ...parameters, scopes: ['pay'] });
  // @ts-expect-error auth0-spa-js reads authorizationParams
  await auth0().loginWithPopup(parameters);
  // @ts-expect-error angular-auth-oidc-client reads customParams
  (await angular()).authorize(undefined, parameters);
  // @ts-expect-error angular-auth-oidc-client sends the scope of its configuration
  angularAuthOptions(challenge, { scope: 'openid' } satisfies AngularAuthParametersOptions);
}

const signInWith = (name: string, ...given: Parameters<SignIn>) => libraries[name]?.(...given);
Object.assign(globalThis, { signInWith: Object.assign(signInWith, { names: Object.keys(libraries) }) });
