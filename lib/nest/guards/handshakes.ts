import { setImmediate } from 'node:timers';
import { HttpException } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { AccessTokenRefused } from '../../token/index.js';
import type { StepUpLog } from '../advice/log.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { InsufficientUserAuthenticationException } from '../refusal/insufficient-user-authentication.exception.js';
import type { StepUpSettings } from '../step-up-settings.js';
import { Attachment } from '../transports/attachment.js';
import { type Connection, connectionOf, keepConnection } from '../transports/connection.js';
import { atTime } from '../transports/expiry.js';
import { isHttpRequest } from '../transports/http-request.js';
import { type Socket, type SocketRefusal, socketOf } from '../transports/socket.js';
import { onlyToken } from '../transports/token-locations.js';
import { closeCodeOf, INTERNAL_ERROR } from '../transports/ws.transport.js';
import type { Conclusion } from './conclusion.js';
import { toHttpException } from './http-exception.js';
import type { Invocations } from './invocations.js';
import { endOf } from './judged-invocations.js';

/** What handshakes need of the admission. */
interface Parts {
  readonly settings: StepUpSettings;
  readonly log: StepUpLog;
  readonly conclusion: Conclusion;
  readonly invocations: Invocations;
  /** Verifies the token that a function finds. Reports the decision. */
  readonly authenticate: (find: () => string) => Promise<Authenticated>;
}

/** What this application knows of a connection. */
interface Handshake {
  readonly socket: Socket;
  readonly isOpen: Promise<boolean>;
  authenticated?: Authenticated;
  /** Counts renewals: one that began earlier does not replace a later one. */
  begun: number;
  applied: number;
  isClosed: boolean;
  cancelEnd?: () => void;
  /** Judgements under way that keep messages back. Zero once the socket is open. */
  judgements: number;
  readonly release: () => void;
  /** Why the socket was closed. */
  refusal?: SocketRefusal;
}

/** Judges the tokens of sockets when they open, and the tokens by which they are renewed. */
export class Handshakes {
  readonly #handshakes = new Attachment<Handshake>();

  constructor(private readonly parts: Parts) {}

  /**
   * Returns whether a socket may stay open. Closes it otherwise. Judges a socket once, however many gateways ask.
   *
   * @throws StepUpConfigurationError for what is not a socket
   */
  async judge(client: unknown, further: unknown): Promise<boolean> {
    const socket = this.#socketOf(client, further);
    const known = connectionOf(socket.holders);
    const before = known && this.#handshakes.get(known);
    if (before !== undefined) {
      await before.isOpen;
      socket.answer?.(before.refusal);
      return before.refusal === undefined;
    }
    const connection: Connection = { isRefused: false };
    keepConnection(connection, socket.holders);
    const release = socket.hold();
    const isOpen = Promise.resolve().then(() => this.#judge(connection));
    const handshake: Handshake = { socket, isOpen, begun: 0, applied: 0, isClosed: false, judgements: 1, release };
    this.#handshakes.set(connection, handshake);
    socket.onClose(() => {
      handshake.isClosed = true;
      handshake.cancelEnd?.();
    });
    return isOpen;
  }

  /**
   * Replaces the token of a connection.
   *
   * @throws AccessTokenException for a refused token, one of another user, a connection that was refused, and an operation
   * of GraphQL over HTTP
   * @throws StepUpConfigurationError without a handshake
   */
  async renew(at: unknown, token: string): Promise<Authenticated> {
    const { authenticate, conclusion, settings } = this.parts;
    const connection = this.#connectionAt(at);
    const handshake = connection && this.#handshakes.get(connection);
    if (connection === undefined || handshake === undefined) {
      throw new StepUpConfigurationError(
        'renew() knows no handshake of this connection; call handshake() when it opens, and give renew() the client or ' +
          'what @StepUpContext() gave',
      );
    }
    const turn = ++handshake.begun;
    if (!(await handshake.isOpen)) return conclusion.refuseToken(AccessTokenException.missing(settings));
    const authenticated = await authenticate(() => token);
    const before = handshake.authenticated?.event;
    const { subject, issuer } = authenticated.event;
    if (subject === undefined || subject !== before?.subject || issuer !== before.issuer) {
      const refused = new AccessTokenRefused('token_of_another_user');
      return conclusion.refuseToken(AccessTokenException.refused(refused, settings));
    }
    // The socket can have been closed while the token was verified.
    if (connection.isRefused) return conclusion.refuseToken(AccessTokenException.missing(settings));
    if (turn > handshake.applied) {
      handshake.applied = turn;
      this.#accept(connection, handshake, token, authenticated);
    }
    return authenticated;
  }

  /**
   * Runs a judgement that the application asks for. Waits for that of the handshake, and keeps the messages of a socket
   * that is opening back until it has ended. Other values of `at` make no difference.
   */
  async judging<T>(at: unknown, judge: () => Promise<T>): Promise<T> {
    const connection = connectionOf([at]);
    const handshake = connection && this.#handshakes.get(connection);
    if (handshake === undefined || handshake.judgements === 0) return judge();
    handshake.judgements += 1;
    try {
      await handshake.isOpen;
      return await judge();
    } finally {
      this.#endJudgement(handshake);
    }
  }

  /** Logs what is no socket as well: Mercurius does not tell what its hooks throw. */
  #socketOf(client: unknown, further: unknown): Socket {
    try {
      return socketOf(client, further);
    } catch (error) {
      this.parts.log.fault('handshake_failed', (error as Error).message);
      throw error;
    }
  }

