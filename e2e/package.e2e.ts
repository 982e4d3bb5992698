import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runNpm } from '../scripts/npm.mjs'
import { packGateway } from '../scripts/pack-gateway.mjs'
import { environment, GatewayProgram, run, type Ended } from '../tests/gateway/cli/program'
import { DESKTOP } from './browser'
import { openStage } from './stage'

/** What an operator downloads and keeps, in bytes. */
const MOST_ON_DISK = 40_000_000
const UNIT = resolve(import.meta.dirname, '../gateway/herald.service')

const stage = openStage()
let folder: string
let bin: string

beforeAll(async () => {
  const file = await packGateway()
  folder = mkdtempSync(join(tmpdir(), 'herald-installed-'))
  const begun = performance.now()
  const words = ['install', '-g', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', file]
  runNpm(words, { cwd: folder, env: environment({}) })
  const installed = join(
    folder,
    ...(process.platform === 'win32' ? [] : ['lib']),
    'node_modules/@herald/gateway',
  )
  bin = join(installed, 'bin', 'herald.mjs')
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const sizes = [statSync(file).size, sizeOf(folder)].map((bytes) => (bytes / 1e6).toFixed(1))
  process.stdout.write(
    `the package: ${String(sizes[0])} MB, installed ${String(sizes[1])} MB in ${seconds} s\n`,
  )
}, 180_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

const serve = (data: string): Promise<GatewayProgram> =>
  GatewayProgram.startBy([bin, '--data', data, 'serve'], { HERALD_DATA: data })

const herald = async (data: string, ...words: readonly string[]): Promise<Ended> => {
  const ended = await run(bin, ['--data', data, ...words])
  expect(ended).toMatchObject({ code: 0, errors: '' })
  return ended
}

const signInLink = async (data: string): Promise<string> => {
  const { out } = await herald(data, '--json', 'sign-in-link', 'me')
  return (JSON.parse(out) as { links: string[] }).links[0] ?? ''
}

describe('the package that installs without a clone', () => {
  it('takes less than 40 MB, and holds nothing that the gateway does not need', () => {
    expect(sizeOf(folder)).toBeLessThan(MOST_ON_DISK)
    const packages = readdirSync(join(bin, '../../node_modules'))
    expect(packages.filter((name) => !name.startsWith('.')).sort()).toEqual(
      ['@libsql', '@neon-rs', 'detect-libc', 'libsql'].sort(),
    )
  })

  it('serves the app, keeps what it took through a kill, and comes back from its backup', async () => {
    const data = join(mkdtempSync(join(tmpdir(), 'herald-package-')), 'data')
    stage.after(() => {
      rmSync(join(data, '..'), { recursive: true, force: true })
    })
    const first = await serve(data)
    const app = await stage.open(await stage.device(), await signInLink(data))
    await herald(data, 'publish', 'user:me', 'kept', '--title', 'Before the kill')
    await app.waitForRow('Before the kill')
    await app.page.close()

    first.signal('SIGKILL')
    await first.ended
    const second = await serve(data)
    const copy = join(data, '..', 'copy')
    expect((await herald(data, 'backup', copy)).out).toContain('copied 1 message')
    second.signal('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0 })

    const restored = join(data, '..', 'restored')
    await herald(restored, 'restore', copy)
    await serve(restored)
    const again = await stage.open(await stage.device(), await signInLink(restored))
    await again.waitForRow('Before the kill')
  })
})

describe('the documents in the package', () => {
  it('are a site in both languages, whose pages open and whose search finds Chinese words', async () => {
    const data = join(mkdtempSync(join(tmpdir(), 'herald-package-')), 'data')
    const gateway = await serve(data)
    stage.after(async () => {
      gateway.signal('SIGTERM')
      await gateway.ended
      rmSync(join(data, '..'), { recursive: true, force: true })
    })
    const page = await (await stage.device({ viewport: DESKTOP })).newPage()
    const complaints: string[] = []
    page.on('console', (entry) => {
      if (entry.type() !== 'log') complaints.push(entry.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${gateway.url}/docs`)
    await page.getByRole('link', { name: 'Configuration' }).first().click()
    await page.getByRole('heading', { name: /^Configuration/, level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Change language' }).hover()
    await page.getByRole('link', { name: '中文' }).first().click()
    await page.getByRole('button', { name: '搜索' }).click()
    await page.getByRole('searchbox').fill('证书')
    await page.getByRole('option').filter({ hasText: '证书' }).first().click()
    await page.getByRole('heading', { name: /^让手机用上 https/, level: 1 }).waitFor()
    await page.getByRole('link', { name: 'API', exact: true }).first().click()
    await page.getByText('/v1/feeds/{feed}/messages').first().waitFor()
    expect(complaints).toEqual([])
  })
})

describe.runIf(process.platform === 'linux')('the systemd unit', () => {
  it('is one that systemd takes', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' })
    const complaints = stderr.split('\n').filter((line) => line.includes('herald.service'))
    expect({ status, complaints }).toEqual({ status: 0, complaints: [] })
  })
})
