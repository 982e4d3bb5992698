import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { withoutNotes } from '../../scripts/compiler-output.mjs'

/** What the compiler of this project writes in a build of H5, and what it would write of a fault. */
const NOTES = [
  'Compiler version: 5.07（vue3）',
  'Compiling...',
  '已忽略静态资源目录：static/app-plus/、static/app-harmony/。详见：https://uniapp.dcloud.net.cn/tutorial/platform.html#static',
  '',
  '欢迎将web站点部署到uniCloud前端网页托管平台，高速、免费、安全、省心，详见：https://uniapp.dcloud.io/uniCloud/hosting',
  '\u001b[42m\u001b[30mDONE\u001b[39m\u001b[49m  Build complete.',
]
const FAULTS = ['[plugin:vite:vue] pages/index.vue: Unexpected token (3:1)', '警告：未找到页面']

const filter = (chunks: readonly Uint8Array[]): Promise<string> =>
  text(Readable.from(chunks).pipe(withoutNotes()))

it('passes on what a build warns of and fails by, and no note of the compiler to its customers', async () => {
  const [first = '', ...others] = FAULTS
  const whole = Buffer.from([...NOTES, first, ...NOTES, ...others].join('\n'))
  expect(await filter([whole])).toBe(`${FAULTS.join('\n')}\n`)
  // Cut anywhere, in the middle of a character too.
  const bytes = Array.from(whole, (byte) => Uint8Array.of(byte))
  expect(await filter(bytes)).toBe(`${FAULTS.join('\n')}\n`)
})
