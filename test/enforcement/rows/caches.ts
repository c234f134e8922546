// @ts-nocheck: see ../harness/types.ts
// An answer behind a requirement belongs to one user.
import { UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Info, Query, Resolver } from '@nestjs/graphql';
import { AccessTokenGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { graphql } from '../harness/calls';
import { apollo, application, classOf, decorate, kinds, mounted } from '../harness/kinds';

const RULE = 'An answer behind a requirement belongs to one user';
const plugin = () => {
  const loaded = require('@apollo/server-plugin-response-cache');
  return (loaded.default?.default ?? loaded.default)();
};
const directives = `
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
`;
const hints = {
  'a hint on the field': 'secret: String @cacheControl(maxAge: 60)',
  'a private hint on the field, no session': 'secret: String @cacheControl(maxAge: 60, scope: PRIVATE)',
  'a hint set by the resolver': 'secret: String',
};
const levels = {
  '@RequireAcr on the method': [{ below: [RequireAcr('phr')] }],
  '@RequireAcr on the class': [{ cls: [RequireAcr('phr')] }],
  'requirements by the module': [{}, { options: { requirements: { acrValues: ['phr'] } } }],
  '@SkipStepUp': [{ below: [SkipStepUp()] }, {}, 'token'],
  'AccessTokenGuard by @UseGuards': [{ below: [UseGuards(AccessTokenGuard)] }, {}, 'token'],
  'AccessTokenGuard by APP_GUARD': [{}, { providers: [{ provide: APP_GUARD, useClass: AccessTokenGuard }] }, 'token'],
};

function cachedQuery(secret, { on, hint, further, part, plugins = [plugin()] }) {
  @Resolver()
  class Accounts {
    secret(info) {
      if (hint === 'a hint set by the resolver') info.cacheControl.setCacheHint({ maxAge: 60, scope: 'PUBLIC' });
      return secret();
    }
  }
  Info()(Accounts.prototype, 'secret', 0);
  decorate(Accounts, 'secret', [Query('secret'), ...(on.below ?? [])]);
  for (const decorator of on.cls ?? []) decorator(Accounts);
  const typeDefs = `${directives} type Query { ${hints[hint] ?? hint} }`;
  const graphqlModule = apollo({ typeDefs, resolvers: {}, plugins, ...further });
  return application(
    { call: (at) => graphql(at, '{ secret }') },
    { providers: [Accounts], after: [graphqlModule] },
    part,
  );
}

export function cacheRows() {
  const rows = [];
  for (const [level, [on, part = {}, needs = 'step-up']] of Object.entries(levels)) {
    for (const hint of Object.keys(hints)) {
      rows.push({
        rule: RULE,
        name: `GraphQL response cache, ${hint}, ${level}`,
        adapters: level === '@RequireAcr on the method' ? ['express', 'fastify'] : ['express'],
        needs,
        good: 'served',
        application: (secret) => cachedQuery(secret, { on, hint, part }),
      });
    }
    rows.push({
      rule: RULE,
      name: `GraphQL cache-control header, a hint on the field, ${level}`,
      adapters: ['express'],
      needs,
      good: 'served',
      application(secret) {
        const whole = cachedQuery(secret, { on, hint: 'a hint on the field', part, plugins: [] });
        return {
          ...whole,
          async call(running) {
            const answer = await graphql(running, '{ secret }');
            if (/max-age=[1-9]/.test(answer.cache)) secret.betray(`cache-control: ${answer.cache}`);
            return answer;
          },
        };
      },
    });
    rows.push({
      rule: RULE,
      name: `GraphQL response cache, a default maxAge for all fields, ${level}`,
      adapters: ['express'],
      needs,
      good: 'served',
      application(secret) {
        const { ApolloServerPluginCacheControl } = require('@apollo/server/plugin/cacheControl');
        return cachedQuery(secret, {
          on,
          hint: 'secret: String',
          part,
          plugins: [ApolloServerPluginCacheControl({ defaultMaxAge: 60 }), plugin()],
        });
      },
    });
  }
  rows.push({
    rule: RULE,
    name: 'GraphQL response cache, a guarded field below a cached open one',
    adapters: ['express'],
    needs: 'step-up',
    good: 'served',
    application(secret) {
      const kind = kinds.field;
      const typeDefs = `${directives} type Account { secret: String @cacheControl(inheritMaxAge: true) } type Query { account: Account @cacheControl(maxAge: 60) }`;
      return application(
        { ...kind, extra: () => ({}) },
        mounted(kind, classOf(kind, secret, { below: [RequireAcr('phr')] })),
        { after: [apollo({ typeDefs, plugins: [plugin()] })] },
      );
    },
  });
  rows.push({
    rule: RULE,
    name: 'GraphQL response cache, an open field stays cached',
    adapters: ['express'],
    needs: 'nothing',
    good: 'served',
    application: (secret) => {
      let runs = 0;
      const counted = Object.assign(() => {
        runs += 1;
        return secret();
      }, secret);
      const whole = cachedQuery(counted, { on: { below: [Public()] }, hint: 'a hint on the field', part: {} });
      return {
        ...whole,
        async call(running) {
          await whole.call(running);
          const answer = await whole.call(running);
          if (runs !== 1) secret.betray(`ran ${runs} times: caching is gone for everybody`);
          return answer;
        },
      };
    },
  });
  return rows;
}
