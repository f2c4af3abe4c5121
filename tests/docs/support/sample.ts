/** A comment
 * over two lines. */
export const sample = [
  'a title of a test',
  `${'name'} in a template`,
  /not prose/, // at the end of a line
  'name',
];
