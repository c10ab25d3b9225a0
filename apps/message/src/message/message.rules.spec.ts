import { expect, it } from 'vitest';
import { likePattern } from './message.rules.js';

it.each([
  ['hello', '%hello%'],
  ['100%', String.raw`%100\%%`],
  ['a_b', String.raw`%a\_b%`],
  [String.raw`\%`, String.raw`%\\\%%`],
  ["'; drop table", "%'; drop table%"],
])('takes the wildcards of %j as they are', (text, pattern) => {
  expect(likePattern(text)).toBe(pattern);
});
