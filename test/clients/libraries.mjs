// How each library is put over the client: what stands here is what docs/client.md shows.
import { isStepUpError } from 'nestjs-step-up/client';
import { from, Observable } from 'rxjs';

const post = (path) => ({
  method: 'POST',
  body: JSON.stringify({ path }),
  headers: { 'content-type': 'application/json' },
});
const operation = (path) => `mutation { ${path.slice(1)} }`;

/** Marks what is played against the gateways of Nest. */
const onNest = (library) => Object.assign(library, { isOnNest: true });

/** Runs until it has a result, or until nobody is subscribed. */
const untilUnsubscribed = (run) =>
  new Observable((subscriber) => {
    const controller = new AbortController();
    from(run(controller.signal)).subscribe(subscriber);
    return () => controller.abort();
  });

export const libraries = {
  async fetch({ origin, options, stepUpFetch }) {
    const api = stepUpFetch(options);
    return async (path, signal) => (await api(origin + path, { ...post(path), signal })).text();
  },

  async 'node-fetch'({ origin, options, stepUpFetch }) {
    const { default: nodeFetch } = await import('node-fetch');
    const api = stepUpFetch({ ...options, fetch: nodeFetch });
    return async (path, signal) => (await api(origin + path, { ...post(path), signal })).text();
  },

  async ky({ origin, options, stepUpFetch }) {
    const { default: ky } = await import('ky');
    const api = ky.create({
      fetch: stepUpFetch(options),
      timeout: false,
      retry: { methods: ['post'], shouldRetry: ({ error }) => (isStepUpError(error) ? false : undefined) },
    });
    return async (path, signal) => api.post(origin + path, { json: { path }, signal }).text();
  },

  async ofetch({ origin, options, stepUpFetch }) {
    const { createFetch } = await import('ofetch');
    const api = createFetch({ fetch: stepUpFetch(options), defaults: { retry: 0 } });
    return (path, signal) => api(origin + path, { ...post(path), signal, responseType: 'text' });
  },

  async axios({ origin, options, stepUps }) {
    const { default: axios, AxiosHeaders } = await import('axios');
    const core = stepUps(options);
    const send = axios.getAdapter(axios.defaults.adapter);
    const http = axios.create({
      adapter: (config) =>
        core.exchange(
          ({ token }) => {
            const headers = AxiosHeaders.from(config.headers).set('authorization', `Bearer ${token}`);
            return send({ ...config, headers });
          },
          { target: { method: config.method ?? 'get', url: axios.getUri(config) }, signal: config.signal },
        ),
    });
    return async (path, signal) => (await http.post(origin + path, { path }, { signal })).data;
  },

  async Angular({ origin, options, stepUps }) {
    await import('@angular/compiler');
    const { createEnvironmentInjector, provideZonelessChangeDetection, ɵINJECTOR_SCOPE } = await import(
      '@angular/core'
    );
    const { HttpClient, provideHttpClient, withFetch, withInterceptors } = await import('@angular/common/http');
    const { fromEvent, lastValueFrom, takeUntil } = await import('rxjs');
    const core = stepUps(options);
    const stepUpInterceptor = (request, next) =>
      untilUnsubscribed((signal) => {
        const send = ({ token }) =>
          lastValueFrom(next(request.clone({ setHeaders: { authorization: `Bearer ${token}` } })));
        return core.exchange(send, { target: request, signal });
      });
    const providers = [provideHttpClient(withFetch(), withInterceptors([stepUpInterceptor]))];
    // an application without a page
    const root = [provideZonelessChangeDetection(), { provide: ɵINJECTOR_SCOPE, useValue: 'root' }];
    const http = createEnvironmentInjector([...root, ...providers], null).get(HttpClient);
    return (path, signal) => {
      const response = http.post(origin + path, { path }, { responseType: 'text' });
      return lastValueFrom(signal ? response.pipe(takeUntil(fromEvent(signal, 'abort'))) : response);
    };
  },

  async Apollo({ origin, options, stepUps }) {
    const { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } = await import('@apollo/client');
    const { first, fromEvent, lastValueFrom, takeUntil } = await import('rxjs');
    const url = `${origin}/graphql`;
    const core = stepUps(options);
    const stepUpLink = new ApolloLink((operation, forward) =>
      untilUnsubscribed((signal) => {
        const send = ({ token }) => {
          operation.setContext({ headers: { authorization: `Bearer ${token}` } });
          return lastValueFrom(forward(operation));
        };
        return core.exchange(send, { target: { method: 'POST', url }, signal });
      }),
    );
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([stepUpLink, new HttpLink({ uri: url })]),
    });
    return async (path, signal) => {
      const fetchPolicy = 'no-cache';
      if (signal) {
        // what a component does that goes away: a promise of Apollo cannot be left
        const watched = from(client.watchQuery({ query: gql(`{ ${path.slice(1)} }`), fetchPolicy }));
        return lastValueFrom(
          watched.pipe(
            takeUntil(fromEvent(signal, 'abort')),
            first(({ loading }) => !loading),
          ),
        );
      }
      const { data } = await client.mutate({ mutation: gql(operation(path)), fetchPolicy });
      return data[path.slice(1)];
    };
  },

  async urql({ origin, options, stepUps }) {
    const { Client, fetchExchange } = await import('@urql/core');
    const url = `${origin}/graphql`;
    const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
    const core = stepUps(options);
    const mutate = (document, variables, signal) => {
      const send = ({ token }) => {
        const fetchOptions = { headers: { authorization: `Bearer ${token}` }, signal };
        return client.mutation(document, variables, { fetchOptions }).toPromise();
      };
      return core.exchange(send, { target: { method: 'POST', url }, signal });
    };
    return async (path, signal) => {
      const { data, error } = await mutate(operation(path), {}, signal);
      if (error) throw error;
      return data[path.slice(1)];
    };
  },

  async 'TanStack Query'({ origin, options, stepUpFetch }) {
    const { MutationObserver, QueryClient } = await import('@tanstack/query-core');
    const api = stepUpFetch(options);
    const retry = (failures, error) => !isStepUpError(error) && failures < 3;
    const client = new QueryClient({ defaultOptions: { queries: { retry }, mutations: { retry } } });
    let queries = 0;
    return async (path, signal) => {
      if (!signal) {
        const mutationFn = async () => (await api(origin + path, post(path))).text();
        return new MutationObserver(client, { mutationFn }).mutate();
      }
      queries += 1;
      const queryKey = [path, queries];
      signal.addEventListener('abort', () => client.cancelQueries({ queryKey }));
      // the signal that ends with the query
      const queryFn = async ({ signal }) => (await api(origin + path, { ...post(path), signal })).text();
      return client.fetchQuery({ queryKey, queryFn });
    };
  },

  'graphql-ws': onNest(async ({ origin, options, stepUps }) => {
    const { createClient } = await import('graphql-ws');
    const { default: webSocketImpl } = await import('ws');
    const url = `${origin.replace('http', 'ws')}/graphql`;
    const core = stepUps(options);
    let connection = {};
    // a connection for each token: the earlier one closes after its last operation
    const clientOf = (accessToken) => {
      if (connection.accessToken !== accessToken) {
        const connectionParams = { authorization: `Bearer ${accessToken}` };
        connection = { accessToken, client: createClient({ url, webSocketImpl, connectionParams }) };
      }
      return connection.client;
    };
    const ask = (query, signal) => {
      const send = async ({ token }) => (await clientOf(token).iterate({ query }).next()).value;
      return core.exchange(send, { target: { method: 'POST', url }, signal });
    };
    return async (path, signal) => {
      const { data, errors } = await ask(operation(path), signal);
      if (errors) throw errors;
      return data[path.slice(1)];
    };
  }),

  'socket.io': onNest(async ({ origin, options, stepUps }) => {
    const { io } = await import('socket.io-client');
    const core = stepUps(options);
    // the token is that of the connection: each attempt has one of its own
    const ask = (event, data, signal) => {
      const send = ({ token }) => {
        const socket = io(origin, { auth: { token }, forceNew: true });
        const reply = new Promise((resolve, reject) => {
          socket.once('exception', reject).once('connect_error', reject).emit(event, data, resolve);
        });
        return reply.finally(() => socket.disconnect());
      };
      return core.exchange(send, { target: { method: event, url: origin }, signal });
    };
    return (path, signal) => ask(path.slice(1), {}, signal);
  }),
};
