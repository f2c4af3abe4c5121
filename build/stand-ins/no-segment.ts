/** For `@segment/analytics-node` where telemetry is off: the SDK then makes none. */
export class Analytics {
  constructor() {
    throw new Error('Telemetry is off');
  }
}
