/** For `@datadog/browser-rum` where telemetry is off: the SDK then starts nothing of it, and reports errors to nobody. */
export const datadogRum = {
  addError() {},
  getUser() {},
  init() {},
  setUser() {},
};
