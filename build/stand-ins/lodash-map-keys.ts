/** For `lodash/mapKeys` with a function, as the SDK calls it on Twilio's responses. */
export default function mapKeys(from: unknown, rename: (value: unknown, key: string) => string): object {
  return Object.fromEntries(Object.entries(Object(from)).map(([key, value]) => [rename(value, key), value]));
}
