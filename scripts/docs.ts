import { readFileSync, writeFileSync } from 'node:fs';
import { fillBlocks } from './docs/blocks';
import { PAGES } from './docs/pages';

/** Updates the generated blocks in the documentation. A test fails if one of them is out of date. */
function main(): void {
  for (const page of PAGES) {
    const before = readFileSync(page, 'utf8');
    const after = fillBlocks(before);
    if (after === before) continue;
    writeFileSync(page, after);
    console.log(`Updated ${page}`);
  }
}

main();
