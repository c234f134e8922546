const { projects } = require('../../jest.config.js');

/** The specs that run against the mutants of a room: its own, and no application. */
const SPECS = {
  core: '/test/core/.*\\.spec\\.ts$',
  token: '/test/(token|core)/.*\\.spec\\.ts$',
  guards: '/test/nest/(guards|requirements)/.*\\.spec\\.ts$',
};

module.exports = {
  ...projects[0],
  displayName: 'mutation',
  rootDir: '../..',
  roots: ['<rootDir>/test'],
  testRegex: SPECS[process.env.STEP_UP_ROOM ?? 'core'],
  testTimeout: 20_000,
};
