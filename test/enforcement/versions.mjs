// The lowest and the newest of each major that the peer range allows, with what goes with it.
const shared = {
  '@apollo/subgraph': '2.11.2',
  graphql: '16.11.0',
  passport: '0.7.0',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  'socket.io-client': '4.8.1',
  ws: '8.18.3',
};
const apollo4 = {
  '@apollo/server': '4.12.2',
  '@apollo/server-plugin-response-cache': '4.1.4',
  '@as-integrations/fastify': '2.1.1',
};
const apollo5 = {
  '@apollo/server': '5.5.1',
  '@apollo/server-plugin-response-cache': '5.0.0',
  '@as-integrations/express5': '1.1.2',
  '@as-integrations/fastify': '3.1.0',
};

function nest(versions) {
  return Object.fromEntries(Object.entries(versions).map(([name, version]) => [`@nestjs/${name}`, version]));
}

export const versions = {
  '11.0.0': {
    ...shared,
    ...apollo4,
    ...nest({ core: '11.0.0', common: '11.0.0', 'platform-express': '11.0.0', 'platform-fastify': '11.0.0' }),
    ...nest({ microservices: '11.0.0', websockets: '11.0.0', 'platform-ws': '11.0.5', 'platform-socket.io': '11.0.0' }),
    ...nest({ passport: '11.0.0', graphql: '13.0.2', apollo: '13.0.2' }),
  },
  '11.2.10': {
    ...shared,
    ...apollo5,
    ...nest({ core: '11.2.10', common: '11.2.10', 'platform-express': '11.2.10', 'platform-fastify': '11.2.8' }),
    ...nest({ microservices: '11.2.6', websockets: '11.2.6', 'platform-ws': '11.2.6', 'platform-socket.io': '11.2.6' }),
    ...nest({ passport: '11.0.5', graphql: '13.4.5', apollo: '13.4.5' }),
  },
  '12.0.0': {
    ...shared,
    ...apollo5,
    ...nest({ core: '12.0.0', common: '12.0.0', 'platform-express': '12.0.1', 'platform-fastify': '12.0.1' }),
    ...nest({ microservices: '12.0.1', websockets: '12.0.1', 'platform-ws': '12.0.1', 'platform-socket.io': '12.0.1' }),
    ...nest({ passport: '12.0.0', graphql: '14.0.0', apollo: '14.0.0' }),
  },
  '12.5.1': {
    ...shared,
    ...apollo5,
    ...nest({ core: '12.5.1', common: '12.5.1', 'platform-express': '12.5.1', 'platform-fastify': '12.5.0' }),
    ...nest({ microservices: '12.1.1', websockets: '12.1.1', 'platform-ws': '12.1.1', 'platform-socket.io': '12.1.1' }),
    ...nest({ passport: '12.0.0', graphql: '14.0.3', apollo: '14.0.3' }),
  },
};
