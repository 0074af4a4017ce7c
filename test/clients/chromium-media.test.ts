import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openInChromium, urlWithPassword } from '../support/chromium.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const SCRIPT = "document.documentElement.setAttribute('data-ran', 'yes')";
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>${SCRIPT}</script><rect width="9" height="9"/></svg>`;
const HTML = `<!doctype html><title>page</title><p>text</p><script>${SCRIPT}</script>`;
/** A page; readers find the objects of a file without a table by themselves. */
const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>endobj
4 0 obj<</Length 26>>stream
1 0 0 rg 0 0 300 300 re f
endstream endobj
trailer<</Root 1 0 R>>`;

describeWith(['chromium', 'ffmpeg'], 'D15 chromium and files whose bytes come from here', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ download: 'proxy' });
    const { ada } = server.mailboxes;
    for (const name of ['picture.png', 'film.webm', 'film.mp4']) {
      await ada.put(`/${name}`, await made(name));
    }
    await ada.put('/paper.pdf', PDF);
    await ada.put('/drawing.svg', SVG);
    await ada.put('/page.html', HTML);
  });
  afterAll(async () => {
    await server?.stop();
  });

  it.each(['picture.png', 'film.webm', 'film.mp4'])(
    '%s, which is red, is seen',
    async name => {
      await using folder = await makeTempDir();
      const shot = join(folder.path, 'shot.png');
      const args = [`--screenshot=${shot}`, '--virtual-time-budget=4000'];
      const look = async () => {
        const { console } = await openInChromium(urlWithPassword(server, `/ada/${name}`), args);
        expect(console).toEqual([]);
        return redPixelsOf(shot, folder.path);
      };
      // A film's first picture comes after the page, and on a busy machine after the screenshot.
      await expect.poll(look, { timeout: 50_000 }).toBeGreaterThan(1_000);
    },
    60_000,
  );

  it('the policy refuses nothing of a PDF, which a Chromium without a window has no viewer to draw', async () => {
    const { console } = await openInChromium(urlWithPassword(server, '/ada/paper.pdf'), ['--dump-dom']);
    expect(console).toEqual([]);
  });

  it.each(['drawing.svg', 'page.html'])('the script in %s does not run', async name => {
    const { stdout } = await openInChromium(urlWithPassword(server, `/ada/${name}`), ['--dump-dom']);
    expect(stdout).toContain('data-ran');
    expect(stdout).not.toContain('data-ran="yes"');
  });
});

/** A small file that is all red, made by ffmpeg as its name says. */
async function made(name: string): Promise<Buffer> {
  await using folder = await makeTempDir();
  const file = join(folder.path, name);
  const length = name.endsWith('.png') ? ['-frames:v', '1'] : ['-t', '1', '-pix_fmt', 'yuv420p'];
  await mustRun('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=red:s=64x64:r=5', ...length, file]);
  return await readFile(file);
}

async function redPixelsOf(image: string, folder: string): Promise<number> {
  const raw = join(folder, 'pixels');
  await mustRun('ffmpeg', ['-v', 'error', '-y', '-i', image, '-f', 'rawvideo', '-pix_fmt', 'rgb24', raw]);
  const pixels = await readFile(raw);
  let red = 0;
  for (let at = 0; at < pixels.length; at += 3) {
    red += pixels[at]! > 200 && pixels[at + 1]! < 80 && pixels[at + 2]! < 80 ? 1 : 0;
  }
  return red;
}
