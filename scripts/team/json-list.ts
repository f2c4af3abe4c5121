import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Reading } from './file-content';

/** Reads a JSON file with a list of `/provision` bodies. Values are left as they are, blanks included. */
export function readJsonList(text: string): Reading {
  const errors: ParseError[] = [];
  // Parsed for the lines alone: unlike JSON.parse, it says where each value is.
  const root = parseTree(text, errors, { disallowComments: true });
  const lineAt = (offset: number) => text.slice(0, offset).split(/\r\n?|\n/).length;
  const [first] = errors;
  if (first !== undefined) {
    // Those after it are mostly its consequences.
    const message = `The file is not valid JSON here (${printParseErrorCode(first.error)}).`;
    return { entries: [], faults: [{ line: lineAt(first.offset), message }] };
  }
  const bodies: unknown = JSON.parse(text);
  if (!Array.isArray(bodies) || !root?.children) {
    return {
      entries: [],
      faults: [{ line: 1, message: 'The file must be a list of /provision bodies, such as [{"username": …}]' }],
    };
  }
  const entries = root.children.map(({ offset }, index) => ({
    line: lineAt(offset),
    // Many may stand on one line.
    name: `entry ${index + 1}`,
    body: bodies[index] as unknown,
  }));
  return { entries, faults: [] };
}
