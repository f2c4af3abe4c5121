import { MAX_TOKEN_LENGTH } from '../contract/limits';
import { ApiError } from '../errors';
import { readHeader } from '../http/headers';
import { ownValue } from '../json';
import { BACKEND_KEY_PREFIX } from '../settings/backend-key';

/** The credential of a request, not yet verified. Whose token it is depends on the settings. */
export type Credential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'backend-key'; readonly key: string };

/** The characters of a bearer token (RFC 6750, section 2.1). A compact JWE uses some of them. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Without a repetition: on a header of megabytes, one that backtracks would overflow the stack. */
const BEARER_SCHEME = /^Bearer(?=\s|$)/i;

/**
 * Finds the credential of a request: the `Authorization` header, or the field `Token`, which Flex plugins send.
 *
 * The platform merges the fields over `event`, so a caller can replace the headers by a field `request`. That is harmless: the
 * credential is only a claim until it is verified.
 *
 * @throws {ApiError} `missing_credentials`, or `invalid_token` if there are several, or a field is misused
 */
export function findCredential(event: unknown): Credential {
  const header = readHeader(event, 'authorization');
  if (Array.isArray(header)) {
    throw new ApiError('invalid_token', 'Several Authorization headers were sent. Send one.', {
      reason: 'several Authorization headers',
    });
  }
  if (typeof header === 'string' && BEARER_SCHEME.test(header)) {
    const shown = header.slice('Bearer'.length).trimStart();
    return shown.startsWith(BACKEND_KEY_PREFIX) ? { kind: 'backend-key', key: shown } : { kind: 'token', token: shown };
  }
  const field = ownValue(event, 'Token');
  if (field !== undefined) return tokenInField(field);
  throw new ApiError(
    'missing_credentials',
    'No credentials. Send a Flex token, a backend key or, if this service accepts it, a token of your identity provider as "Authorization: Bearer <token>". A token can be in the field Token instead.',
  );
}

function tokenInField(token: unknown): Credential {
  if (typeof token !== 'string') throw notAToken('the field Token is not a string');
  // A backend key is a secret that Twilio must not see.
  if (token.startsWith(BACKEND_KEY_PREFIX)) {
    throw new ApiError(
      'invalid_token',
      'A backend key was sent in the field Token, which is for tokens. Send it as "Authorization: Bearer <key>".',
      { reason: 'a backend key in the field Token' },
    );
  }
  return { kind: 'token', token };
}

/** Whether a token has the form of a signed JWT, which no Flex token has: exactly two dots. */
export const isSignedJwt = (token: string): boolean => token.split('.').length === 3;

/** @throws {ApiError} `invalid_token` if a token cannot be a Flex token, so Twilio need not validate it */
export function assertFlexTokenForm(token: string): void {
  if (token.length > MAX_TOKEN_LENGTH || !BEARER_TOKEN.test(token)) throw notAToken('malformed token');
}

const notAToken = (reason: string) =>
  new ApiError('invalid_token', 'This is not a Flex token. Send the current token of a signed-in Flex user.', {
    reason,
  });
