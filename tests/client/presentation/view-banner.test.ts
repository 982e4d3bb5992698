import { describe, expect, it } from 'vitest'
import { ViewBanner } from '@/services/presentation/app/view-banner'
import { summarise } from '@/services/presentation/flood'
import { alertText } from '@/locale/alert-text'
import type { Alert, BannerPlace } from '@/services/presentation/presentation'
import { FakeScreen } from './fake-plus'
import { alertOf, message, t } from './fixtures'

function open() {
  const screen = new FakeScreen()
  const phone = {
    width: 390,
    statusBarHeight: 47,
    dark: false,
    place: 'over' as BannerPlace,
    changed: (): void => undefined,
  }
  const asked = { screen: 0 }
  const opened: Alert[] = []
  const dismissed: true[] = []
  const announced: string[] = []
  const banner = new ViewBanner({
    View: screen.View,
    id: 'herald-banner',
    screen: () => {
      asked.screen += 1
      return phone
    },
    onChange: (changed) => {
      phone.changed = changed
    },
    isDark: () => phone.dark,
    place: () => phone.place,
    text: (alert) => alertText(alert, true, t),
    announce: (text) => announced.push(text),
    onOpen: (alert) => opened.push(alert),
    onDismiss: () => {
      dismissed.push(true)
      banner.hide()
    },
  })
  return { announced, asked, banner, dismissed, opened, phone, screen }
}

describe('the banner of the App', () => {
  it('lies under the status bar, takes the touches, and says title and body', () => {
    const { banner, screen } = open()
    banner.show(alertOf(1))
    const [view] = screen.visible
    expect(view?.style).toMatchObject({ top: '49px', left: '2px', width: '386px', height: '74px' })
    expect(view?.texts).toEqual(['title 1', 'body 1'])
    expect(view?.intercepts).toBe(true)
  })

  it('is said to the screen reader, once for each alert and not when it is drawn anew', () => {
    const { announced, banner, phone } = open()
    banner.show(alertOf(1))
    phone.changed()
    banner.show(alertOf(2))
    expect(announced).toEqual(['title 1\nbody 1', 'title 2\nbody 2'])
  })

  it('is not wider than is good to read, and moves when the phone is turned', () => {
    const { banner, phone, screen } = open()
    banner.show(alertOf(1))
    Object.assign(phone, { width: 844, statusBarHeight: 0 })
    phone.changed()
    expect(screen.visible[0]?.style).toMatchObject({ top: '2px', left: '156px', width: '532px' })
    banner.hide()
    phone.changed()
    expect(screen.visible).toEqual([])
  })

  it('stays within the title bar where the page has its controls right below, and leaves the way back free', () => {
    const { banner, phone, screen } = open()
    phone.place = 'bar'
    banner.show(alertOf(1, { body: 'word '.repeat(30) }))
    const frame = () => {
      const { top = '', height = '' } = screen.visible[0]?.style ?? {}
      const shadow = 6
      return {
        from: Number.parseInt(top) + shadow,
        to: Number.parseInt(top) + Number.parseInt(height) - shadow,
      }
    }
    expect(frame().from).toBeGreaterThanOrEqual(47)
    expect(frame().to).toBeLessThanOrEqual(47 + 44)
    phone.place = 'below'
    phone.changed()
    expect(frame().from).toBeGreaterThanOrEqual(47 + 44)
  })

  it('is higher for a body of two lines, in Chinese too', () => {
    const { banner, screen } = open()
    const height = (body: string) => {
      banner.show(alertOf(1, { body }))
      return screen.visible[0]?.style.height
    }
    expect(height('word '.repeat(9))).toBe('74px')
    expect(height('word '.repeat(10))).toBe('90px')
    expect(height('字'.repeat(25))).toBe('74px')
    expect(height('字'.repeat(26))).toBe('90px')
  })

  it('asks for the size of the screen once for each drawing, which is what it waits for longest', () => {
    const { asked, banner, phone } = open()
    banner.show(alertOf(1))
    expect(asked.screen).toBe(1)
    phone.changed()
    expect(asked.screen).toBe(2)
  })

  it('is drawn anew in other colours and words while it is on show', () => {
    const { banner, phone, screen } = open()
    banner.show(alertOf(1))
    const before = screen.visible[0]?.tags
    phone.dark = true
    phone.changed()
    expect(screen.visible).toHaveLength(1)
    expect(screen.visible[0]?.texts).toEqual(['title 1', 'body 1'])
    expect(screen.visible[0]?.tags).not.toEqual(before)
  })

  it('draws long text that fits, in one line of title', () => {
    const { banner, screen } = open()
    banner.show(alertOf(1, { title: '长'.repeat(200), body: 'line\nline\n'.repeat(100) }))
    const [view] = screen.visible
    expect(view?.texts[0]?.length).toBeLessThanOrEqual(100)
    expect(view?.texts[1]?.length).toBeLessThanOrEqual(90)
    expect(view?.texts[1]).not.toContain('\n')
    for (const tag of view?.tags ?? [])
      if (tag.tag === 'font') expect(tag.textStyles.overflow).toBe('ellipsis')
  })

  it('is dark in the dark, and red when it is urgent', () => {
    const { banner, phone, screen } = open()
    const colors = (): string => JSON.stringify(screen.visible[0]?.tags)
    banner.show(alertOf(1))
    const light = colors()
    banner.hide()
    phone.dark = true
    banner.show(alertOf(1))
    expect(colors()).not.toBe(light)
    banner.show(alertOf(1, { priority: 5 }))
    expect(colors()).toContain('#FF8A94')
  })

  it('changes in place, and is a new view after it was hidden', () => {
    const { banner, screen } = open()
    banner.show(alertOf(1))
    banner.show(summarise([message(1), message(2)]))
    expect(screen.views).toHaveLength(1)
    expect(screen.visible[0]?.texts[0]).toBe('alert.summary.title count=2')
    banner.hide()
    banner.hide()
    banner.show(alertOf(3))
    expect(screen.views.map(({ state }) => state)).toEqual(['closed', 'shown'])
  })

  it('opens what it shows by a tap', () => {
    const { banner, dismissed, opened, screen } = open()
    banner.show(alertOf(1))
    banner.show(alertOf(2))
    screen.visible[0]?.tap()
    expect(opened).toEqual([alertOf(2)])
    expect(dismissed).toEqual([])
  })

  it('goes by a swipe up, and not by one down; neither opens it', () => {
    const { banner, dismissed, opened, screen } = open()
    banner.show(alertOf(1))
    screen.visible[0]?.swipe(60, 85)
    screen.visible[0]?.swipe(60, 140)
    expect(dismissed).toEqual([])
    screen.visible[0]?.swipe(80, 55)
    expect(dismissed).toEqual([true])
    expect(screen.visible).toEqual([])
    expect(opened).toEqual([])
  })
})
