import { until, untilEqual } from '../until'
import type { Tab } from './tab'

/** A machine that builds beside it is slow, and what never comes fails all the same. */
const PATIENCE_MS = 30_000

/** The app in a tab of any browser, by the words that a person sees in it. */
export class OtherApp {
  readonly tab: Tab

  constructor(tab: Tab) {
    this.tab = tab
  }

  /** Opens the address and waits until a page of the app is drawn. */
  async open(url: string): Promise<void> {
    await this.tab.go(url)
    await until(
      () => this.tab.run(() => document.querySelector('uni-page') !== null),
      'a page of the app',
      PATIENCE_MS,
    )
  }

  /** Waits until these words stand in something that is on show, which `within` narrows. */
  async see(words: string, within = 'body'): Promise<void> {
    await until(() => this.#isOnShow(words, within), `“${words}” is on show in ${within}`, PATIENCE_MS)
  }

  async seeNot(words: string, within = 'body'): Promise<void> {
    await until(
      async () => !(await this.#isOnShow(words, within)),
      `“${words}” is gone from ${within}`,
      PATIENCE_MS,
    )
  }

  /** Clicks what has these words as its text or its label, once nothing lies over it. */
  async press(words: string, within = 'body'): Promise<void> {
    const place = await until(
      () => this.tab.run(placeOf, words, within),
      `“${words}” can be clicked in ${within}`,
      PATIENCE_MS,
    )
    await this.tab.clickAt(place.x, place.y)
  }

  async goTo(tab: string): Promise<void> {
    await this.press(tab, '.uni-tabbar')
    await until(
      () => this.tab.run((name) => document.title.endsWith(name), tab),
      `the page ${tab}`,
      PATIENCE_MS,
    )
  }

  /** The titles of the list's rows, from the top. */
  titles(): Promise<readonly string[]> {
    return this.tab.run(() =>
      [...document.querySelectorAll<HTMLElement>('.list .row .title')]
        .filter((title) => title.checkVisibility())
        .map((title) => title.innerText.trim()),
    )
  }

  untilTitles(...titles: readonly string[]): Promise<void> {
    return untilEqual(() => this.titles(), titles, PATIENCE_MS)
  }

  async untilUnread(count: number): Promise<void> {
    const wanted = count === 0 ? '' : `(${count}) `
    await until(
      () => this.tab.run((start) => (/^\(\d+\) /.exec(document.title)?.[0] ?? '') === start, wanted),
      `${count} unread in the title`,
      PATIENCE_MS,
    )
  }

  /** Opens a message by its row, when no banner is left over it. */
  async openRow(title: string): Promise<void> {
    await this.press(title, '.list')
    await this.see(title, '.message')
  }

  async goBack(): Promise<void> {
    const place = await until(
      () => this.tab.run(placeOf, '', '.uni-page-head-btn'),
      'a way back',
      PATIENCE_MS,
    )
    await this.tab.clickAt(place.x, place.y)
  }

  /** How many entries each store of the app's database holds. */
  storeSizes(): Promise<Readonly<Record<string, number>>> {
    return this.tab.run(countStored)
  }

  #isOnShow(words: string, within: string): Promise<boolean> {
    return this.tab.run(
      (text, selector) =>
        [...document.querySelectorAll<HTMLElement>(selector)].some(
          (element) => element.checkVisibility() && element.innerText.includes(text),
        ),
      words,
      within,
    )
  }
}

/**
 * Where to click; null while it is not there, moves, or something lies over it. Runs in the page: it uses nothing from outside.
 */
async function placeOf(words: string, within: string): Promise<{ x: number; y: number } | null> {
  const named = (element: HTMLElement): boolean =>
    words === '' || element.ariaLabel === words || element.textContent.trim() === words
  const middleOf = (element: HTMLElement): { x: number; y: number } => {
    const { left, top, width, height } = element.getBoundingClientRect()
    return { x: left + width / 2, y: top + height / 2 }
  }
  const isOnTop = (element: HTMLElement): boolean => {
    const { x, y } = middleOf(element)
    const hit = document.elementFromPoint(x, y)
    return hit !== null && hit !== document.body && (element.contains(hit) || hit.contains(element))
  }
  const elements = [...document.querySelectorAll<HTMLElement>(within)].flatMap((root) => [
    root,
    ...root.querySelectorAll<HTMLElement>('*'),
  ])
  const shown = elements.filter((element) => named(element) && element.checkVisibility()).reverse()
  if (!shown.some(isOnTop)) shown[0]?.scrollIntoView({ block: 'center' })
  const found = shown.find(isOnTop)
  if (!found) return null
  const before = middleOf(found)
  await new Promise((done) => setTimeout(done, 100))
  const after = middleOf(found)
  return before.x === after.x && before.y === after.y && isOnTop(found) ? after : null
}

/** Runs in the page. */
async function countStored(): Promise<Record<string, number>> {
  const database = await new Promise<IDBDatabase>((done, fail) => {
    const opening = indexedDB.open('herald')
    opening.onerror = () => fail(new Error('the database does not open'))
    opening.onsuccess = () => done(opening.result)
  })
  const sizes: Record<string, number> = {}
  for (const name of database.objectStoreNames) {
    sizes[name] = await new Promise<number>((done, fail) => {
      const counting = database.transaction(name).objectStore(name).count()
      counting.onerror = () => fail(new Error(`${name} cannot be counted`))
      counting.onsuccess = () => done(counting.result)
    })
  }
  database.close()
  return sizes
}
