import { CsvError, parse } from 'csv-parse/sync';
import leven from 'leven';
import type { Entry, FileFault, Reading } from './file-content';

const REQUIRED = ['username', 'email', 'full_name', 'roles'] as const;
const ATTRIBUTE = 'attributes.';

/** What spreadsheets write, by the country that they are set to. */
const DELIMITERS = [',', ';'];

const DAMAGED = '\uFFFD';

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads a CSV file as Excel, Google Sheets and LibreOffice write it. Line 1 is the header. */
export function readCsv(text: string): Reading {
  // One kind of line break, so that lines within quotes are counted correctly too.
  const plain = text.replace(/\r\n?/g, '\n');
  const { lines, faults } = readLines(plain, delimiterOf(plain));
  const [first, ...rows] = lines;
  const header = first?.line === 1 ? first.cells : [];
  const read = rows.map((row) => readRow(header, row));
  return {
    entries: read.map(({ entry }) => entry),
    faults: [...checkHeader(header), ...faults, ...read.flatMap((row) => row.faults)],
    missing: missingFrom(header),
  };
}

/** The one that gives the header more of the names that are known. */
function delimiterOf(text: string): string {
  const knownWith = (delimiter: string) => {
    const [header] = readLines(text.split('\n', 1)[0] ?? '', delimiter).lines;
    return header?.cells.filter(isKnown).length ?? 0;
  };
  return DELIMITERS.reduce((best, other) => (knownWith(other) > knownWith(best) ? other : best));
}

/** The lines that hold something, with their cells trimmed, up to the first one that is not CSV. */
function readLines(text: string, delimiter: string): { lines: readonly Line[]; faults: readonly FileFault[] } {
  const lines: Line[] = [];
  let endOfLast = 0;
  try {
    parse(text, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (record, context) => {
        const cells = record.map((cell) => cell.trim());
        const breaksWithin = record.join().split('\n').length - 1;
        // Spreadsheets leave deleted rows behind as delimiters alone.
        if (cells.some((cell) => cell !== '')) lines.push({ line: context.lines - breaksWithin, cells });
        endOfLast = context.lines;
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { lines, faults: [toFault(error, endOfLast + 1)] };
  }
  return { lines, faults: [] };
}

function toFault({ code, lines }: CsvError, startLine: number): FileFault {
  return code === 'CSV_QUOTE_NOT_CLOSED'
    ? {
        line: startLine,
        message: 'A quote (") opens here and is never closed. Close it, or write "" for a quote in a value.',
      }
    : {
        line: typeof lines === 'number' ? lines : startLine,
        message: 'A quote (") is in the wrong place. Put the whole value in quotes, and write "" for a quote in it.',
      };
}

const isAttribute = (name: string) => name.startsWith(ATTRIBUTE) && name !== ATTRIBUTE;
const isKnown = (name: string) => (REQUIRED as readonly string[]).includes(name) || isAttribute(name);

const missingFrom = (header: readonly string[]) => REQUIRED.filter((name) => !header.includes(name));

function checkHeader(header: readonly string[]): readonly FileFault[] {
  const unknown = header
    .filter((name) => name !== '' && !isKnown(name))
    .map((name) => ({ line: 1, column: name, message: `is not a known column. ${nearestTo(name)}` }));
  const twice = header
    .filter((name, index) => isKnown(name) && header.indexOf(name) < index)
    .map((name) => ({
      line: 1,
      column: name,
      message: 'is in the header twice. Remove or rename one of the columns.',
    }));
  const missing = missingFrom(header).map((name) => ({
    line: 1,
    column: name,
    message: 'is missing from the header. Add this column.',
  }));
  return [...unknown, ...twice, ...missing];
}

/** How much of a name may differ from a known one and still be taken for a misspelling of it. */
const MISSPELLED = 0.6;

function nearestTo(name: string): string {
  const lettersOf = (text: string) => text.toLowerCase().replace(/[^\p{L}]/gu, '');
  const letters = lettersOf(name);
  const difference = (known: string) => leven(lettersOf(known), letters) / Math.max(known.length, letters.length);
  const nearest = REQUIRED.reduce((best, other) => (difference(other) < difference(best) ? other : best));
  const key = /^attributes?\W*(.*)$/i.exec(name)?.[1] ?? name;
  const isMisspelled = key === name && difference(nearest) <= MISSPELLED;
  return isMisspelled ? `Did you mean ${nearest}?` : `Did you mean ${ATTRIBUTE}${key || '<key>'}?`;
}

function readRow(header: readonly string[], { line, cells }: Line): { entry: Entry; faults: readonly FileFault[] } {
  const faults: FileFault[] = [];
  const attributes: [string, unknown][] = [];
  const fields: Record<string, unknown> = {};
  for (const [index, cell] of cells.entries()) {
    if (cell === '') continue;
    const name = header[index] ?? '';
    const fault = (message: string) => faults.push({ line, column: name || `column ${index + 1}`, message });
    if (name === '') fault('has a value, but line 1 gives this column no name. Name it, or remove the value.');
    else if (!isKnown(name)) continue;
    else if (!isAttribute(name)) fields[name] = name === 'roles' ? cell.split(/[;\s]+/).filter(Boolean) : cell;
    else if (cell.includes(DAMAGED)) fault('has damaged characters. Save the file as UTF-8 (in Excel: "CSV UTF-8").');
    else {
      const value = readAttribute(cell);
      if (value === undefined)
        fault('has a number that would lose digits. To send it as text, put quotes in the cell: "…".');
      else attributes.push([name.slice(ATTRIBUTE.length), value]);
    }
  }
  const worker = attributes.length > 0 && { worker: { attributes: Object.fromEntries(attributes) } };
  return { entry: { line, body: { ...fields, ...worker } }, faults };
}

/**
 * Reads a value that is JSON as JSON, and any other as text.
 *
 * @returns undefined if a number in it cannot be kept exactly, as in an id of 20 digits
 */
function readAttribute(cell: string): unknown {
  let isExact = true;
  const check = (_: string, value: unknown) => {
    if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER))
      isExact = false;
    return value;
  };
  try {
    const value: unknown = JSON.parse(cell, check);
    return isExact ? value : undefined;
  } catch {
    return cell;
  }
}
