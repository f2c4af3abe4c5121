/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Much of the time goes by in waiting for answers that are late on purpose.
  maxWorkers: 2,
  globalSetup: '<rootDir>/tests/support/build.ts',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  // `tsc` checks the types of everything, the tests included; here each file is only translated.
  transform: { '^.+\\.[jt]s$': ['ts-jest', { tsconfig: '<rootDir>/tests/tsconfig.json' }] },
  // These libraries are published as ES modules alone.
  transformIgnorePatterns: ['/node_modules/(?!(p-retry|is-network-error|jose)/)'],
};
