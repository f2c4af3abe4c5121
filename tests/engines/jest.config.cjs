const [unit] = require('../../jest.config.cjs').projects;

/**
 * The journeys in three engines, `npm run test:engines`. Not part of `npm test`, since few machines have all three.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...unit,
  displayName: 'engines',
  rootDir: '../..',
  maxWorkers: 2,
  testPathIgnorePatterns: [],
  testMatch: ['<rootDir>/tests/engines/*.engine.test.ts'],
};
