import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { launchMiniProgram, type MiniProgram, type MiniProgramOptions } from '../../index'
import { MINI_BUNDLE } from '../build-fixture'
import { until } from '../stage'

/** Mini-programs that are put away after each test. */
export function openMiniStage() {
  const ends: (() => void | Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  const stage = {
    /** The uni-app fixture, or another bundle. */
    open(options: Partial<MiniProgramOptions> = {}): MiniProgram {
      const app = launchMiniProgram({ bundle: MINI_BUNDLE, ...options })
      ends.push(() => app.close())
      return app
    },
    /** A mini-program written by hand: its files by path; app.json and app.js are added when they are not there. */
    bundle(files: Record<string, string>): string {
      const folder = mkdtempSync(join(tmpdir(), 'emulator-mini-'))
      ends.push(() => rmSync(folder, { recursive: true, force: true }))
      const pages = Object.keys(files)
        .filter((path) => path.startsWith('pages/') && path.endsWith('.wxml'))
        .map((path) => path.replace('.wxml', ''))
      const whole = { 'app.json': JSON.stringify({ pages }), 'app.js': 'App({})', ...files }
      for (const [path, text] of Object.entries(whole)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      for (const path of pages) if (files[`${path}.json`] === undefined) write(folder, `${path}.json`, '{}')
      return folder
    },
    plain(files: Record<string, string>, options: Partial<MiniProgramOptions> = {}): MiniProgram {
      return stage.open({ bundle: stage.bundle(files), ...options })
    },
    /** Runs after the test. */
    after(end: () => void | Promise<void>): void {
      ends.push(end)
    },
  }
  return stage
}

const write = (folder: string, path: string, text: string) => writeFileSync(join(folder, path), text)

/** Waits until the app has logged a line with these words. */
export async function logged(app: MiniProgram, words: string): Promise<void> {
  await until(`"${words}" in the console:\n${app.console.texts.join('\n')}`, () =>
    app.console.texts.some((line) => line.includes(words)),
  )
}

/** Fails unless the app kept to what is simulated and logged no error. */
export function expectClean(app: MiniProgram): void {
  expect(app.missing).toEqual([])
  expect(app.console.errors).toEqual([])
}
