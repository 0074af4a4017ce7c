import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** The order of languages in which the app is read: what the server is told of the build. */
interface BuiltApp {
  /** The entry of the app. */
  readonly script: string;
  readonly style: string;
  readonly icon: string;
  /** The same in pixels, without round corners: iOS draws no SVG (Apple, "Configuring Web Applications"). */
  readonly touchIcon: string;
  /** The web app manifest (W3C, "Web Application Manifest"), which makes the app installable. */
  readonly webManifest: string;
  /** All files that may be asked for. */
  readonly files: readonly string[];
}

const FOLDER = new URL('./src/browser-app/', import.meta.url);
/** Below it a compressed file is no smaller on the wire. */
const MIN_COMPRESSED_BYTES = 1024;

/** Adds the icon and the web app manifest, and `app.json` for the server; compresses each file at the best level. */
function emitForServer(): Plugin {
  return {
    name: 'emit-for-server',
    generateBundle: {
      // Vite adds the styles in this step.
      order: 'post',
      handler(_options, bundle) {
        const icon = this.emitFile({
          type: 'asset',
          name: 'icon.svg',
          source: readFileSync(new URL('icon.svg', FOLDER)),
        });
        const touchIcon = this.emitFile({
          type: 'asset',
          name: 'icon.png',
          source: readFileSync(new URL('icon.png', FOLDER)),
        });
        const webManifest = this.emitFile({
          type: 'asset',
          name: 'app.webmanifest',
          source: renderWebManifest(this.getFileName(icon)),
        });
        const chunks = Object.values(bundle);
        const app: BuiltApp = {
          script: chunks.find(chunk => chunk.type === 'chunk' && chunk.isEntry)!.fileName,
          style: chunks.find(({ fileName }) => fileName.endsWith('.css'))!.fileName,
          icon: this.getFileName(icon),
          touchIcon: this.getFileName(touchIcon),
          webManifest: this.getFileName(webManifest),
          files: [
            ...new Set([...Object.keys(bundle), ...[icon, touchIcon, webManifest].map(file => this.getFileName(file))]),
          ].sort(),
        };
        for (const [name, chunk] of Object.entries(bundle)) {
          emitCompressed(name, Buffer.from(chunk.type === 'chunk' ? chunk.code : chunk.source), file =>
            this.emitFile({ type: 'asset', ...file }),
          );
        }
        this.emitFile({ type: 'asset', fileName: 'app.json', source: `${JSON.stringify(app, undefined, 2)}\n` });
      },
    },
  };
}

function emitCompressed(name: string, bytes: Buffer, emit: (file: { fileName: string; source: Buffer }) => void): void {
  if (bytes.length < MIN_COMPRESSED_BYTES) {
    return;
  }
  const params = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  emit({ fileName: `${name}.br`, source: brotliCompressSync(bytes, { params }) });
  emit({ fileName: `${name}.gz`, source: gzipSync(bytes, { level: 9 }) });
}

/** Its URLs are relative to its own, `/-/app/…`: the app starts at the root of the tree, wherever that is. */
function renderWebManifest(icon: string): string {
  return JSON.stringify({
    name: 'OneDrive files',
    short_name: 'Files',
    start_url: '../../',
    scope: '../../',
    display: 'standalone',
    background_color: '#ffffff',
    theme_color: '#0f6cbd',
    icons: [{ src: icon, sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
  });
}

export default defineConfig({
  root: 'src/browser-app',
  // The app may be below any path: its files find each other by relative URLs.
  base: './',
  publicDir: false,
  plugins: [emitForServer()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/browser-app',
    emptyOutDir: true,
    assetsDir: '',
    target: 'es2023',
    // `light-dark()` is left as it is.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // One file of styles, which the page names; nothing is put into a page by a script.
    cssCodeSplit: false,
    // It would insert elements that the page's policy has to allow.
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: 'src/browser-app/main.tsx',
      output: {
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
});
