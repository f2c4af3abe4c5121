import ts from 'typescript';

/** Returns the string literals of a script, of any kind. */
export function stringsIn(script: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('script.js', script, ts.ScriptTarget.Latest));
  return found;
}

/** Returns the scripts that a script holds as strings, as `build/lazy-modules.ts` stores them. */
export const scriptsIn = (script: string): readonly string[] =>
  stringsIn(script).filter((text) => /^"use strict";.*\bmodule\.exports=/s.test(text));
