/** For `lodash/transform` with an accumulator and a function that gives nothing back, as the SDK calls it. */
export default function transform<Result>(
  from: unknown,
  step: (result: Result, value: unknown, key: string) => void,
  result: Result,
): Result {
  for (const [key, value] of Object.entries(Object(from))) step(result, value, key);
  return result;
}
