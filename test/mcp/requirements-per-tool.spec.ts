import { All, Controller, Post, type Type } from '@nestjs/common';
import { RequireAcr } from 'nestjs-step-up';
import { requirementsPerTool, type ToolRequirements } from 'nestjs-step-up/mcp';
import { challenged, insufficientScope } from '../support/challenged.js';
import { describeOverHttp } from '../support/describe-over-http.js';
import { DONE, done, handler } from '../support/handler.js';

const TOOLS: ToolRequirements = {
  balance: false,
  transfer: { acrValues: ['phr', 'mfa'], maxAge: 300 },
  close: { acrValues: ['phr'], maxAge: 60, scope: 'accounts:close' },
};
const TRANSFER = { acrValues: ['urn:phr', 'urn:mfa'], maxAge: 300 };
/** What all tools together require. */
const STRICTEST = { acrValues: ['urn:phr'], maxAge: 60, scope: 'accounts:close' };

const call = (name?: unknown, others: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: {} },
  ...others,
});

/** Reads every body as Nest does, JSON or not. */
const json = { 'content-type': 'application/json' };

describeOverHttp('requirements per MCP tool', ({ serve, accessToken, server }) => {
  const serveTools = (served: Type) =>
    serve(served, {
      authorizationServers: [
        { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa', phr: 'urn:phr', pwd: 'urn:pwd' } },
      ],
    });
  const mcp = (tools = TOOLS) => handler(RequireAcr(requirementsPerTool(tools)), Post());
  const post = { method: 'POST', headers: json };

  it.each<[what: string, body: unknown]>([
    ['initialize', { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }],
    ['tools/list', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['a response of the host', { jsonrpc: '2.0', id: 1, result: {} }],
    ['an error of the host', { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } }],
    ['a call of a tool without requirements', call('balance')],
    ['a batch of these', [call('balance'), { jsonrpc: '2.0', id: 2, method: 'ping' }]],
    [
      'another method whose params name a tool',
      { jsonrpc: '2.0', id: 1, method: 'prompts/get', params: { name: 'transfer' } },
    ],
  ])('a weak token is enough for %s', async (_, body) => {
    const send = await serveTools(mcp());
    const response = await send({ ...post, body: JSON.stringify(body), token: await accessToken({ acr: 'urn:pwd' }) });
    expect(response).toMatchObject({ status: 201, body: DONE });
  });

  it.each<[what: string, body: unknown, asked: { acrValues: string[]; maxAge: number; scope?: string }]>([
    ['a call of a tool', call('transfer'), TRANSFER],
    ['a call without id', call('transfer', { id: undefined }), TRANSFER],
    ['a batch with one allowed and one refused call', [call('balance'), call('transfer')], TRANSFER],
    ['a batch of calls, which requires what both require', [call('transfer'), call('close')], STRICTEST],
    ['a tool that is not listed', call('deleteEverything'), STRICTEST],
    ['a tool named like a member of every object', call('constructor'), STRICTEST],
    ['a tool named like the prototype', call('__proto__'), STRICTEST],
    ['a name in other letters', call('Transfer'), STRICTEST],
    ['a call without a name', call(), STRICTEST],
    ['a name that is no string', call(['balance']), STRICTEST],
    ['a call without params', { jsonrpc: '2.0', id: 1, method: 'tools/call' }, STRICTEST],
    ['params that are a list', call(undefined, { params: ['balance'] }), STRICTEST],
    ['a call that looks like a response', call('transfer', { result: {} }), TRANSFER],
    ['a method that is no string', call('balance', { method: ['tools/call'] }), STRICTEST],
    ['a message without method', { jsonrpc: '2.0', id: 1 }, STRICTEST],
    ['an empty object', {}, STRICTEST],
    ['an empty batch', [], STRICTEST],
    ['a batch in a batch', [[call('balance')]], STRICTEST],
    ['a batch with something that is no message', [call('balance'), null], STRICTEST],
  ])('a weak token is refused for %s', async (_, body, { acrValues, maxAge, scope }) => {
    const send = await serveTools(mcp());
    const response = await send({ ...post, body: JSON.stringify(body), token: await accessToken({ acr: 'urn:pwd' }) });
    expect(response).toEqual(
      challenged({
        acrValues,
        maxAge,
        reasons: scope ? ['acr_unmet', 'scope_missing'] : ['acr_unmet'],
        ...(scope && { scope }),
      }),
    );
    expect(done).not.toHaveBeenCalled();
  });

  it('a body that no parser has read takes the strictest requirements', async () => {
    const send = await serveTools(mcp());
    const response = await send({ method: 'POST', token: await accessToken({ acr: 'urn:pwd' }) });
    expect(response).toMatchObject({ status: 401, body: { acr_values: 'urn:phr', max_age: 60 } });
  });

  it('a fresh and strong token is served, a batch included', async () => {
    const send = await serveTools(mcp());
    const token = await accessToken({ acr: 'urn:phr', scope: 'accounts:close' });
    for (const body of [call('transfer'), [call('transfer'), call('close')], call('unknown')]) {
      expect(await send({ ...post, body: JSON.stringify(body), token })).toMatchObject({ status: 201, body: DONE });
    }
  });

  it('a scope alone that is missing is 403, as MCP has it', async () => {
    const send = await serveTools(mcp({ pay: { scope: 'pay' } }));
    const response = await send({ ...post, body: JSON.stringify(call('pay')), token: await accessToken() });
    expect(response).toEqual(insufficientScope('pay'));
  });

  it.each(['GET', 'DELETE'])('%s of a session carries no message, and requires nothing', async (method) => {
    const send = await serveTools(everyMethod());
    const token = await accessToken({ acr: 'urn:pwd' });
    expect(await send({ method, token })).toMatchObject({ status: 200, body: DONE });
  });

  it('a message in another method than POST is judged like one by POST', async () => {
    const send = await serveTools(everyMethod());
    const token = await accessToken({ acr: 'urn:pwd' });
    const body = JSON.stringify(call('transfer'));
    const headers = { ...json, 'content-length': `${body.length}` };
    const response = await send({ method: 'DELETE', headers, body, token });
    expect(response).toMatchObject({ status: 401, body: { acr_values: 'urn:phr urn:mfa' } });
  });

  it('the tools and their requirements decide beside those of the class', async () => {
    @Controller()
    @RequireAcr({ acrValues: ['mfa', 'phr'], maxAge: 3_600 })
    class Strong {
      @RequireAcr(requirementsPerTool({ transfer: { maxAge: 60 }, balance: false }))
      @Post()
      handle(): object {
        return done();
      }
    }
    const send = await serveTools(Strong);
    const token = await accessToken({ acr: 'urn:pwd' });
    expect(await send({ ...post, body: JSON.stringify(call('transfer')), token })).toEqual(
      challenged({ acrValues: ['urn:mfa', 'urn:phr'], maxAge: 60, reasons: ['acr_unmet'] }),
    );
    expect(await send({ ...post, body: JSON.stringify(call('balance')), token })).toEqual(
      challenged({ acrValues: ['urn:mfa', 'urn:phr'], maxAge: 3_600, reasons: ['acr_unmet'] }),
    );
  });

  it('a word of a tool that no authorization server knows stops the boot', async () => {
    await expect(serveTools(mcp({ transfer: { acrValues: ['mfaa'] } }))).rejects.toThrow(
      '@RequireAcr on HandlerController.handle: no authorization server knows "mfaa"; the nearest known word is "mfa"',
    );
  });

  const apart: ToolRequirements = { transfer: { acrValues: ['mfa'] }, close: { acrValues: ['phr'], maxAge: 60 } };
  const ordered = (order?: ['phr', 'mfa']) => ({
    authorizationServers: [
      {
        issuer: server.issuer,
        audience: server.audience,
        acr: { mfa: 'urn:mfa', phr: 'urn:phr' },
        ...(order && { order }),
      },
    ],
  });

  it('with an order the strongest word decides for a batch, and for a call that cannot be told', async () => {
    const send = await serve(mcp(apart), ordered(['phr', 'mfa']));
    const token = await accessToken({ acr: 'urn:mfa' });
    expect(await send({ ...post, body: JSON.stringify(call('transfer')), token })).toMatchObject({ status: 201 });
    for (const body of [[call('transfer'), call('close')], call('unknown')]) {
      expect(await send({ ...post, body: JSON.stringify(body), token })).toEqual(
        challenged({ acrValues: ['urn:phr'], maxAge: 60, reasons: ['acr_unmet'] }),
      );
    }
  });

  it('an order of one server ranks no strings of another, whose strings stand for themselves', async () => {
    const literal = { issuer: 'https://literal.example', audience: server.audience, acr: 'literal' } as const;
    const authorizationServers = [...ordered(['phr', 'mfa']).authorizationServers, literal];
    await expect(serve(mcp(apart), { authorizationServers })).rejects.toThrow(
      'no acr value is enough for every tool of requirementsPerTool',
    );
  });

  it('tools for which no word is enough together stop the boot', async () => {
    const advice = 'no acr value is enough for every tool of requirementsPerTool';
    await expect(serve(mcp(apart), ordered())).rejects.toThrow(`@RequireAcr on HandlerController.handle: ${advice}`);
    const requirements = requirementsPerTool(apart, { otherwise: { maxAge: 0 } });
    await expect(serve(handler(), { ...ordered(), requirements })).rejects.toThrow(`"requirements": ${advice}`);
  });

  it('a word of a tool in the requirements of the module that nobody knows stops the boot', async () => {
    const requirements = requirementsPerTool({ transfer: { acrValues: ['mfaa'] } });
    const boot = serve(handler(), {
      requirements,
      authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa' } }],
    });
    await expect(boot).rejects.toThrow('"requirements": no authorization server knows "mfaa"');
  });

  function everyMethod(): Type {
    return handler(RequireAcr(requirementsPerTool(TOOLS)), All());
  }
});

describe('what requirementsPerTool takes', () => {
  const tools = { transfer: { acrValues: ['mfa'] }, close: { acrValues: ['phr'], maxAge: 60 } } as const;

  it.each<[what: string, make: () => unknown, message: string]>([
    [
      'no object',
      () => requirementsPerTool(null as never),
      'requirementsPerTool needs an object of requirements by the name of the tool, not null',
    ],
    [
      'a list',
      () => requirementsPerTool([] as never),
      'requirementsPerTool needs an object of requirements by the name of the tool, not',
    ],
    ['no tool', () => requirementsPerTool({}), 'no tool requires anything'],
    ['only tools without requirements', () => requirementsPerTool({ balance: false }), 'no tool requires anything'],
    [
      'true',
      () => requirementsPerTool({ transfer: true as never }),
      'requirementsPerTool, tool "transfer": requirements must be an object',
    ],
    [
      'nothing for a tool',
      () => requirementsPerTool({ transfer: undefined as never }),
      'requirementsPerTool, tool "transfer": requirements must be an object',
    ],
    [
      'a misspelt requirement',
      () => requirementsPerTool({ transfer: { maxage: 1 } as never }),
      'requirementsPerTool, tool "transfer": unknown requirement "maxage"',
    ],
    [
      'a misspelt option',
      () => requirementsPerTool(tools, { other: {} } as never),
      'requirementsPerTool has no option "other"',
    ],
    [
      'bad requirements otherwise',
      () => requirementsPerTool(tools, { otherwise: {} }),
      'requirementsPerTool, "otherwise": nothing is required',
    ],
    [
      'null otherwise',
      () => requirementsPerTool(tools, { otherwise: null as never }),
      'requirementsPerTool, "otherwise"',
    ],
  ])('%s is a StepUpConfigurationError', (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ name: 'StepUpConfigurationError', message: expect.stringContaining(message) }),
    );
  });

  const decide = (body: unknown, options: Parameters<typeof requirementsPerTool>[1]) =>
    requirementsPerTool(tools, options)({ switchToHttp: () => ({ getRequest: () => ({ body }) }) } as never);

  it('a batch of calls without an acr in common takes "otherwise", with the limits of every tool', () => {
    expect(decide([call('transfer'), call('close')], { otherwise: { acrValues: ['phr'] } })).toEqual({
      acrValues: ['phr'],
      maxAge: 60,
    });
    expect(decide(call('unknown'), { otherwise: { acrValues: ['phr'], maxAge: 5 } })).toEqual({
      acrValues: ['phr'],
      maxAge: 5,
    });
    expect(decide(call('transfer'), { otherwise: { acrValues: ['phr'] } })).toEqual({ acrValues: ['mfa'] });
  });

  it('an object that only looks like a GET is judged by its body', () => {
    const request = { method: 'GET', headers: {}, body: undefined };
    const context = { switchToHttp: () => ({ getRequest: () => request }) };
    expect(requirementsPerTool({ transfer: { maxAge: 60 } })(context as never)).toEqual({ maxAge: 60 });
  });
});
