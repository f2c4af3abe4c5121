import jestConfig from './jest.config.cjs';

const [unit] = jestConfig.projects;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  // The page and the client run in a browser; so do their tests, which do not see mutants.
  mutate: ['src/**/*.ts', '!src/login/**', '!src/client/**', '!src/contract/messages.ts'],
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: {
    config: {
      ...unit,
      projects: null,
      testRunner: '<rootDir>/tests/support/jest-circus-for-mutants.cjs',
      setupFilesAfterEnv: [...unit.setupFilesAfterEnv, '<rootDir>/tests/support/load-lazy-modules.ts'],
      // Tests that run the sources in their own process, and wait for parts of a second at the most.
      testMatch: [
        '<rootDir>/tests/{api,auth,flex,functions,http,settings,twilio,upstream}/**/*.test.ts',
        // Of the properties, those of one module: the others would run for every mutant.
        '<rootDir>/tests/properties/{backend-keys,host-labels,origins,sids}.test.ts',
        '<rootDir>/tests/bad-input/attacks.test.ts',
        '<rootDir>/tests/json.test.ts',
      ],
      testPathIgnorePatterns: ['/waiting.test.ts$', '/preflight.service.test.ts$'],
      // What is served is the sources, not the build.
      moduleNameMapper: { '/local/running-service$': '<rootDir>/tests/support/service-in-process.ts' },
    },
    // Our test runner knows better which files hold the tests of a mutant.
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  // The first run has all tests in one process: on a busy machine, five minutes are too few.
  dryRunTimeoutMinutes: 20,
  // A mutant that waits fails by jest's own limit. This one is for what never ends, so that a busy machine is not taken for it.
  timeoutMS: 60_000,
  concurrency: 2,
  // jest's memory grows with every run in a process, and its speed falls.
  maxTestRunnerReuse: 150,
  cleanTempDir: 'always',
  ignorePatterns: ['dist', 'coverage'],
  incrementalFile: 'reports/stryker-incremental.json',
  reporters: ['clear-text', 'progress', 'html', 'json'],
  thresholds: { high: 95, low: 90, break: 90 },
};
