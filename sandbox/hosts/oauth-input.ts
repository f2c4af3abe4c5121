import type { AuthorizationRequest, CodeExchangeParameters } from '../state/sign-in';
import { InvalidParameter } from './twilio-error';

type Fields = Readonly<Record<string, unknown>>;

export type TokenRequest =
  | ({ grantType: 'AuthorizationCode' } & CodeExchangeParameters)
  | { grantType: 'RefreshToken'; ssoProfileSid: string; refreshToken: string };

/** Parses the query of Authorize, as `getLoginDetails` of the Flex SDK builds it. @throws {InvalidParameter} */
export function parseAuthorizationRequest(query: Fields): AuthorizationRequest {
  refuseConsoleLogin(query.isConsoleLogin);
  const codeChallenge = requiredText(query, 'codeChallenge');
  if (!/^[\w-]{43}$/.test(codeChallenge)) {
    throw new InvalidParameter('Invalid parameter: codeChallenge must be a SHA-256 in base64url');
  }
  return {
    redirectUrl: requiredText(query, 'redirectUrl'),
    ssoProfileSid: requiredText(query, 'ssoProfileSid'),
    nonce: requiredText(query, 'nonce'),
    state: requiredText(query, 'state'),
    codeChallenge,
  };
}

/** Parses the body of OAuth/Tokens, as `exchangeToken` and `refreshToken` of the Flex SDK send it. @throws {InvalidParameter} */
export function parseTokenRequest(body: unknown): TokenRequest {
  if (typeof body !== 'object' || body === null) throw new InvalidParameter('The body must be a JSON object');
  const fields: Fields = { ...body };
  refuseConsoleLogin(fields.is_console_login);
  const ssoProfileSid = requiredText(fields, 'sso_profile_sid');
  switch (fields.grant_type) {
    case 'AuthorizationCode':
      return {
        grantType: 'AuthorizationCode',
        ssoProfileSid,
        code: requiredText(fields, 'code'),
        codeVerifier: requiredText(fields, 'code_verifier'),
        nonce: requiredText(fields, 'nonce'),
      };
    case 'RefreshToken':
      return { grantType: 'RefreshToken', ssoProfileSid, refreshToken: requiredText(fields, 'refresh_token') };
    default:
      throw new InvalidParameter('Invalid parameter: grant_type must be AuthorizationCode or RefreshToken');
  }
}

function requiredText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new InvalidParameter(`Invalid parameter: ${name} is required`);
  return value;
}

function refuseConsoleLogin(flag: unknown): void {
  if (flag === true || flag === 'true') {
    throw new InvalidParameter('The sandbox supports single sign-on only, not sign-in through the Twilio Console');
  }
}
