import { describe, expect, test } from 'vitest'
import type { ConnectionView } from '@/services/connection/connection-view'
import type { Change } from '@/services/inbox/inbox'
import { Follower } from '@/services/session/follower'
import { LEADER_ANSWER_MS } from '@/services/tabs/leader-watch'
import type { TabMessage } from '@/services/tabs/tabs'
import { FakeClock } from '../fake-clock'
import { messages } from '../messages'

const CHANGE: Change = { type: 'messages', feed: 'user:me', epoch: 'e1', messages: messages('user:me', 1, 1) }

/** A follower over a link that only notes what is said. */
function follow({ fits = true } = {}) {
  const clock = new FakeClock()
  const said: TabMessage[] = []
  const views: Partial<ConnectionView>[] = []
  const link = { id: 'follower', visible: true, send: (message: TabMessage) => void said.push(message) }
  const count = { seized: 0, mirrored: 0, reloads: 0 }
  const follower = new Follower(
    {
      ...{ clock, link },
      election: { seize: () => void (count.seized += 1) },
      view: { connection: (patch) => void views.push(patch) },
    },
    {
      liveInbox: {
        mirror: () => {
          count.mirrored += 1
          return fits
        },
      },
      reload: () => void (count.reloads += 1),
    },
  )
  return { follower, clock, link, said, views, count }
}

describe('a follower', () => {
  test('shows the connection that the leader tells', () => {
    const { follower, views } = follow()
    const view: ConnectionView = { name: 'live', code: null, closeName: null, retryAt: null }
    follower.hear({ type: 'connection', view })
    expect(views).toEqual([view])
  })

  test('applies what the leader brings, and says nothing', () => {
    const { follower, said, count } = follow()
    follower.take(CHANGE)
    expect([count.mirrored, said]).toEqual([1, []])
  })

  test('joins anew when a change shows that it missed others', () => {
    const { follower, said } = follow({ fits: false })
    follower.take(CHANGE)
    expect(said).toEqual([{ type: 'join' }])
  })

  test('reads storage again when the leader has stored all for it, and not when it is for another tab', () => {
    const { follower, count } = follow()
    follower.hear({ type: 'flushed', to: 'another' })
    expect(count.reloads).toBe(0)
    follower.hear({ type: 'flushed', to: 'follower' })
    expect(count.reloads).toBe(1)
  })

  test('leaves what the user did here to the leader, who hears of it as every tab does', () => {
    const { follower, said } = follow()
    follower.tell()
    follower.renew()
    follower.networkChanged()
    follower.appStateChanged()
    follower.redial()
    expect([follower.dialAnew(), follower.leads, follower.isLive, said]).toEqual([false, false, false, []])
  })

  test('has the leader let its socket go, for a test of pushes', () => {
    const { follower, said } = follow()
    follower.silence()
    expect(said).toEqual([{ type: 'silence' }])
  })

  test('asks the leader whether it is there when the user comes to it, and not when the user leaves', () => {
    const { follower, link, said } = follow()
    link.visible = false
    follower.visibilityChanged()
    expect(said).toEqual([])
    link.visible = true
    follower.visibilityChanged()
    expect(said).toEqual([{ type: 'ask', reconnect: false }])
  })

  test('asks the leader for a connection when the user wants one', () => {
    const { follower, said } = follow()
    follower.reconnect()
    expect(said).toEqual([{ type: 'ask', reconnect: true }])
  })

  test('takes the lead from a leader that does not answer in time', () => {
    const { follower, clock, count } = follow()
    follower.visibilityChanged()
    clock.advance(LEADER_ANSWER_MS - 1)
    expect(count.seized).toBe(0)
    clock.advance(1)
    expect(count.seized).toBe(1)
  })

  test('leaves the lead with one that answers', () => {
    const { follower, clock, count } = follow()
    follower.visibilityChanged()
    follower.hear({ type: 'alive' })
    clock.advance(LEADER_ANSWER_MS)
    expect(count.seized).toBe(0)
  })

  test('tells the leader that the user took the banner away here', () => {
    const { follower, said } = follow()
    follower.bannerDismissed()
    expect(said).toEqual([{ type: 'bannerDismissed' }])
  })

  test('that has ended asks for nothing, and takes the lead from nobody', () => {
    const { follower, clock, said, count } = follow()
    follower.visibilityChanged()
    follower.stop()
    follower.reconnect()
    clock.advance(LEADER_ANSWER_MS)
    expect([said, count.seized]).toEqual([[{ type: 'ask', reconnect: false }], 0])
  })
})
