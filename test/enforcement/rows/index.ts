// @ts-nocheck: see ../harness/types.ts
import { bootRows } from './boot';
import { cacheRows } from './caches';
import { decoratedRows } from './decorated';
import { handlerRows } from './handlers';
import { judgedRows } from './judged';
import { oneUserRows } from './one-user';
import { providedRows } from './provided';
import { siblingRows } from './siblings';

export function rows() {
  return [
    ...providedRows(),
    ...decoratedRows(),
    ...handlerRows(),
    ...bootRows(),
    ...oneUserRows(),
    ...judgedRows(),
    ...cacheRows(),
    ...siblingRows(),
  ];
}
