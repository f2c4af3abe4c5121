import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { buildProject } from '../build/build';
import { launchChromium } from '../local/chromium';
import { type Service, startService } from '../local/running-service';
import { PICTURES, type Picture } from './screenshots/pictures';
import { openScene, type SceneClock, startClock } from './screenshots/scene';

const FOLDER = resolve(__dirname, '../docs/screenshots');

/**
 * Takes the pictures of the sign-in page that the documentation shows: of the page as it would be deployed, in front of the
 * sandbox, brought into each state by what brings it there for people.
 */
async function main(): Promise<void> {
  // Without the account of a developer's `.env`, which is not the sandbox's.
  await buildProject({ env: {} });
  const clock = startClock();
  const browser = await launchChromium();
  try {
    const service = await startService({}, { now: () => clock.nowMs });
    try {
      replacePictures(await takeAll(browser, service, clock));
    } finally {
      await service.close();
    }
  } finally {
    await browser.close();
  }
}

async function takeAll(browser: Browser, service: Service, clock: SceneClock): Promise<ReadonlyMap<string, Buffer>> {
  const taken = new Map<string, Buffer>();
  for (const [name, picture] of Object.entries(PICTURES)) {
    const content = await take(browser, service, clock, picture).catch((error: unknown) => {
      throw new Error(`${name} could not be taken`, { cause: error });
    });
    taken.set(`${name}.png`, content);
  }
  return taken;
}

async function take(browser: Browser, service: Service, clock: SceneClock, { state, look }: Picture): Promise<Buffer> {
  const scene = await openScene(browser, service, clock, look);
  try {
    const page = await state(scene);
    await page.waitForLoadState();
    // A button may have appeared under the pointer, and must not look hovered.
    await page.mouse.move(0, 0);
    return await shrink(await page.screenshot({ fullPage: true }));
  } finally {
    await scene.context.close();
  }
}

/** The page has few colors, so a palette makes no visible difference, and takes less than half the bytes. */
const shrink = (picture: Buffer): Promise<Buffer> => sharp(picture).png({ palette: true, effort: 10 }).toBuffer();

/** All together, and only once all are taken: pictures that are there no longer are shown nowhere. */
function replacePictures(pictures: ReadonlyMap<string, Buffer>): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, content] of pictures) {
    writeFileSync(join(FOLDER, file), content);
    console.log(`${file.padEnd(28)} ${(content.length / 1000).toFixed(1)} kB`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
