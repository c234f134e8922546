import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { AuthorizationServer } from '../../authorization-servers/index.js';
import { type AuthorizationServerMetadata, AuthorizationServerUnavailable, fetchMetadata } from '../../token/index.js';
import type { Advice } from '../advice/advice.js';
import { PublishedMetadata } from '../advice/published-metadata.js';
import { adviceOnUnavailable } from '../refusal/unavailability-advice.js';
import type { Route } from '../requirements/route.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up-settings.js';
import { adviceOnMetadata } from './metadata-advice.js';

/** Seconds for the metadata of all authorization servers together. */
const TIMEOUT = 5;

/** Compares the metadata of authorization servers with what the routes require. */
@Injectable()
export class MetadataAudit implements OnModuleDestroy {
  readonly #underWay = new Set<AbortController>();

  constructor(
    @Inject(STEP_UP_SETTINGS) private readonly settings: StepUpSettings,
    private readonly published: PublishedMetadata,
  ) {}

  /** Aborts the audit: an application that shuts down does not need the result. */
  onModuleDestroy(): void {
    for (const controller of this.#underWay) controller.abort();
  }

  /**
   * Reads the metadata of every authorization server, in parallel and for at most 5 seconds. Adds to each route the
   * advice that concerns it. Returns no advice after a shutdown.
   */
  async examine(routes: readonly Route[]): Promise<readonly Advice[]> {
    const controller = new AbortController();
    const timeout = setTimeout(() => controller.abort(TIMEOUT), TIMEOUT * 1000).unref();
    this.#underWay.add(controller);
    try {
      const { servers } = this.settings;
      const advice = await Promise.all(servers.map((server) => this.#adviceOn(server, routes, controller.signal)));
      const isGivenUp = controller.signal.aborted && controller.signal.reason !== TIMEOUT;
      return isGivenUp ? [] : advice.flat();
    } finally {
      clearTimeout(timeout);
      this.#underWay.delete(controller);
    }
  }

  async #adviceOn(server: AuthorizationServer, routes: readonly Route[], signal: AbortSignal): Promise<Advice[]> {
    let metadata: AuthorizationServerMetadata;
    try {
      metadata = await fetchMetadata(server, signal);
    } catch (error) {
      if (!(error instanceof AuthorizationServerUnavailable)) throw error;
      return [adviceOnUnavailable(error, this.settings.servers)];
    }
    this.published.add(metadata);
    const found = adviceOnMetadata(metadata, server, routes, this.settings.passport === 'register');
    for (const { advice, routes: concerned } of found) for (const route of concerned) route.advise(advice);
    return found.map(({ advice }) => advice);
  }
}
