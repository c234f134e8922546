import { Injectable } from '@nestjs/common';
import type { AuthorizationServerMetadata } from '../../token/index.js';

/** The metadata of authorization servers, as far as an audit has read it. No verdict depends on it. */
@Injectable()
export class PublishedMetadata {
  readonly #ofIssuers = new Map<string, AuthorizationServerMetadata>();

  add(metadata: AuthorizationServerMetadata): void {
    this.#ofIssuers.set(metadata.issuer, metadata);
  }

  /** Returns `undefined` if the metadata was not read. */
  of(issuer: string | undefined): AuthorizationServerMetadata | undefined {
    return issuer === undefined ? undefined : this.#ofIssuers.get(issuer);
  }
}
