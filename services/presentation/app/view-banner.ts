import { shorten } from '../../../locale/plain-text'
import type { AlertText } from '../../../locale/alert-text'
import { isUrgent, type Alert, type BannerPlace, type BannerPort } from '../presentation'
import type { PlusBox, PlusTag, PlusTouch, PlusView, PlusViewConstructor } from './plus-view'

/** With one line of body, and with two. */
const LOW_PX = 62
const HIGH_PX = 78
/** Within the title bar. */
const FLAT_PX = 42
const TITLE_BAR_PX = 44
const MARGIN_PX = 8
const PADDING_PX = 16
const MAX_WIDTH_PX = 520

/** How far the shadow reaches: the view is larger than the card by so much. */
const SHADOW_PX = 6

/** A generous guess of a letter's width, as native views measure nothing: Chinese, Japanese and Korean ones are square. */
const LETTER_PX = 7.5
const WIDE_LETTER_PX = 13.5

/** Two lines of a wide phone; `ellipsis` over several lines is not drawn by every version. */
const MAX_BODY = 90

/** A finger that moved this far up takes the banner away; one that moved less than TAP_PX tapped. */
const SWIPE_PX = 20
const TAP_PX = 8

const LIGHT = {
  surface: '#FFFFFF',
  border: '#E3E6EE',
  title: '#161922',
  body: '#5B6478',
  urgent: '#C62839',
  accent: '#3D5AFE',
  shadow: 'rgba(22,25,34,0.022)',
}
const DARK: typeof LIGHT = {
  surface: '#23272F',
  border: '#2B303B',
  title: '#ECEEF4',
  body: '#98A1B3',
  urgent: '#FF8A94',
  accent: '#8C9EFF',
  shadow: 'rgba(0,0,0,0.1)',
}

interface Screen {
  readonly width: number
  readonly statusBarHeight: number
}

/** What the user sees of the view, without the shadow. */
interface Card {
  readonly width: number
  readonly height: number
  readonly place: BannerPlace
  readonly title: string
  readonly body: string
}

/** What the banner needs of the App. Sizes are logical pixels and may change with the device's orientation. */
export interface ViewBannerEnv {
  readonly View: PlusViewConstructor
  /** Names the view among all of the app's. */
  readonly id: string
  /** Asked once for each drawing: the App waits for the native layer's whole description of the system. */
  screen(): Screen
  /** Calls back when the banner on show has to be drawn anew: another size of the screen, language, theme. */
  onChange(changed: () => void): void
  isDark(): boolean
  /** Where the page on show wants it. */
  place(): BannerPlace
  text(alert: Alert): AlertText
  /** Says a text to the screen reader, where the platform lets an app do so: the view itself has no words for it. */
  announce(text: string): void
  /** A tap. */
  onOpen(alert: Alert): void
  /** A swipe. The banner is still shown: whoever listens hides it. */
  onDismiss(): void
}

/** The App's banner: a native view under the status bar, above every page, the navigation bar and the tab bar. */
export class ViewBanner implements BannerPort {
  readonly #env: ViewBannerEnv
  #view: PlusView | null = null
  #alert: Alert | null = null
  #touch: { from: number; to: number } | null = null

