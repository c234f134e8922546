// How each library is put over the client: what stands here is what docs/client.md shows.
import { isStepUpError } from 'nestjs-step-up/client';

const post = (path) => ({
  method: 'POST',
  body: JSON.stringify({ path }),
  headers: { 'content-type': 'application/json' },
});
const operation = (path) => `mutation { ${path.slice(1)} }`;

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
    const { from, lastValueFrom } = await import('rxjs');
    const core = stepUps(options);
    const stepUpInterceptor = (request, next) => {
      const send = ({ token }) =>
        lastValueFrom(next(request.clone({ setHeaders: { authorization: `Bearer ${token}` } })));
      return from(core.exchange(send, { target: request }));
    };
    const providers = [provideHttpClient(withFetch(), withInterceptors([stepUpInterceptor]))];
    // an application without a page
    const root = [provideZonelessChangeDetection(), { provide: ɵINJECTOR_SCOPE, useValue: 'root' }];
    const http = createEnvironmentInjector([...root, ...providers], null).get(HttpClient);
    const send = (path) => lastValueFrom(http.post(origin + path, { path }, { responseType: 'text' }));
    return Object.assign(send, { aborts: false });
  },

  async Apollo({ origin, options, stepUps }) {
    const { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } = await import('@apollo/client');
    const { from, lastValueFrom } = await import('rxjs');
    const core = stepUps(options);
    const url = `${origin}/graphql`;
    const stepUpLink = new ApolloLink((operation, forward) => {
      const send = ({ token }) => {
        operation.setContext({ headers: { authorization: `Bearer ${token}` } });
        return lastValueFrom(forward(operation));
      };
      return from(core.exchange(send, { target: { method: 'POST', url } }));
    });
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([stepUpLink, new HttpLink({ uri: url })]),
    });
    const send = async (path) => {
      const { data } = await client.mutate({ mutation: gql(operation(path)), fetchPolicy: 'no-cache' });
      return data[path.slice(1)];
    };
    return Object.assign(send, { aborts: false });
  },

  async urql({ origin, options, stepUps }) {
    const { Client, fetchExchange } = await import('@urql/core');
    const core = stepUps(options);
    const url = `${origin}/graphql`;
    const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
    const send = async (path) => {
      const mutate = ({ token }) => {
        const fetchOptions = { headers: { authorization: `Bearer ${token}` } };
        return client.mutation(operation(path), {}, { fetchOptions }).toPromise();
      };
      const { data, error } = await core.exchange(mutate, { target: { method: 'POST', url } });
      if (error) throw error;
      return data[path.slice(1)];
    };
    return Object.assign(send, { aborts: false });
  },
};
