/** An attempt that ended without a complete response. */
export class UpstreamFailure extends Error {
  /** @param systemCode the operating system's error code, such as `ECONNREFUSED` */
  constructor(
    readonly why: 'timeout' | 'connection' | 'too-large',
    readonly systemCode?: string,
  ) {
    super(why);
  }
}

/** Finds the system's error code. `fetch` hides it in the `cause` of a `TypeError`. */
export function systemCodeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause ? systemCodeOf(cause) : undefined;
}
