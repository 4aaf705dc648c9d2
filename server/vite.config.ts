/** Bundles each program of the server with all it depends on, so that it runs without node_modules. */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  ssr: { noExternal: true },
  build: {
    ssr: true,
    rolldownOptions: {
      input: ['main', 'supervise', 'switch-command'].map((name) =>
        resolve(import.meta.dirname, `${name}.ts`),
      ),
      // Beside the programs: config.ts finds the other built files from where it lies itself.
      output: { chunkFileNames: '[name].js' },
    },
    outDir: resolve(import.meta.dirname, '../dist/server'),
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
  },
});
