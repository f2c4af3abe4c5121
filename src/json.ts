/** The value that a text stands for, or `undefined` where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names are looked up on the object itself, never on its prototype: a caller may send `constructor` or `__proto__`. */
export function ownValue(object: unknown, name: string): unknown {
  return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A JSON object: neither an array nor null. */
export const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !Array.isArray(value);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
