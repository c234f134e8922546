// The lowest and the newest version of Nest that the peer range allows, with clients and servers of every transport.
import { versions as nestVersions } from '../enforcement/versions.mjs';

const shared = {
  '@grpc/grpc-js': '1.14.7',
  '@grpc/proto-loader': '0.8.1',
  '@modelcontextprotocol/client': '2.4.0',
  '@modelcontextprotocol/core': '2.4.0',
  '@modelcontextprotocol/node': '2.1.2',
  '@modelcontextprotocol/server': '2.4.0',
  '@rekog/mcp-nest': '2.0.5',
  'amqp-connection-manager': '4.1.14',
  amqplib: '0.10.9',
  '@fastify/multipart': '9.0.3',
  'graphql-request': '7.2.0',
  'graphql-ws': '6.0.6',
  ioredis: '5.8.2',
  undici: '7.30.2',
  zod: '4.6.7',
};

export const versions = {
  '11.0.0': {
    ...nestVersions['11.0.0'],
    ...shared,
    '@nestjs/mercurius': '13.0.3',
    mercurius: '16.0.1',
    nats: '2.29.3',
  },
  '12.5.1': {
    ...nestVersions['12.5.1'],
    ...shared,
    '@nats-io/transport-node': '3.4.0',
    '@nestjs/mercurius': '14.0.0',
    mercurius: '16.10.1',
  },
};