  async #judge(connection: Connection): Promise<boolean> {
    const handshake = this.#handshakes.get(connection) as Handshake;
    const { socket } = handshake;
    let token = '';
    try {
      const authenticated = await this.parts.authenticate(() => {
        token = this.#tokenOf(socket);
        return token;
      });
      this.#accept(connection, handshake, token, authenticated);
      socket.answer?.();
      this.#endJudgement(handshake);
      return true;
    } catch (error) {
      this.#close(connection, handshake, error);
      return false;
    }
  }

  /**
   * Lets messages through after the last judgement. Not at once, so that the application can ask for one more, and close
   * the socket of a refused one. The timer is that of Node, which no test replaces.
   */
  #endJudgement(handshake: Handshake): void {
    setImmediate(() => {
      handshake.judgements -= 1;
      if (handshake.judgements === 0) handshake.release();
    });
  }

  #tokenOf(socket: Socket): string {
    const { settings } = this.parts;
    try {
      const sent = onlyToken(socket.tokens(settings.tokenLocations));
      if (sent === undefined) throw AccessTokenException.missing(settings);
      // No proof of a key comes with a socket.
      if (sent.scheme !== 'Bearer') throw new AccessTokenRefused('proof_unsupported');
      return sent.token;
    } catch (refused) {
      throw refused instanceof AccessTokenRefused ? AccessTokenException.refused(refused, settings) : refused;
    }
  }

  #accept(connection: Connection, handshake: Handshake, token: string, authenticated: Authenticated): void {
    const { settings } = this.parts;
    if (token !== '') connection.token = token;
    handshake.authenticated = authenticated;
    handshake.cancelEnd?.();
    const end = endOf(authenticated, settings);
    if (end === undefined || handshake.isClosed) return;
    handshake.cancelEnd = atTime(end, () => {
      const expired = new AccessTokenRefused('token_expired');
      this.#close(connection, handshake, AccessTokenException.refused(expired, settings));
    });
  }

  /** Never throws: the client can be gone. */
  #close(connection: Connection, handshake: Handshake, error: unknown): void {
    const { log } = this.parts;
    connection.isRefused = true;
    handshake.refusal = this.#refusalFor(error);
    try {
      handshake.socket.refuse(handshake.refusal);
    } catch (thrown) {
      log.thrown('handshake_failed', 'closing a socket', thrown);
    }
  }

  #refusalFor(error: unknown): SocketRefusal {
    const { log } = this.parts;
    if (error instanceof AccessTokenException || error instanceof InsufficientUserAuthenticationException) {
      const { extensions, message, code } = error;
      return { closeCode: closeCodeOf(error.getStatus()), error: code, data: { message, ...extensions } };
    }
    const thrown = toHttpException(error, 'a handshake', log);
    if (thrown instanceof HttpException) {
      const status = thrown.getStatus();
      const { message } = thrown;
      return { closeCode: closeCodeOf(status), error: status < 500 ? 'refused' : 'server_error', data: { message } };
    }
    log.thrown('handshake_failed', 'a handshake', thrown);
    return { closeCode: INTERNAL_ERROR, error: 'server_error', data: { message: 'Internal server error' } };
  }

  #connectionAt(at: unknown): Connection | undefined {
    const known = connectionOf([at]);
    if (known !== undefined) return known;
    const { conclusion, invocations, settings } = this.parts;
    const { request, context, transport } = invocations.at(at);
    const connection = connectionOf(transport.connectionHoldersOf?.(request, context) ?? []);
    // Clients choose whether an operation of GraphQL comes over HTTP or over a connection.
    if (connection === undefined && transport.sharesRequest && isHttpRequest(request)) {
      const refused = new AccessTokenRefused('renewal_without_connection');
      return conclusion.refuseToken(AccessTokenException.refused(refused, settings));
    }
    return connection;
  }
}
