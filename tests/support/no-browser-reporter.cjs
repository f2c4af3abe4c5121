// Lets a run fail whose browser tests were skipped, although no test failed in it. `support/browser.ts` has said why.
module.exports = class NoBrowserReporter {
  getLastError() {
    return process.env.TESTS_WITHOUT_BROWSER ? new Error('no browser') : undefined;
  }
};
