import type { Frame, Locator, Page } from 'playwright-core'
import type { Screen } from './screen'

type Point = readonly [x: number, y: number]

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const TIMEOUT_MS = 30_000

/** How long a text is looked for as a whole before it may be a part: a page is drawn piece by piece. */
const WHOLE_TEXT_MS = 300

/** What the owner of the phone sees and does. Texts are found on the engine's own layers first, then on the page. */
export class ShownPage {
  readonly #screen: () => Screen

  constructor(screen: () => Screen) {
    this.#screen = screen
  }

  /** The frame of the page on top, for what this class does not offer. */
  get frame(): Frame {
    const screen = this.#screen()
    const frame = screen.page.frame({ name: `webview-${screen.top?.id ?? ''}` })
    if (frame === null) throw new Error('no page is shown')
    return frame
  }

  /** The whole screen, in Chromium. */
  get window(): Page {
    return this.#screen().page
  }

  /** A picture of the whole screen: page, bars, and what lies over them. */
  async screenshot(options: { readonly path?: string } = {}): Promise<Buffer> {
    await this.#screen().settle()
    return this.window.screenshot(options)
  }

  /** All texts on the screen, the page's and the engine's. */
  async text(): Promise<string> {
    await this.#screen().settle()
    const engine = await this.window.evaluate(() => document.body.innerText)
    const page = await this.frame.evaluate(() => document.body.innerText)
    return `${engine}\n${page}`
  }

  /** Waits until the text is on the screen. */
  async see(text: string | RegExp): Promise<void> {
    await this.#find(text)
  }

  /** Waits until the text is not on the screen any more. */
  async seeNot(text: string): Promise<void> {
    const deadline = Date.now() + TIMEOUT_MS
    while ((await this.text()).includes(text)) {
      if (Date.now() > deadline) throw new Error(`"${text}" is still on the screen`)
      await pause()
    }
  }

  /** Taps where the text is, with a finger: what lies over it takes the tap. */
  async tap(text: string | RegExp): Promise<void> {
    const deadline = Date.now() + TIMEOUT_MS
    for (;;) {
      const found = await this.#find(text)
      try {
        await found.scrollIntoViewIfNeeded({ timeout: 1000 })
        const { x, y, width, height } = await this.#placeOf(found)
        await this.tapAt([x + width / 2, y + height / 2])
        return
      } catch (error) {
        // It was drawn anew meanwhile, and is looked for again.
        if (Date.now() > deadline) throw error
      }
    }
  }

  async tapAt([x, y]: Point): Promise<void> {
    await this.window.touchscreen.tap(x, y)
  }

  /** Writes into the input with this placeholder, or the nth of the page. */
  async fill(input: string | number, text: string): Promise<void> {
    const inputs = this.frame.locator('uni-input, uni-textarea')
    const found = typeof input === 'number' ? inputs.nth(input) : inputs.filter({ hasText: input })
    await found.locator('input, textarea').first().fill(text, { timeout: TIMEOUT_MS })
  }

  /** Moves one finger over the screen. */
  async swipe({ from, to }: { readonly from: Point; readonly to: Point }): Promise<void> {
    const session = await this.window.context().newCDPSession(this.window)
    const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: Point[]) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) })
    await send('touchStart', [from])
    const steps = 8
    for (let step = 1; step <= steps; step++) {
      const part = step / steps
      await send('touchMove', [[from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]])
    }
    await send('touchEnd', [])
    await session.detach()
  }

  /** Where it is once it has stopped moving: a finger aims at what stands still. */
  async #placeOf(found: Locator): Promise<Box> {
    let last: Box | null = null
    for (;;) {
      await this.#screen().settle()
      const box = await found.boundingBox({ timeout: 1000 })
      if (box === null) throw new Error('it has no place on the screen')
      if (last !== null && last.x === box.x && last.y === box.y && last.width === box.width) return box
      last = box
      await pause()
    }
  }

  async #find(text: string | RegExp): Promise<Locator> {
    const start = Date.now()
    const deadline = start + TIMEOUT_MS
    for (;;) {
      try {
        const found = await this.#lookFor(text, Date.now() - start > WHOLE_TEXT_MS)
        if (found !== null) return found
      } catch (error) {
        // Between two pages: the frame that was on top is gone, or none is there yet.
        if (Date.now() > deadline) throw error
      }
      if (Date.now() > deadline) {
        throw new Error(`"${String(text)}" is not on the screen, which shows:\n${await this.text()}`)
      }
      await pause()
    }
  }

  async #lookFor(text: string | RegExp, orPart: boolean): Promise<Locator | null> {
    const whole = typeof text === 'string' ? [true] : []
    for (const exact of orPart || whole.length === 0 ? [...whole, false] : whole) {
      for (const where of [this.window, this.frame]) {
        const found = where.getByText(text, { exact }).filter({ visible: true }).first()
        if ((await found.count()) > 0) return found
      }
    }
    return null
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 30))
}
