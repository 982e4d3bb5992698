import { describe, expect, it } from 'vitest'
import { IconBadge } from '@/services/presentation/app/plus-device'
import { combineBadges, TabBadge, type UniTabBar } from '@/services/presentation/badges'
import { InstalledAppBadge, TitleBadge } from '@/services/presentation/h5/web-badges'

describe('the badge on the tab', () => {
  /** uni's tab bar: off a tab page it refuses. Without `fail` it would answer a promise that rejects. */
  function openTabBar() {
    const bar = { onTabPage: true, badges: new Map<number, string>() }
    const change = (options: { index: number; fail(): void }, work: () => void): void => {
      if (bar.onTabPage) work()
      else options.fail()
    }
    const calls: UniTabBar = {
      setTabBarBadge: (options) => {
        change(options, () => bar.badges.set(options.index, options.text))
      },
      removeTabBarBadge: (options) => {
        change(options, () => bar.badges.delete(options.index))
      },
    }
    const badge = new TabBadge(calls, 0)
    return { bar, badge }
  }

  it('shows the count, at most 99+, and none for zero', () => {
    const { bar, badge } = openTabBar()
    badge.set(3)
    expect(bar.badges.get(0)).toBe('3')
    badge.set(1234)
    expect(bar.badges.get(0)).toBe('99+')
    badge.set(0)
    expect(bar.badges.size).toBe(0)
  })

  it('is put right when a tab page shows again', () => {
    const { bar, badge } = openTabBar()
    bar.onTabPage = false
    badge.set(7)
    expect(bar.badges.size).toBe(0)
    bar.onTabPage = true
    badge.apply()
    expect(bar.badges.get(0)).toBe('7')
  })
})

describe('the badge in the title', () => {
  function openTitle(title: string) {
    let changed = (): void => undefined
    let depth = 0
    const document = {
      get title() {
        return title
      },
      set title(value) {
        title = value
        if (++depth > 3) throw new Error('the title changes for ever')
        changed()
        depth--
      },
    }
    return { document, badge: new TitleBadge(document, (callback) => (changed = callback)) }
  }

  it('stands before it, and goes at zero', () => {
    const { document, badge } = openTitle('Herald')
    badge.set(3)
    expect(document.title).toBe('(3) Herald')
    badge.set(250)
    expect(document.title).toBe('(99+) Herald')
    badge.set(0)
    expect(document.title).toBe('Herald')
  })

  it('comes back when a page sets its own title', () => {
    const { document, badge } = openTitle('Inbox')
    badge.set(3)
    document.title = 'Settings'
    expect(document.title).toBe('(3) Settings')
  })
})

describe('the badge of the installed web app', () => {
  it('is set and cleared, and a refusal is nothing', async () => {
    const calls: string[] = []
    const badge = new InstalledAppBadge({
      setAppBadge: (count) => {
        calls.push(`set ${String(count)}`)
        return Promise.reject(new DOMException('not installed', 'NotAllowedError'))
      },
      clearAppBadge: () => {
        calls.push('clear')
        return Promise.resolve()
      },
    })
    badge.set(5)
    badge.set(0)
    await Promise.resolve()
    expect(calls).toEqual(['set 5', 'clear'])
    new InstalledAppBadge({}).set(5)
  })
})

it('several badges are set together, and only when the count changed', () => {
  const numbers: number[] = []
  const icon = new IconBadge({ setBadgeNumber: (unread) => numbers.push(unread) }, 'HUAWEI')
  const all = combineBadges([icon, { set: (unread) => numbers.push(-unread) }])
  all.set(1)
  all.set(1)
  all.set(0)
  expect(numbers).toEqual([1, -1, 0, -0])
})

it.each(['Xiaomi', 'Redmi', 'POCO'])(
  '%s counts by itself: a number would be a notification of its own',
  (vendor) => {
    const numbers: number[] = []
    new IconBadge({ setBadgeNumber: (unread) => numbers.push(unread) }, vendor).set(3)
    expect(numbers).toEqual([])
  },
)

it('the icon’s number is set again after iOS cleared it with the tray, and 0 is not', () => {
  const numbers: number[] = []
  const icon = new IconBadge({ setBadgeNumber: (unread) => numbers.push(unread) }, 'Apple')
  icon.setAgain()
  icon.set(5)
  icon.setAgain()
  icon.set(0)
  icon.setAgain()
  expect(numbers).toEqual([5, 5, 0])
})
