import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { buildTargets } from './src/lib/browser/baseline.ts';

// In development the server runs beside Vite; CATCHUP_DEV_SERVER says where.
const server = process.env.CATCHUP_DEV_SERVER ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [svelte()],
  // Everything is a file of its own under /assets: the page's policy allows
  // neither inline scripts nor data: or blob: workers.
  build: {
    target: buildTargets,
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    sourcemap: false,
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/ws': { target: server, ws: true },
      '/create-room': server,
      '/turn-cred': server,
      '/api': server,
      '/healthz': server,
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'admin/src/**/*.test.ts'],
    environment: 'node',
    maxWorkers: '100%',
    // Some of them seal and open for seconds; a busy machine takes many times as long.
    testTimeout: 30_000,
  },
});
