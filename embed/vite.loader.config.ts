/** Builds the loader: one classic script of one file, beside the frame that vite.config.ts made. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: '../dist/embed',
    emptyOutDir: false,
    target: 'es2022',
    lib: {
      entry: 'loader.ts',
      formats: ['iife'],
      // Required by the format; the loader exports nothing, so no such global is made.
      name: 'tryConsole',
      fileName: () => 'embed.js',
    },
  },
});
