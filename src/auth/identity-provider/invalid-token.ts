import { ApiError } from '../../errors';

/** The one refusal of identity provider tokens: callers learn no more than that. The reason is for the log. */
export const invalidProviderToken = (reason: string): ApiError =>
  new ApiError(
    'invalid_token',
    'This identity provider token is invalid, expired, or not for this service. Sign in again and use the new token.',
    { reason },
  );
