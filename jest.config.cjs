/**
 * Three kinds of tests, told apart by file name:
 * - `*.test.ts` runs the sources in its own process and needs no build;
 * - `*.service.test.ts` runs a build or a command, without a browser;
 * - `*.browser.test.ts` opens the build in Chromium.
 */
const common = {
  testEnvironment: 'node',
  // `tsc` checks all types, those of the tests included. Here, each file is only transpiled.
  transform: { '^.+\\.[jt]s$': ['ts-jest', { tsconfig: '<rootDir>/tests/tsconfig.json' }] },
  // These libraries are published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!(p-retry|is-network-error|jose|oidc-provider|leven)/)'],
  setupFilesAfterEnv: ['<rootDir>/tests/support/time-limit.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  // Much of the time, tests wait for responses that are late on purpose.
  maxWorkers: 3,
  reporters: ['default', '<rootDir>/tests/support/browser-reporter.cjs'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(service|browser|engine)\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'service',
      testMatch: ['<rootDir>/tests/**/*.service.test.ts'],
      globalSetup: '<rootDir>/tests/support/build.ts',
    },
    {
      ...common,
      displayName: 'browser',
      testMatch: ['<rootDir>/tests/**/*.browser.test.ts'],
      globalSetup: '<rootDir>/tests/support/browser.ts',
      setupFilesAfterEnv: [...common.setupFilesAfterEnv, '<rootDir>/tests/support/skip-without-browser.ts'],
    },
  ],
};
