const { projects } = require('../../jest.config.js');

// Needs a Redis server, so it is no part of `npm test`
module.exports = {
  ...projects[0],
  displayName: 'redis',
  rootDir: '../..',
  roots: ['<rootDir>/test/redis'],
  testRegex: '\\.redis-spec\\.ts$',
};
