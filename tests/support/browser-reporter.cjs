/** Fails a run whose browser tests were skipped because there is no browser: none of its tests has failed. */
module.exports = class BrowserReporter {
  onRunComplete(_contexts, { testResults }) {
    this.isIncomplete =
      !process.env.CHROMIUM_PATH && testResults.some(({ testFilePath }) => testFilePath.endsWith('.browser.test.ts'));
  }

  getLastError() {
    return this.isIncomplete ? new Error('no browser') : undefined;
  }
};
