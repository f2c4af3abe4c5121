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
  // Much of the time, a journey waits for its browser.
  maxWorkers: 3,
  testPathIgnorePatterns: [],
  testMatch: ['<rootDir>/tests/engines/*.engine.test.ts'],
};
