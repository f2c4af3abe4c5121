/** The maximum length of a username, an email address and a full name, in characters (Unicode code points, not UTF-16 units). */
export const MAX_TEXT_LENGTH = 256;

/** The maximum length of a token: ten times that of a real Flex token. A longer one is rejected without a request to Twilio. */
export const MAX_TOKEN_LENGTH = 16_384;

/** Twilio's own default for the lifetime of a token, and the default of `MAX_TOKEN_TTL`. */
export const DEFAULT_TTL_SECONDS = 3600;

/** How deep worker attributes may be nested: far more than anyone needs, far less than exhausts the stack. */
export const MAX_ATTRIBUTE_LEVELS = 100;
