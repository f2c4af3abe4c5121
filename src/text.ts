import { MAX_TEXT_LENGTH } from './contract/limits';

export const isOfAllowedLength = (value: string): boolean => {
  const { length } = [...value];
  return length >= 1 && length <= MAX_TEXT_LENGTH;
};

/** Text in another encoding arrives as U+FFFD or as C1 controls. */
export const isUndamaged = (value: string): boolean => !/[\p{Cc}\uFFFD]/u.test(value) && value.isWellFormed();

/** Whether a value can be a user name, email address or full name at Twilio. */
export const isText = (value: unknown): value is string =>
  typeof value === 'string' && isOfAllowedLength(value) && isUndamaged(value);
