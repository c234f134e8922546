// Jest cannot require(esm) before Node 24.9, and Nest 12, oidc-provider 9, openid-client 6 and otplib 13 ship ESM only:
// swc compiles them to CommonJS, so that no experimental flag is needed on Node 20.
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

const compiled = [
  '@apidevtools',
  '@borewit',
  '@modelcontextprotocol',
  '@nestjs',
  '@noble',
  '@otplib',
  '@rekog',
  '@scure',
  '@simplewebauthn',
  '@standard-schema',
  '@tokenizer',
  'es-toolkit',
  'file-type',
  'iterare',
  'jose',
  'load-esm',
  'oauth4webapi',
  'oidc-provider',
  'openid-client',
  'otplib',
  'strtok3',
  'token-types',
  'uid',
  'uint8array-extras',
];

const project = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/support/kept-connections.ts', '<rootDir>/test/support/patient-requests.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  moduleNameMapper: {
    // the doctor imports the file of --config by its URL
    '^file://(/.*)$': '$1',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-step-up$': '<rootDir>/lib/index.ts',
    '^nestjs-step-up/(client|client/sign-in|mcp|mcp/host|opentelemetry|swagger|testing)$': '<rootDir>/lib/$1/index.ts',
  },
  transform: { '^.+\\.ts$': swc, '^.+\\.m?js$': swc },
  transformIgnorePatterns: [`/node_modules/(?!(${compiled.join('|')})/)`],
};

module.exports = {
  // Ends a test that hangs. Long enough that no machine is too busy for a test that does not.
  testTimeout: 120_000,
  projects: [
    {
      ...project,
      displayName: 'unit',
      roots: ['<rootDir>/test'],
      testRegex: '\\.spec\\.ts$',
      testPathIgnorePatterns: ['/test/package/'],
    },
    { ...project, displayName: 'e2e', roots: ['<rootDir>/test'], testRegex: '\\.e2e-spec\\.ts$' },
  ],
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/index.ts'],
};
