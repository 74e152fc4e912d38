// The video processor's page in a real browser, against the real program (FANFARE_VIDEO_PROCESSOR: its path).

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import {
  closePage, countIs, fitsItsWidth, inFirefox, isHidden, launch, openPage, phaseIs, textIs,
} from './support/browser.mjs';
import { until } from './support/hub.mjs';
import { clip, Processor, processorCommand, standIn } from './support/videos.mjs';

const options = { skip: processorCommand ? false : 'FANFARE_VIDEO_PROCESSOR is not set', timeout: 120000 };

let browser;
let folder;
let small;
let processor;
let page;

before(async () => {
  if (!processorCommand) return;
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), 'fanfare-clips-'));
  small = await clip(folder, { name: 'a day at the sea.mp4' });
});
after(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true });
});
afterEach(async () => {
  try {
    if (page) await closePage(page);
  } finally {
    page = null;
    await processor?.kill();
    processor = null;
  }
});

async function serve(...args) {
  processor = await Processor.start(...args);
}

async function show(settings = {}) {
  page = await openPage(browser, { height: 844, ...settings });
  await page.goto(processor.url);
  await page.locator('#resolutions input').first().waitFor();
}

async function send(file = small) {
  await page.setInputFiles('#file', file);
  await page.click('#start-button');
}

/** Halfway through, and there it stays until the file `go` is there. */
async function paused() {
  const go = join(folder, 'go');
  await rm(go, { force: true });
  const program = await standIn(folder, `printf 'frame=25\\nfps=12.5\\nout_time_us=1000000\\nspeed=0.5x\\nprogress=continue\\n'
while [ ! -e "${go}" ]; do sleep 0.05; done
cp "${small}" "$out"`);
  return { program, go: () => writeFile(go, '') };
}

async function isAccessible() {
  await page.addScriptTag({ content: await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8') });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
}

test('video page: from the choice of a file to the files that came of it', options, async () => {
  const { program, go } = await paused();
  await serve('--resolutions', '360,180,90', '--ffmpeg', program);
  await show({ width: 390 });
  await phaseIs(page, 'idle');
  await fitsItsWidth(page, 'idle');
  await page.click('#start-button');
  await textIs(page, '#start-problem', 'Choose a video first.');
  await page.uncheck('#resolutions input[value="90"]');
  await send();
  await phaseIs(page, 'connected');
  await textIs(page, '#job-title', 'a day at the sea.mp4');
  await textIs(page, '#progress [part=status]', 'Transcoding');
  await textIs(page, '#progress [part=percent]', '52%');  // 10 to 95, half of it
  await countIs(page, '#progress [part=task]', 2);
  await textIs(page, '#progress [part=task]:first-child', /^360p\s*50%\s*25 of 50 frames\s*13 frames\/s\s*2 s left$/);
  await fitsItsWidth(page, 'running');
  await isAccessible();
  await page.reload();
  await textIs(page, '#progress [part=percent]', '52%');
  await go();
  await phaseIs(page, 'closed');
  await textIs(page, '#progress [part=status]', 'Complete');
  await textIs(page, '#progress [part=percent]', '100%');
  await isHidden(page, '#cancel');
  await page.locator('#results a').nth(1).waitFor();
  assert.deepEqual(await page.locator('#results a').allTextContents(), ['Get 360p', 'Get 180p']);
  await fitsItsWidth(page, 'complete');
  await isAccessible();
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#results a >> nth=0')]);
  // The driver of Firefox does not know where it keeps the file.
  const got = inFirefox ? await (await fetch(download.url())).arrayBuffer() : await readFile(await download.path());
  assert.deepEqual(Buffer.from(got), await readFile(small));
});

test('video page: cancel, and a file that is no video', options, async () => {
  const { program } = await paused();
  await serve('--resolutions', '360', '--ffmpeg', program);
  await show();
  await send();
  await textIs(page, '#progress [part=percent]', '52%');
  await page.click('#cancel');
  await textIs(page, '#progress [part=status]', 'Cancelled');
  await phaseIs(page, 'closed');
  assert.deepEqual(await processor.uploads(), []);
  const file = join(folder, 'notes.mp4');
  await writeFile(file, 'no video');
  await send(file);
  await textIs(page, '#progress [part=status]', 'Failed');
  await textIs(page, '#progress [part=message]', /^this is no video/);
  await textIs(page, '#job-title', 'notes.mp4');
});

const throttled = { ...options, skip: options.skip || (inFirefox && 'Firefox cannot be told to upload slowly') };
test('video page: an upload shows how far it is, and cancel ends it', throttled, async () => {
  await serve();
  await show();
  const large = join(folder, 'large.mp4');
  await writeFile(large, Buffer.alloc(20e6));
  const network = await page.context().newCDPSession(page);
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1e6 });
  await send(large);
  await textIs(page, '#progress [part=status]', 'Uploading');
  await textIs(page, '#progress [part=task]', /^Upload.*of 20\.\d MB/);
  await until(async () => (await processor.uploads()).length === 1);
  await page.click('#cancel');
  await textIs(page, '#start-problem', 'The upload was cancelled.');
  await page.locator('#blank').waitFor();
  await until(async () => (await processor.uploads()).length === 0);
});

test('video page: a link to a video that nobody knows says so', options, async () => {
  await serve();
  page = await openPage(browser);
  await page.goto(`${processor.url}#job_nowhere`);
  await textIs(page, '#problem', /does not know this video/);
  await isHidden(page, '#cancel');
});
