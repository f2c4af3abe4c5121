/** For `@segment/analytics-node` if telemetry is off: the SDK then makes none. */
export class Analytics {
  constructor() {
    throw new Error('Telemetry is off');
  }
}
