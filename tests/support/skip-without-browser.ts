// `browser.ts` has found a browser, or has said why there is none.
if (!process.env.CHROMIUM_PATH) Object.assign(globalThis, { describe: describe.skip, it: it.skip });
