import { isRecord, ownValue, parseJson } from '../src/json';

it('reads JSON, and nothing out of what is none', () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(parseJson('null')).toBeNull();
  for (const text of ['', '{', 'undefined', "{'a':1}", '<html>']) expect(parseJson(text)).toBeUndefined();
});

it('finds what stands in an object itself, and never what its prototype has', () => {
  expect(ownValue({ a: 1 }, 'a')).toBe(1);
  expect(ownValue({ a: 1 }, 'b')).toBeUndefined();
  expect(ownValue(JSON.parse('{"__proto__":1}'), '__proto__')).toBe(1);
  expect(ownValue(Object.create({ a: 1 }), 'a')).toBeUndefined();
  for (const name of ['constructor', 'toString', '__proto__']) expect(ownValue({}, name)).toBeUndefined();
});

it('finds nothing in what is no object', () => {
  for (const value of ['abc', null, undefined, 7, true]) expect(ownValue(value, 'length')).toBeUndefined();
});

it('takes a JSON object for one, and neither a list nor null', () => {
  expect([{}, { a: 1 }].every(isRecord)).toBe(true);
  expect([[], null, undefined, 'a', 7].some(isRecord)).toBe(false);
});
