/**
 * For `buffer`, 27 kB of which the SDK uses one expression: `Buffer.from(hash, 'hex').toString('base64')`, for the
 * PKCE challenge. Anything else is refused.
 */
export const Buffer = {
  from(text: string, encoding: string) {
    if (encoding !== 'hex' || !/^([0-9a-f]{2})*$/.test(text)) throw new TypeError('Only hex can be read here');
    const bytes = text.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
    return {
      toString(target: string) {
        if (target !== 'base64') throw new TypeError('Only base64 can be written here');
        return btoa(String.fromCharCode(...bytes));
      },
    };
  },
};
