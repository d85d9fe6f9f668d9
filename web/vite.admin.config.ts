import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { buildTargets } from './src/lib/browser/baseline.ts';

// The operator's page: a build of its own, which the site never serves.
export default defineConfig({
  root: 'admin',
  base: '/admin/',
  publicDir: '../public-admin',
  plugins: [svelte()],
  build: {
    outDir: '../dist-admin',
    emptyOutDir: true,
    target: buildTargets,
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    sourcemap: false,
  },
});
