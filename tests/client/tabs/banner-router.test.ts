import { expect, test } from 'vitest'
import type { Alert } from '@/services/presentation/presentation'
import { BANNER_ANSWER_MS, BannerRouter } from '@/services/tabs/banner-router'
import { Roster } from '@/services/tabs/roster'
import type { TabMessage } from '@/services/tabs/tabs'
import { FakeClock } from '../fake-clock'
import { message } from '../messages'

const ALERT: Alert = { kind: 'message', message: message('all', 1) }

function start(seen: Readonly<Record<string, { visible: boolean; focusedAt: number }>>) {
  const clock = new FakeClock()
  const roster = new Roster()
  const told: string[] = []
  for (const [id, presence] of Object.entries(seen)) roster.note(id, presence)
  const router = new BannerRouter({
    id: 'me',
    roster,
    clock,
    local: { show: () => told.push('here'), hide: () => told.push('hidden here') },
    send: (sent: TabMessage) =>
      told.push(sent.type === 'banner' ? `banner ${sent.to} ${String(sent.number)}` : sent.type),
    onTabLost: () => told.push('lost'),
  })
  return { clock, roster, told, router }
}

test('shows the banner in the visible tab that was focused last', () => {
  const { router, told } = start({
    me: { visible: true, focusedAt: 1 },
    b: { visible: true, focusedAt: 3 },
    c: { visible: false, focusedAt: 9 },
  })
  router.show(ALERT)
  expect(told).toEqual(['banner b 1'])
})

test('shows it here when this tab is the one', () => {
  const { router, told } = start({ me: { visible: true, focusedAt: 5 }, b: { visible: true, focusedAt: 3 } })
  router.show(ALERT)
  expect(told).toEqual(['here'])
})

test('takes a tab that does not answer for dead and shows it in the next', () => {
  const { router, told, clock, roster } = start({
    me: { visible: true, focusedAt: 1 },
    b: { visible: true, focusedAt: 3 },
  })
  router.show(ALERT)
  clock.advance(BANNER_ANSWER_MS)
  expect(told).toEqual(['banner b 1', 'here', 'lost'])
  expect(roster.size).toBe(1)
})

test('is content when the tab answers', () => {
  const { router, told, clock } = start({ b: { visible: true, focusedAt: 3 } })
  router.show(ALERT)
  router.shown(1)
  clock.advance(60_000)
  expect(told).toEqual(['banner b 1'])
})

test('hides it wherever it is', () => {
  const { router, told } = start({ b: { visible: true, focusedAt: 3 } })
  router.hide()
  expect(told).toEqual(['hidden here', 'bannerHide'])
})

test('all tabs together are in the foreground if one of them is', () => {
  const { roster } = start({ me: { visible: false, focusedAt: 1 }, b: { visible: true, focusedAt: 3 } })
  expect(roster.appState).toBe('foreground')
  roster.drop('b')
  expect(roster.appState).toBe('background')
})
