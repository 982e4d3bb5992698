import { userFeed } from '@herald/protocol'
import { isAbsolute, relative } from 'node:path'
import { operatorLanguage, type Language } from './operator-language'
import { drawQrCode, type Terminal } from './qr-code'

/** What the welcome block tells. Links are whole sign-in links, one for each device, because a code works once. */
export interface Welcome {
  readonly url: string
  /** Whether the gateway serves the app. */
  readonly hasApp: boolean
  /** Links stand on terminals only; undefined elsewhere, where the command for one is printed. */
  readonly computerLink: string | undefined
  readonly phoneLink: string | undefined
  /** Whether the phone has to be in this machine's network. */
  readonly nearby: boolean
  readonly user: string
  /** How the command line tool is called here. */
  readonly command: string
  readonly publishTokenFile: string
}

interface Words {
  readonly running: string
  readonly openApp: string
  readonly onPhone: string
  readonly onNearPhone: string
  readonly once: string
  readonly noApp: string
  readonly links: string
  readonly send: string
  readonly hello: string
  readonly api: string
  readonly stop: string
}

const en: Words = {
  running: 'Herald is running.',
  openApp: 'Open the app',
  onPhone: 'On a phone: scan this, or open',
  onNearPhone: 'On a phone in the same network: scan this, or open',
  once: 'Each link signs in once, within an hour. More links:',
  noApp: 'This gateway serves no app (HERALD_STATIC is not set). Sign-in links:',
  links: 'To get a sign-in link, which works once, run',
  send: 'Send a message',
  hello: 'Hello from curl',
  api: 'The HTTP API: ',
  stop: 'Stop: Ctrl-C',
}

const zh: Words = {
  running: 'Herald 已启动。',
  openApp: '打开应用',
  onPhone: '在手机上：扫码，或打开',
  onNearPhone: '在同一局域网的手机上：扫码，或打开',
  once: '每个链接只能登录一次，一小时内有效。生成新的链接：',
  noApp: '此网关没有提供应用页面（未设置 HERALD_STATIC）。获取登录链接：',
  links: '生成登录链接（只能登录一次），请运行',
  send: '发一条消息',
  hello: '你好，来自 curl',
  api: 'HTTP 接口：',
  stop: '停止：Ctrl-C',
}

const dictionaries: Readonly<Record<Language, Words>> = { en, 'zh-Hans': zh }

const INDENT = '  '

/** The link that signs a device in: the app opens it and exchanges the code. */
export function signInLink(url: string, code: string): string {
  return `${url}/#/pages/sign-in/sign-in?code=${code}`
}

/** What a person who has just started a gateway wants to do next, ready to be pasted. */
export function renderWelcome(welcome: Welcome, env: NodeJS.ProcessEnv, terminal: Terminal): string {
  const words = dictionaries[operatorLanguage(env)]
  const more = `${welcome.command} sign-in-link ${welcome.user}`
  const lines = [
    '',
    words.running,
    '',
    ...section(words.openApp, welcome.computerLink),
    ...section(welcome.nearby ? words.onNearPhone : words.onPhone, welcome.phoneLink),
    ...picture(welcome.phoneLink, terminal),
    linkWords(welcome, words),
    `  ${more}`,
    '',
    ...section(words.send, curlLine(welcome, words.hello)),
    `${words.api}${welcome.url}/docs    ${words.stop}`,
    '',
  ]
  return lines.map((line) => (line === '' ? '' : INDENT + line)).join('\n') + '\n'
}

function linkWords({ hasApp, computerLink }: Welcome, words: Words): string {
  if (!hasApp) return words.noApp
  return computerLink === undefined ? words.links : words.once
}

function section(title: string, line: string | undefined): string[] {
  return line === undefined ? [] : [title, `  ${line}`, '']
}

function picture(link: string | undefined, terminal: Terminal): string[] {
  const lines = link === undefined ? [] : drawQrCode(link, terminal, INDENT.length)
  return lines.length === 0 ? [] : [...lines, '']
}

/** The token is read from its file when the line runs, so that it stands in no scrollback and no shell history. */
function curlLine({ url, user, publishTokenFile }: Welcome, text: string): string {
  const curl = process.platform === 'win32' ? 'curl.exe' : 'curl'
  const token = `$(cat ${shellWord(nearPath(publishTokenFile))})`
  return `${curl} -H "Authorization: Bearer ${token}" -d "${text}" ${url}/v1/feeds/${userFeed(user)}/messages`
}

/** The path as one would type it here; whole when it lies elsewhere. */
function nearPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') || isAbsolute(near) ? path : near
}

const shellWord = (text: string): string => (/^[\w./\\:-]+$/.test(text) ? text : `'${text}'`)
