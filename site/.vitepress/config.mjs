import { defineConfig } from 'vitepress';
import { groups } from '../pages.mjs';

export default defineConfig({
  title: 'nestjs-step-up',
  description: 'Step-up authentication for NestJS by RFC 9470',
  lang: 'en',
  // the folder of a project on GitHub Pages
  base: process.env.SITE_BASE ?? '/',
  srcDir: '.content',
  outDir: 'dist',
  cleanUrls: true,
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/requirements' },
      { text: 'Options', link: '/options' },
      { text: 'Client', link: '/client' },
      { text: 'API reference', link: '/reference/' },
    ],
    sidebar: groups,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
