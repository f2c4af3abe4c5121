import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openApiDocument } from './openapi/document';

/** The checked-in description of the Functions, which is served as an asset. */
export const OPENAPI_FILE = resolve(__dirname, '../assets/openapi.json');

export const openApiText = (): string => `${JSON.stringify(openApiDocument(), undefined, 2)}\n`;

/** Updates {@link OPENAPI_FILE}. A test fails if it is not current. */
export function writeOpenApi(): void {
  const text = openApiText();
  // An unchanged file is not written, or `npm run dev` would build again.
  if (!existsSync(OPENAPI_FILE) || readFileSync(OPENAPI_FILE, 'utf8') !== text) writeFileSync(OPENAPI_FILE, text);
}
