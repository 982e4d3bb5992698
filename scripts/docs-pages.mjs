// The documents as pages of the site: which there are, at which path each stands, and their links as they are there.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, posix, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const CHINESE = '.zh-CN.md'

/** @param {string} file */
const read = (file) => readFileSync(join(ROOT, file), 'utf8')

/** Where a document of the repository stands on the site, the Chinese ones below `zh/`. @param {string} file */
export function pathOnSite(file) {
  const isChinese = file.endsWith(CHINESE)
  const english = isChinese ? `${file.slice(0, -CHINESE.length)}.md` : file
  const path = english.startsWith('docs/')
    ? english.slice('docs/'.length)
    : english.toLowerCase().replace(/\/readme\.md$/, '.md')
  return isChinese ? `zh/${path}` : path
}

/** A link of a document to a file of the repository, as a path from its root. @param {string} from @param {string} link */
function targetOf(from, link) {
  const [path = '', anchor] = link.split('#')
  return { file: posix.normalize(posix.join(posix.dirname(from), path)), anchor }
}

const LINK = /(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g

/** @typedef {{ text: string, file: string, anchor: string | undefined }} Entry */
/** @typedef {{ title: string, entries: Entry[] }} Section */

/** The sections of a table of contents, each with its documents in order. @param {string} index @returns {Section[]} */
export function contentsOf(index) {
  return read(index)
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.split('\n', 1)[0] ?? '',
      entries: [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, text = '', link = '']) => ({
        text,
        ...targetOf(index, link),
      })),
    }))
}

export const INDEXES = ['docs/index.md', 'docs/index.zh-CN.md']

/** Every document of `docs/`, and what the tables of contents name beside. @returns {string[]} */
export function documents() {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'docs'], {
    ...{ cwd: ROOT, encoding: 'utf8' },
  })
  const inDocs = listed.split('\n').filter((file) => file.endsWith('.md'))
  const named = INDEXES.flatMap(contentsOf).flatMap(({ entries }) => entries.map(({ file }) => file))
  return [...new Set([...inDocs, ...named])].filter((file) => existsSync(join(ROOT, file)))
}

/** A relative link on the site. @param {string} from @param {string} to */
function linkOnSite(from, to) {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

/**
 * A document's text with its links as the site has them. What is no page of it, such as a source file, keeps its words alone.
 * @param {string} file @param {string} text @param {(file: string) => string | undefined} pageOf @param {(picture: string) => void} usePicture
 */
export function onSite(file, text, pageOf, usePicture) {
  const here = pathOnSite(file)
  /** @param {string} prose */
  const relink = (prose) =>
    prose.replace(
      LINK,
      (whole, /** @type {string} */ mark, /** @type {string} */ words, /** @type {string} */ link) => {
        if (/^[a-z]+:|^#/.test(link)) return whole
        const { file: target, anchor } = targetOf(file, link)
        if (mark === '!') {
          usePicture(target)
          return `![${words}](${linkOnSite(here, target.replace(/^docs\//, ''))})`
        }
        const page = pageOf(target)
        if (page === undefined) return words
        return `[${words}](${linkOnSite(here, page)}${anchor === undefined ? '' : `#${anchor}`})`
      },
    )
  // Blocks of code stay as they are.
  return text
    .split(/(^```[\s\S]*?^```)/m)
    .map((part, at) => (at % 2 === 1 ? part : relink(part)))
    .join('')
}

/** For a page that is not there in the other language: what the switch of languages leads to. @param {string} path @param {string} title */
function standIn(path, title) {
  const isChinese = path.startsWith('zh/')
  const other = isChinese ? path.slice('zh/'.length) : `zh/${path}`
  const link = linkOnSite(path, other)
  return isChinese
    ? `# ${title}\n\n本页目前只有英文：[${title}](${link})。\n`
    : `# ${title}\n\nThis page is in Chinese only: [${title}](${link}).\n`
}

/** Writes the pages and their pictures into an empty folder, for VitePress. @param {string} folder */
export function writePages(folder) {
  rmSync(folder, { recursive: true, force: true })
  const files = documents()
  const pages = new Map(files.map((file) => [file, pathOnSite(file)]))
  /** @param {string} path @param {string} text */
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  /** @param {string} picture */
  const copyPicture = (picture) => {
    const copy = join(folder, picture.replace(/^docs\//, ''))
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(join(ROOT, picture), copy)
  }
  mkdirSync(join(folder, 'public'), { recursive: true })
  copyFileSync(join(ROOT, 'public', 'favicon.svg'), join(folder, 'public', 'favicon.svg'))
  const there = new Set(files.map(pathOnSite))
  for (const file of files) {
    const text = read(file)
    write(
      pathOnSite(file),
      onSite(file, text, (target) => pages.get(target), copyPicture),
    )
    const path = pathOnSite(file)
    const other = path.startsWith('zh/') ? path.slice('zh/'.length) : `zh/${path}`
    const title = /^# (.+)$/m.exec(text)?.[1] ?? path
    if (!there.has(other)) write(other, standIn(other, title))
  }
}

/** The site's path of a page, as a browser asks for it. @param {Entry} entry */
export function addressOf({ file, anchor }) {
  const path = pathOnSite(file)
  const page = `/${path.slice(0, -extname(path).length)}`
  return anchor === undefined ? page : `${page}#${anchor}`
}
