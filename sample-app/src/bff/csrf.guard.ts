import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from './problem.js';

/**
 * Lets a POST through only with the token that the form of this session carries. The cookie's `SameSite` alone is not
 * enough: pages of the same site, such as another port of this host, could send it along.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, body, session } = context.switchToHttp().getRequest<Request>();
    if (method === 'GET' || method === 'HEAD' || isSame(body?.csrf, session.csrfToken)) return true;
    throw new Problem(
      403,
      'This form is not from here',
      'It was made by another page or for another session. Nothing was changed.',
    );
  }
}

function isSame(given: unknown, expected: string | undefined): boolean {
  if (typeof given !== 'string' || expected === undefined) return false;
  const [one, other] = [given, expected].map((text) => Buffer.from(text)) as [Buffer, Buffer];
  return one.length === other.length && timingSafeEqual(one, other);
}
