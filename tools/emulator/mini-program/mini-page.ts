import { fireAt, fireBubbling } from './events'
import type { MiniRun } from './mini-run'
import { componentsIn, type ElementNode } from './node-tree'
import { shownText } from './shown-text'
import { everything, findByWords, isField, isOn, pathOf, showAll, textOf, type Shown } from './shown-tree'

const WAIT_MS = 8_000
const POLL_MS = 15

/** The page on top, as a user reads and touches it. CSS is not known: what it hides is seen here. */
export class MiniPage {
  readonly #run: () => MiniRun

  constructor(run: () => MiniRun) {
    this.#run = run
  }

  /** Such as "pages/home/home". */
  get path(): string {
    return this.#run().pages.top.path
  }

  get title(): string {
    return this.#run().pages.top.title
  }

  /** All words on it, top to bottom, a line for each node. */
  get text(): string {
    return textOf(this.#shown())
  }

  /** The page's own data, as `setData` left it. */
  get data(): Readonly<Record<string, unknown>> {
    return this.#run().pages.top.component.self.data
  }

  /** The texts of the components of this path that are on the page. @param path  such as "components/card" */
  components(path: string): string[] {
    return everything(this.#shown())
      .filter(({ node }) => node.kind === 'element' && node.component?.definition.path === path)
      .map((shown) => textOf([shown]))
  }

  /** The data of the components of this path that live in the page. */
  componentData(path: string): Readonly<Record<string, unknown>>[] {
    return componentsIn(this.#run().pages.top.component)
      .filter(({ definition }) => definition.path === path)
      .map(({ self }) => self.data)
  }

  /** Waits until the words are on the page. */
  async see(words: string | RegExp): Promise<void> {
    await this.#wait(`${String(words)} on`, () => this.#has(words))
  }

  async seeNot(words: string | RegExp): Promise<void> {
    await this.#wait(`${String(words)} not on`, () => !this.#has(words))
  }

  /** Taps what has these words, or this `aria-label`. Throws when nothing on the way up listens. */
  tap(words: string): void {
    const target = this.#find(words)
    const detail = { x: 10, y: 10 }
    this.#touch(target, 'touchstart', 10)
    this.#touch(target, 'touchend', 10)
    const elements = pathOf(target)
      .map(({ node }) => node)
      .filter((node) => node.kind === 'element')
    if (elements.some((node) => node.tag === 'button' && isOn(node.attributes.get('disabled')))) return
    const { heard } = fireBubbling(target, 'tap', detail)
    const acted = elements.some((node) => this.#actNatively(node))
    if (!heard && !acted) throw new Error(`nothing reacts to a tap on "${words}"`)
  }

  /** Moves a finger sideways over what has these words. @param by  in px, to the left when negative */
  swipe(words: string, by: number): void {
    const target = this.#find(words)
    this.#touch(target, 'touchstart', 200)
    for (const part of [0.1, 0.5, 1]) this.#touch(target, 'touchmove', 200 + by * part)
    this.#touch(target, 'touchend', 200 + by)
  }

  /** Types into a field. @param field  its number on the page from 0, or its placeholder */
  fill(field: number | string, text: string): void {
    const node = this.#field(field)
    node.attributes.set('value', text)
    const { result } = fireAt(node, 'input', { value: text, cursor: text.length, keyCode: 0 })
    // What the handler answers takes the place of what was typed.
    if (typeof result === 'string') node.attributes.set('value', result)
  }

  /** Presses the keyboard's return key. */
  confirm(field: number | string): void {
    const node = this.#field(field)
    fireAt(node, 'confirm', { value: shownText(node.attributes.get('value')) })
  }

  /** Any event of the node that has these words, such as `change` of a picker. */
  fire(words: string, type: string, detail: object): void {
    const chain = pathOf(this.#find(words)).map(({ node }) => node)
    const heard = chain.some((node) => node.kind === 'element' && fireAt(node, type, detail).heard)
    if (!heard) throw new Error(`nothing reacts to ${type} of "${words}"`)
  }

  scroll(scrollTop: number): void {
    const { top } = this.#run().pages
    top.scrollTop = scrollTop
    top.component.call('onPageScroll', { scrollTop })
  }

  reachBottom(): void {
    this.#run().pages.top.component.call('onReachBottom')
  }

  pullToRefresh(): void {
    this.#run().interface.pullToRefresh()
  }

  get isRefreshing(): boolean {
    return this.#run().interface.isRefreshing()
  }

  #shown(): Shown[] {
    return showAll(this.#run().pages.top.component.nodes)
  }

  #has(words: string | RegExp): boolean {
    return typeof words === 'string' ? this.text.includes(words) : words.test(this.text)
  }

  #find(words: string): Shown {
    const found = findByWords(this.#shown(), words)
    if (found === undefined) throw new Error(`"${words}" is not on ${this.path}:\n${this.text}`)
    return found
  }

  #field(field: number | string): ElementNode {
    const fields = everything(this.#shown())
      .map(({ node }) => node)
      .filter((node) => node.kind === 'element')
      .filter(isField)
    const found =
      typeof field === 'number'
        ? fields[field]
        : fields.find(({ attributes }) => attributes.get('placeholder') === field)
    if (found === undefined) throw new Error(`${this.path} has no field ${String(field)}:\n${this.text}`)
    return found
  }

  #touch(target: Shown, type: string, x: number): void {
    const point = { identifier: 0, pageX: x, pageY: 100, clientX: x, clientY: 100 }
    const touches = type === 'touchend' ? [] : [point]
    fireBubbling(target, type, { x, y: 100 }, { touches, changedTouches: [point] })
  }

  /** What WeChat's own elements do when they are tapped. */
  #actNatively(node: ElementNode): boolean {
    const { attributes, tag } = node
    if (tag === 'switch') {
      const value = !isOn(attributes.get('checked'))
      attributes.set('checked', value)
      fireAt(node, 'change', { value })
      return true
    }
    if (tag !== 'navigator') return false
    const { pages, host } = this.#run()
    const url = attributes.get('url')
    host.time.later(() => {
      switch (attributes.get('open-type') ?? 'navigate') {
        case 'navigate': {
          pages.navigateTo(url)
          return
        }
        case 'redirect': {
          pages.redirectTo(url)
          return
        }
        case 'switchTab': {
          pages.switchTab(url)
          return
        }
        case 'reLaunch': {
          pages.reLaunch(url)
          return
        }
        case 'navigateBack': {
          pages.navigateBack(Number(attributes.get('delta') ?? 1))
          return
        }
        default:
          return host.missing(`<navigator open-type="${String(attributes.get('open-type'))}">`)
      }
    })
    return true
  }

  async #wait(what: string, probe: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS
    while (!probe()) {
      if (Date.now() > deadline)
        throw new Error(`not within ${WAIT_MS} ms: ${what} ${this.path}:\n${this.text}`)
      await new Promise((done) => setTimeout(done, POLL_MS))
    }
  }
}
