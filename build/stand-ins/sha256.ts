/** The first 64 primes: the constants of SHA-256 are fractions of their roots. */
const PRIMES: number[] = [];
for (let number = 2; PRIMES.length < 64; number++) {
  if (PRIMES.every((prime) => number % prime !== 0)) PRIMES.push(number);
}
const fractionBits = (root: number) => ((root % 1) * 2 ** 32) | 0;
const ROUND_CONSTANTS = PRIMES.map((prime) => fractionBits(Math.cbrt(prime)));
const INITIAL_HASH = PRIMES.slice(0, 8).map((prime) => fractionBits(Math.sqrt(prime)));

const rotate = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits));

/**
 * For `crypto-js/sha256`, 6 kB of which the SDK uses one expression: `sha256(verifier).toString()`, for the PKCE challenge.
 * It must be synchronous, as `crypto.subtle` is not.
 *
 * @see FIPS 180-4, section 6.2
 */
export default function sha256(text: string): { toString(): string } {
  const message = new TextEncoder().encode(text);
  // Padding: one bit, zeros, and the length in the last 8 bytes.
  const size = ((message.length + 8) >> 6) * 64 + 64;
  const bytes = new Uint8Array(size);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(size - 4, message.length * 8);

  let hash = INITIAL_HASH;
  for (let offset = 0; offset < size; offset += 64) {
    const mixed = mixBlock(hash, view, offset);
    hash = hash.map((word, at) => (word + (mixed[at] ?? 0)) | 0);
  }
  return { toString: () => hash.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('') };
}

function mixBlock(hash: readonly number[], view: DataView, offset: number): readonly number[] {
  const schedule: number[] = [];
  const word = (at: number) => schedule[at] ?? 0;
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  ROUND_CONSTANTS.forEach((constant, round) => {
    if (round < 16) schedule.push(view.getInt32(offset + 4 * round));
    else {
      const [early, late] = [word(round - 15), word(round - 2)];
      const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
      const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
      schedule.push((word(round - 16) + sigma0 + word(round - 7) + sigma1) | 0);
    }
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = h + sum1 + ((e & f) ^ (~e & g)) + constant + word(round);
    const second = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  });
  return [a, b, c, d, e, f, g, h];
}
