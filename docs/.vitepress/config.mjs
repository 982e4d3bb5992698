import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'vitepress'
import { addressOf, contentsOf } from '../../scripts/docs-pages.mjs'
import { drawDiagrams } from './diagrams.mjs'
import { termsOf } from './terms.mjs'

const ROOT = resolve(import.meta.dirname, '..', '..')

/** How GitHub addresses a heading, so that one link works in both places. @param {string} heading */
const slugify = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-')

/** The table of contents of a language, as the bar beside each page. @param {string} index */
const sidebar = (index) =>
  contentsOf(index).map(({ title, entries }) => ({
    text: title,
    items: entries.map((entry) => ({ text: entry.text, link: addressOf(entry) })),
  }))

/**
 * VitePress takes the Vue of the folder that it is in, and uni-app pins an older one than it needs. Its own is for its helpers too,
 * which would find another: refs of one Vue are none to the other.
 */
const ownVue = createRequire(createRequire(import.meta.url).resolve('vitepress/package.json'))

/** @type {import('vitepress').UserConfig['vite']} */
const vite = {
  resolve: {
    alias: [
      { find: /^minisearch$/, replacement: resolve(import.meta.dirname, 'search.mjs') },
      { find: /^vue$/, replacement: ownVue.resolve('vue/dist/vue.runtime.esm-bundler.js') },
      { find: /^vue\/server-renderer$/, replacement: ownVue.resolve('vue/server-renderer') },
    ],
  },
  // Node would look for Vue by itself.
  ssr: { noExternal: true },
}

const searchOptions = {
  locales: {
    zh: {
      translations: {
        button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
        modal: {
          displayDetails: '显示详情',
          resetButtonTitle: '清除',
          backButtonTitle: '关闭',
          noResultsText: '没有结果：',
          footer: { selectText: '打开', navigateText: '选择', closeText: '关闭' },
        },
      },
    },
  },
}
// VitePress would write a function that it sees here into each page, and make it anew in the browser by `eval`, which the pages' policy
// forbids. The browser's search imports it (`search.mjs`).
Object.defineProperty(searchOptions, 'miniSearch', { value: { options: { tokenize: termsOf } } })

export default defineConfig({
  title: 'Herald',
  base: '/docs/',
  head: [['link', { rel: 'icon', href: '/docs/favicon.svg' }]],
  srcDir: resolve(ROOT, 'dist', 'docs-pages'),
  outDir: resolve(ROOT, 'dist', 'docs'),
  cacheDir: resolve(ROOT, 'dist', 'docs-cache'),
  // A link works on any static server, and without the gateway.
  cleanUrls: false,
  markdown: { anchor: { slugify }, config: drawDiagrams },
  vite,
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      description: 'Messages from your servers to people’s phones',
      themeConfig: { sidebar: sidebar('docs/index.md') },
    },
    zh: {
      label: '中文',
      lang: 'zh-Hans',
      description: '把消息从你的服务器送到大家的手机',
      themeConfig: {
        sidebar: sidebar('docs/index.zh-CN.md'),
        outline: { label: '本页目录' },
        docFooter: { prev: '上一页', next: '下一页' },
        darkModeSwitchLabel: '主题',
        lightModeSwitchTitle: '浅色',
        darkModeSwitchTitle: '深色',
        sidebarMenuLabel: '目录',
        returnToTopLabel: '回到顶部',
        langMenuLabel: '语言',
        skipToContentLabel: '跳到正文',
        notFound: { title: '没有这个页面', quote: '', linkLabel: '回到首页', linkText: '回到首页' },
      },
    },
  },
  themeConfig: {
    // The gateway's own page, which is none of the site.
    nav: [{ text: 'API', link: '/api', target: '_self' }],
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: searchOptions,
    },
  },
})
