/** What is bundled in place of something that the Flex SDK, or `twilio-taskrouter` for it, imports. Read at build time. */
export interface StandIn {
  /** A file beside this one, or a package. */
  from: string;
  /** The export of it that takes the place of the default export. */
  asDefault?: string;
  /** How the import may be used: which of its members, and `()` for calling it. Any other use fails the build. */
  uses: readonly string[];
}

export type StandIns = Readonly<Record<string, StandIn>>;

/** Each is held to what it stands in for by `tests/build/stand-ins.service.test.ts`. */
export const withTelemetry: StandIns = {
  buffer: { from: './buffer', uses: ['from'] },
  'crypto-js/sha256': { from: './sha256', uses: ['()'] },
  'query-string': { from: './query-string', uses: ['stringify', '()'] },
  'lodash/mapKeys': { from: './lodash-map-keys', uses: ['()'] },
  'lodash/transform': { from: './lodash-transform', uses: ['()'] },
  'lodash/camelCase': { from: 'es-toolkit/string', asDefault: 'camelCase', uses: ['()'] },
  'lodash/snakeCase': { from: 'es-toolkit/string', asDefault: 'snakeCase', uses: ['()'] },
  // The client alone: the package's entry holds its server too, and with that all of `graphql`.
  'graphql-ws': { from: 'graphql-ws/lib/client', uses: ['createClient', '()'] },
};

/** Telemetry is off by default, and weighs almost as much as the rest of the client. */
export const withoutTelemetry: StandIns = {
  ...withTelemetry,
  '@datadog/browser-rum': { from: './no-datadog', uses: ['addError', 'getUser', 'init', 'setUser'] },
  '@segment/analytics-node': { from: './no-segment', uses: ['()'] },
};
