const BrowserReporter: new () => {
  onRunComplete(contexts: unknown, results: { testResults: { testFilePath: string }[] }): void;
  getLastError(): Error | undefined;
} = require('./browser-reporter.cjs');

const { CHROMIUM_PATH } = process.env;
afterEach(() => {
  if (CHROMIUM_PATH === undefined) delete process.env.CHROMIUM_PATH;
  else process.env.CHROMIUM_PATH = CHROMIUM_PATH;
});

/** What the reporter says at the end of a run of these files: Jest fails a run with an error. */
function errorAfter(browser: string | undefined, ...files: string[]): Error | undefined {
  if (browser === undefined) delete process.env.CHROMIUM_PATH;
  else process.env.CHROMIUM_PATH = browser;
  const reporter = new BrowserReporter();
  reporter.onRunComplete(new Set(), { testResults: files.map((testFilePath) => ({ testFilePath })) });
  return reporter.getLastError();
}

const BROWSER_TEST = '/project/tests/login/page.browser.test.ts';
const OTHER_TESTS = ['/project/tests/json.test.ts', '/project/tests/client/file.service.test.ts'];

it.each([[BROWSER_TEST], [...OTHER_TESTS, BROWSER_TEST]])(
  'fails a run without a browser if it has browser tests, all of which were skipped',
  (...files) => {
    expect(errorAfter(undefined, ...files)?.message).toBe('no browser');
  },
);

it('does not fail a run without a browser if none of its tests needs one', () => {
  expect(errorAfter(undefined, ...OTHER_TESTS)).toBeUndefined();
});

it('does not fail a run with a browser', () => {
  expect(errorAfter('/usr/bin/chromium', ...OTHER_TESTS, BROWSER_TEST)).toBeUndefined();
});
