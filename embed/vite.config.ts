/** Builds the frame: console.html and its hashed assets, served by the console server at its root. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  // sockjs-client was written for a bundler that had it.
  define: { global: 'globalThis' },
  build: {
    outDir: '../dist/embed',
    emptyOutDir: true,
    target: 'es2022',
    // Minified code has lost its authors' notices, and their licences ask for them.
    license: { fileName: 'assets/licenses.md' },
    // One chunk: there is nothing to preload, and the polyfill would be dead weight.
    modulePreload: { polyfill: false },
    // The content security policy of the frame takes no script or font from a data URL.
    assetsInlineLimit: 0,
    rolldownOptions: { input: { console: `${import.meta.dirname}/console.html` } },
  },
});
