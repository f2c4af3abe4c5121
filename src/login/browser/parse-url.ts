/** Returns `undefined` for text that is not a URL. `URL.canParse` is missing before Safari 17 and Chrome 120. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
