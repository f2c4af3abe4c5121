type Write = (...message: unknown[]) => void;

export interface Redaction {
  /** Masks this text from now on. */
  hide(secret: string): void;
  redact(part: unknown): unknown;
}

export function createRedaction(): Redaction {
  const secrets = new Set<string>();
  return {
    hide: (secret) => secrets.add(secret),
    redact(part) {
      if (typeof part !== 'string') return part;
      return [...secrets].reduce((text, secret) => text.replaceAll(secret, '[token]'), part);
    },
  };
}

/** Wraps the method factory of a logger so that no hidden text reaches the console at any level. */
export function redactingFactory<Args extends unknown[]>(
  factory: (...args: Args) => Write,
  { redact }: Redaction,
): (...args: Args) => Write {
  return (...args) => {
    const write = factory(...args);
    return (...message) => write(...message.map(redact));
  };
}
