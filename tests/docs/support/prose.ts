import { extname } from 'node:path';
import ts from 'typescript';
import { read } from './pages';

/** A passage that people read: a paragraph of a page, a comment, a message or the title of a test. */
export interface Passage {
  readonly line: number;
  readonly text: string;
}

/** Returns what people read in a file. In code, that is every comment, and every text of more than one word. */
export function proseOf(file: string): Passage[] {
  const source = read(file);
  const passages = /\.(tsx?|js|mjs|cjs)$/.test(file) ? inCode(file, source) : inText(extname(file), source);
  return passages.map(({ line, text }) => ({ line, text: withoutNames(text) }));
}

/** Code, names and URLs in a text are not prose. */
const withoutNames = (text: string): string =>
  text
    .replaceAll(/`[^`]*`|\{@link [^}]*\}|https?:\/\/\S+|\$\{[^}]*\}/g, '…')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The marks of comments and lists at the start of a line. */
const MARKS = /^[ \t]*(?:\/\/+|\/\*+|\*+\/?|#+|<!--|[-|])?[ \t]?/gm;

function inText(extension: string, source: string): Passage[] {
  const text = extension === '.md' ? source.replaceAll(/^ *```.*?^ *```$/gms, blank) : source;
  return paragraphsOf(text, 0, source);
}

/** The same number of lines, with nothing in them. */
const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

function paragraphsOf(text: string, start: number, source: string): Passage[] {
  const plain = text.replaceAll(MARKS, (mark) => ' '.repeat(mark.length));
  return [...plain.matchAll(/\S.*?(?=\n\s*\n|$(?!\n))/gs)].map((match) => ({
    line: lineAt(source, start + match.index),
    text: match[0],
  }));
}

const lineAt = (source: string, position: number): number => source.slice(0, position).split('\n').length;

function inCode(file: string, source: string): Passage[] {
  const passages: Passage[] = [];
  const rest = source.split('');
  const hide = (from: number, to: number) => rest.fill(' ', from, to);
  const take = (node: ts.Node) => {
    const [from, to] = [node.getStart(), node.getEnd()];
    const text = source.slice(from + 1, to - 1);
    if (/\s/.test(text.trim())) passages.push({ line: lineAt(source, from), text });
    hide(from, to);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isJsxText(node) || ts.isTemplateExpression(node)) take(node);
    else if (ts.isRegularExpressionLiteral(node)) hide(node.getStart(), node.getEnd());
    if (!ts.isStringLiteralLike(node)) ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  const comments = rest.join('').matchAll(/(?:^[ \t]*\/\/.*\n?)+|\/\/.*|\/\*[\s\S]*?\*\//gm);
  for (const { 0: comment, index } of comments) passages.push(...paragraphsOf(comment, index, source));
  return passages;
}
