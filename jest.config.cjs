/**
 * Three kinds of tests, told apart by the end of their file's name:
 * - `*.test.ts` runs the sources in its own process and needs no build;
 * - `*.service.test.ts` runs what a build or a command makes, without a browser;
 * - `*.browser.test.ts` opens it in Chromium.
 */
const common = {
  testEnvironment: 'node',
  // `tsc` checks the types of everything, the tests included; here each file is only translated.
  transform: { '^.+\\.[jt]s$': ['ts-jest', { tsconfig: '<rootDir>/tests/tsconfig.json' }] },
  // These libraries are published as ES modules alone.
  transformIgnorePatterns: ['/node_modules/(?!(p-retry|is-network-error|jose)/)'],
  setupFilesAfterEnv: ['<rootDir>/tests/support/time-limit.ts'],
};

const built = { ...common, globalSetup: '<rootDir>/tests/support/build.ts' };

/** @type {import('jest').Config} */
module.exports = {
  // Much of the time goes by in waiting for answers that are late on purpose.
  maxWorkers: 2,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(service|browser)\\.test\\.ts$'],
    },
    { ...built, displayName: 'service', testMatch: ['<rootDir>/tests/**/*.service.test.ts'] },
    { ...built, displayName: 'browser', testMatch: ['<rootDir>/tests/**/*.browser.test.ts'] },
  ],
};