  constructor(env: ViewBannerEnv) {
    this.#env = env
    env.onChange(() => {
      if (this.#alert) this.show(this.#alert)
    })
  }

  show(alert: Alert): void {
    // Drawn anew it is the same alert, which was said.
    if (this.#alert !== alert) this.#announce(alert)
    this.#alert = alert
    const screen = this.#env.screen()
    const card = this.#card(alert, screen)
    const frame = frameOf(card, screen)
    const tags = this.#tags(alert, card)
    if (this.#view) {
      this.#view.reset()
      this.#view.setStyle(frame)
      this.#view.draw(tags)
      return
    }
    this.#view = new this.#env.View(this.#env.id, { ...frame, backgroundColor: 'rgba(0,0,0,0)' }, tags)
    this.#listen(this.#view)
    this.#view.show()
  }

  #announce(alert: Alert): void {
    const { title, body } = this.#env.text(alert)
    this.#env.announce([title, body].filter((part) => part !== '').join('\n'))
  }

  /** Closes the view: views have no z-index, so the next banner has to be the newest view to be on top. */
  hide(): void {
    this.#view?.close()
    this.#view = null
    this.#alert = null
    this.#touch = null
  }

  #listen(view: PlusView): void {
    // Otherwise the page below gets the tap as well.
    view.interceptTouchEvent(true)
    view.addEventListener('touchstart', (touch) => {
      this.#touch = { from: yOf(touch), to: yOf(touch) }
    })
    view.addEventListener('touchmove', (touch) => {
      if (this.#touch) this.#touch.to = yOf(touch)
    })
    view.addEventListener('touchend', () => {
      if (this.#touch && this.#touch.from - this.#touch.to >= SWIPE_PX) this.#env.onDismiss()
    })
    view.addEventListener('click', () => {
      const moved = this.#touch ? Math.abs(this.#touch.from - this.#touch.to) : 0
      // Android sends a click after a short swipe too.
      if (moved < TAP_PX && this.#alert) this.#env.onOpen(this.#alert)
    })
  }

  #card(alert: Alert, screen: Screen): Card {
    const { title, body: whole } = this.#env.text(alert)
    const width = Math.min(screen.width - 2 * MARGIN_PX, MAX_WIDTH_PX)
    const body = shorten(whole.replace(/\s+/g, ' '), MAX_BODY)
    const place = this.#env.place()
    const isShort = widthOf(body) <= width - 2 * PADDING_PX
    const height = place === 'bar' ? FLAT_PX : isShort ? LOW_PX : HIGH_PX
    return { width, height, place, title, body }
  }

  #tags(alert: Alert, { width, height, place, title, body }: Card): PlusTag[] {
    const colors = this.#env.isDark() ? DARK : LIGHT
    const urgent = isUrgent(alert)
    const [x, y] = [SHADOW_PX, SHADOW_PX]
    const left = x + PADDING_PX
    const inner = width - 2 * PADDING_PX
    const isFlat = place === 'bar'
    const [titleTop, bodyTop] = isFlat ? [3, 22] : [11, 33]
    return [
      ...[6, 5, 4, 3, 2, 1].map((reach) => shadow(reach, width, height, colors.shadow)),
      {
        tag: 'rect',
        id: 'surface',
        position: box(y, x, width, height),
        rectStyles: { color: colors.surface, radius: '14px', borderColor: colors.border, borderWidth: '1px' },
      },
      {
        tag: 'rect',
        id: 'accent',
        position: box(y + titleTop + 3, x + 6, 3, height - 2 * titleTop - 6),
        rectStyles: { color: urgent ? colors.urgent : colors.accent, radius: '1px' },
      },
      line('title', box(y + titleTop, left, inner, 20), title, {
        size: '15px',
        color: urgent ? colors.urgent : colors.title,
        weight: 'bold',
        whiteSpace: 'nowrap',
      }),
      line('body', box(y + bodyTop, left, inner, height - bodyTop - (isFlat ? 2 : 9)), body, {
        size: isFlat ? '12px' : '13px',
        color: colors.body,
        weight: 'normal',
        whiteSpace: isFlat ? 'nowrap' : 'normal',
      }),
    ]
  }
}

/** Where the view lies, with room for its shadow. */
function frameOf(card: Card, { width, statusBarHeight }: Screen): PlusBox {
  const left = Math.round((width - card.width) / 2)
  const below = { over: MARGIN_PX, bar: (TITLE_BAR_PX - FLAT_PX) / 2, below: TITLE_BAR_PX + MARGIN_PX }[
    card.place
  ]
  const top = statusBarHeight + below
  return box(top - SHADOW_PX, left - SHADOW_PX, card.width + 2 * SHADOW_PX, card.height + 2 * SHADOW_PX)
}

/** One of the layers that together fade out: native views have no blur. */
function shadow(reach: number, width: number, height: number, color: string): PlusTag {
  const start = SHADOW_PX - reach
  return {
    tag: 'rect',
    id: `shadow-${String(reach)}`,
    position: box(start, start, width + 2 * reach, height + 2 * reach),
    rectStyles: { color, radius: `${String(14 + reach)}px` },
  }
}

function widthOf(text: string): number {
  return Array.from(text).reduce((sum, letter) => sum + (letter > '\u2e7f' ? WIDE_LETTER_PX : LETTER_PX), 0)
}

type TextStyles = Extract<PlusTag, { tag: 'font' }>['textStyles']

function line(
  id: string,
  position: PlusBox,
  text: string,
  styles: Pick<TextStyles, 'size' | 'color' | 'weight' | 'whiteSpace'>,
): PlusTag {
  return {
    tag: 'font',
    id,
    position,
    text,
    textStyles: { ...styles, align: 'left', verticalAlign: 'top', overflow: 'ellipsis' },
  }
}

function box(top: number, left: number, width: number, height: number): PlusBox {
  return { top: `${top}px`, left: `${left}px`, width: `${width}px`, height: `${height}px` }
}

/** The place on the screen: `clientY` is within the view on some versions. */
function yOf(touch: PlusTouch): number {
  return touch.screenY ?? touch.clientY ?? 0
}
