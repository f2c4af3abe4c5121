import { isRecord, ownValue, parseJson } from '../src/json';

it('parseJson returns undefined for text that is not JSON', () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(parseJson('null')).toBeNull();
  for (const text of ['', '{', 'undefined', "{'a':1}", '<html>']) expect(parseJson(text)).toBeUndefined();
});

it('ownValue reads an object’s own values, never those of its prototype', () => {
  expect(ownValue({ a: 1 }, 'a')).toBe(1);
  expect(ownValue({ a: 1 }, 'b')).toBeUndefined();
  expect(ownValue(JSON.parse('{"__proto__":1}'), '__proto__')).toBe(1);
  expect(ownValue(Object.create({ a: 1 }), 'a')).toBeUndefined();
  for (const name of ['constructor', 'toString', '__proto__']) expect(ownValue({}, name)).toBeUndefined();
});

it('ownValue returns undefined for a value that is not an object', () => {
  for (const value of ['abc', null, undefined, 7, true]) expect(ownValue(value, 'length')).toBeUndefined();
});

it('isRecord accepts an object, but not a list or null', () => {
  expect([{}, { a: 1 }].every(isRecord)).toBe(true);
  expect([[], null, undefined, 'a', 7].some(isRecord)).toBe(false);
});
