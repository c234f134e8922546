// @ts-nocheck: compiled by swc against four versions of Nest, none of which is the one in node_modules
import type { DynamicModule, INestApplication, ModuleMetadata } from '@nestjs/common';

/** The token that a call carries. `expired` was a good one. */
export type TokenName = 'none' | 'weak' | 'expired' | 'good';

/** What a row is about: one application, one handler with a secret, one way to call it. */
export interface Row {
  /** What SECURITY.md promises, "Enforcement" or "Whose authentication", in more detail. */
  rule: string;
  name: string;
  adapters: readonly Adapter[];
  /**
   * Which tokens must not reach the handler: those without an authentication that is enough, without any, or all of them
   * (`the boot to stop`, `refusal`: this invocation must not happen, whoever asks). `nothing`: nobody may be kept out.
   */
  needs: 'step-up' | 'token' | 'the boot to stop' | 'refusal' | 'nothing';
  /** Whether a good token has to be served, or the boot may stop as well. Default is `'served'`. */
  good: 'served' | 'free';
  /** For rows that make their own tokens: what is called, in place of all tokens twice. */
  asks?: readonly TokenName[];
  versions?: (version: string) => boolean;
  /** Why nothing can be done about this row: a red cell of it is listed, and does not fail the run. */
  limit?: string;
  /** Milliseconds that a call may take. Default is `6000`. */
  timeout?: number;
  application(secret: Secret, environment: Environment): Application | Promise<Application>;
}

export type Adapter = 'express' | 'fastify' | 'tcp';

export interface Environment {
  version: string;
  major: number;
  adapter: Adapter;
  tokens: Record<Exclude<TokenName, 'none'>, string>;
  server: object;
  /** A token with claims of the row's own. */
  issue(options: object): Promise<string>;
}

/** Counts its runs. What it returns is looked for in the answers. */
export interface Secret {
  (): string;
  readonly value: string;
  /** For rows where running is not the fault: says that something happened that must not. */
  betray(what: string): void;
}

export interface Application extends ModuleMetadata {
  /** Options of StepUpModule beside the servers. */
  options?: object;
  /** Replaces `StepUpModule.forRoot(…)`. */
  stepUp?: DynamicModule;
  /** Options of NestFactory.create. */
  settings?: object;
  /** Before the boot: global guards, adapters, microservices. */
  configure?(app: INestApplication): void | Promise<void>;
  /** After the boot. What it throws counts as a stopped boot. */
  booted?(app: INestApplication): void | Promise<void>;
  /** Boots and listens, in place of the harness. Its result, `{ port, url, stopped, callsAnyway }`, is handed to `call`. */
  boot?(app: INestApplication): Promise<object>;
  /** Calls the handler; returns all that came back. */
  call(running: Running): Promise<unknown>;
}

export interface Running {
  app: INestApplication;
  url: string;
  port: number;
  tokenName: TokenName;
  token: string | undefined;
  /** The headers of a request with the token. */
  headers: Record<string, string>;
  /** The boot failed with this; only for rows that call nevertheless. */
  stopped?: unknown;
}
