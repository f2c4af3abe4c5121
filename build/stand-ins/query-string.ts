type Value = string | number | boolean | null | undefined;

/** For `query-string` 6, of which the SDK uses `stringify` on flat objects, with these two options. */
export function stringify(
  fields: Record<string, Value>,
  { encode = true, sort = true, ...unknown }: { encode?: boolean; sort?: false | true } = {},
): string {
  if (Object.keys(unknown).length > 0) throw new TypeError(`Unknown options: ${Object.keys(unknown)}`);
  const write = encode ? encodeStrictly : String;
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  if (sort) names.sort();
  return names.map((name) => writeField(name, fields[name], write)).join('&');
}

function writeField(name: string, value: Value, write: (text: string) => string): string {
  if (value === null) return write(name);
  if (typeof value === 'object') throw new TypeError(`${name} is not a plain value`);
  return `${write(name)}=${write(String(value))}`;
}

/** As RFC 3986 has it: `encodeURIComponent` leaves five reserved characters as they are. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

export default { stringify };
