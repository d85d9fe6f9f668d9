import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The operator's page: a build of its own, which the site never serves.
export default defineConfig({
  root: 'admin',
  base: '/admin/',
  publicDir: '../public-admin',
  plugins: [svelte()],
  build: {
    outDir: '../dist-admin',
    emptyOutDir: true,
    target: ['chrome141', 'firefox129', 'safari17.4'],
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    sourcemap: false,
  },
});
