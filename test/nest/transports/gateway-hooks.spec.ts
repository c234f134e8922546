import { ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { hookGateway, originalHook, stopGateway } from '../../../lib/nest/transports/gateway-hooks.js';

interface Hooks {
  afterInit(server: unknown): unknown;
  handleConnection(client: object, ...rest: unknown[]): unknown;
}

const refusal = new UnauthorizedException();
const outage = new ServiceUnavailableException();
const fault = new Error('no refusal');
const isRefusal = (error: unknown): boolean => error !== fault;

/** Creates a gateway whose class is hooked. Each call creates another class. */
function hooked(handleConnection: Hooks['handleConnection'], afterInit: Hooks['afterInit'] = () => undefined): Hooks {
  @WebSocketGateway()
  class Gateway {}
  Object.assign(Gateway.prototype, { afterInit, handleConnection });
  hookGateway(Gateway, isRefusal);
  return new Gateway() as unknown as Hooks;
}

const wsClient = () => ({ close: jest.fn() });

describe('the connection hook of a gateway', () => {
  it.each<[way: string, fails: (error: Error) => unknown]>([
    [
      'throws',
      (error) => {
        throw error;
      },
    ],
    ['rejects with', (error) => Promise.reject(error)],
    [
      'gives a thenable that rejects with',
      // biome-ignore lint/suspicious/noThenProperty: query builders are like this
      (error) => ({ then: (_: unknown, reject: (error: Error) => void) => reject(error) }),
    ],
  ])('that %s a refusal closes the socket with its code, and hands on every other error', async (_, fails) => {
    const connect = async (error: Error) => {
      const client = wsClient();
      await hooked(() => fails(error)).handleConnection(client);
      return client.close.mock.calls;
    };
    expect(await connect(refusal)).toEqual([[4401]]);
    expect(await connect(outage)).toEqual([[1013]]);
    await expect(connect(fault)).rejects.toBe(fault);
  });

  it('receives what Nest hands it, on its gateway, and gives back what it returns', () => {
    const gateway: Hooks = hooked(function (this: unknown, ...parameters) {
      return [this, ...parameters];
    });
    expect(gateway.handleConnection({ id: 1 }, 'request')).toEqual([gateway, { id: 1 }, 'request']);
  });

  it('disconnects a refused client of socket.io for good', () => {
    const client = { disconnect: jest.fn(), close: jest.fn() };
    hooked(() => {
      throw refusal;
    }).handleConnection(client);
    expect(client.disconnect.mock.calls).toEqual([[true]]);
    expect(client.close).not.toHaveBeenCalled();
  });

  it('is hooked once for its class, and shows the original with its metadata', () => {
    const handleConnection = () => undefined;
    Reflect.defineMetadata('mark', 'kept', handleConnection);
    const gateway = hooked(handleConnection);
    const hook = gateway.handleConnection;
    hookGateway(gateway.constructor as never, isRefusal);
    expect(gateway.handleConnection).toBe(hook);
    expect(originalHook(hook)).toBe(handleConnection);
    expect(Reflect.getMetadata('mark', hook)).toBe('kept');
  });
});

describe('a gateway whose boot was stopped', () => {
  it('accepts no client, and does not call its hook', () => {
    const connected = jest.fn();
    const gateway = hooked(connected);
    const client = wsClient();
    stopGateway(gateway);
    gateway.handleConnection(client);
    expect(client.close.mock.calls).toEqual([[1011]]);
    expect(connected).not.toHaveBeenCalled();
  });

  it('closes every server that it was given, and the clients on them', () => {
    const initialised = jest.fn();
    const gateway = hooked(() => undefined, initialised);
    const client = wsClient();
    const ofWs = { close: jest.fn(), clients: new Set([client]) };
    const ofSocketIo = { close: jest.fn(), disconnectSockets: jest.fn() };
    gateway.afterInit(ofWs);
    gateway.afterInit(ofSocketIo);
    expect(initialised.mock.calls).toEqual([[ofWs], [ofSocketIo]]);
    stopGateway(gateway);
    expect(client.close.mock.calls).toEqual([[1011]]);
    expect(ofWs.close).toHaveBeenCalledTimes(1);
    expect(ofSocketIo.close).toHaveBeenCalledTimes(1);
    expect(ofSocketIo.disconnectSockets.mock.calls).toEqual([[true]]);
  });

  it('leaves another gateway of its class alone', () => {
    const connected = jest.fn();
    const gateway = hooked(connected);
    stopGateway(Object.create(Object.getPrototypeOf(gateway)));
    gateway.handleConnection(wsClient());
    expect(connected).toHaveBeenCalledTimes(1);
  });
});
