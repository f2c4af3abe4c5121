/** Every way in which a call can fail, and the HTTP status of the response. */
export const STATUS_OF_CODE = {
  invalid_request: 400,
  missing_credentials: 401,
  invalid_token: 401,
  invalid_key: 401,
  forbidden: 403,
  user_not_found: 404,
  user_deactivated: 409,
  rate_limited: 429,
  misconfigured: 500,
  internal_error: 500,
  upstream_error: 502,
  upstream_timeout: 504,
} as const;

export type ErrorCode = keyof typeof STATUS_OF_CODE;
