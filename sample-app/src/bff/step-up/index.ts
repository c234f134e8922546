// Copy this folder: it imports nothing of the sample. It needs Nest, openid-client and nestjs-step-up/client.
//
// What the server around it does: it sends a POST with a CSRF token to the API, and gives the refusal to `StepUps.begin`.
// It gives the callback to `StepUps.finish`, renews the id of the session, and keeps the user that comes out. Then it
// shows what `Confirmations` keeps, for the user to send: the callback itself performs nothing.
export { type AuthorizationAttempt, AuthorizationClient, type Tokens } from './authorization-client.js';
export { CLIENT_OPTIONS, type ClientOptions } from './client.options.js';
export { Confirmations } from './confirmations.js';
export type { Owner, SignedIn } from './owner.js';
export { StepUpFailure, type StepUpFailureCode } from './step-up-failure.js';
export { type FinishedStepUp, type RefusedRequest, StepUps } from './step-ups.js';
export { type StoreOfSession, UserStore } from './user-store.js';
