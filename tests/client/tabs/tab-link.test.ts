import { expect, test } from 'vitest'
import { LockElection } from '@/services/tabs/lock-election'
import { TabLink } from '@/services/tabs/tab-link'
import type { TabMessage } from '@/services/tabs/tabs'
import { settle } from '../fake-clock'
import { FakeChannels, FakeLocks } from './fake-browser'

test('a tab hears of its own user’s inbox only, and of sessions and settings from all', async () => {
  const channels = new FakeChannels()
  const locks = new FakeLocks()
  const open = (id: string, session: string | null): TabLink => {
    const tabs = { id, channel: channels.channel(id), election: new LockElection(locks.of(id), 'herald') }
    const link = new TabLink(tabs, true, 0)
    link.setSession(session)
    return link
  }
  const [ann, same, bob] = [open('a', 's1'), open('b', 's1'), open('c', 's2')]
  const heard: string[] = []
  const note =
    (id: string) =>
    ({ type }: TabMessage): void => {
      if (type !== 'presence') heard.push(`${id} ${type}`)
    }
  same.listen(note('same'))
  bob.listen(note('bob'))
  await settle()
  ann.send({ type: 'change', change: { type: 'unfollow', feed: 'topic:ci' } })
  ann.send({ type: 'session', because: null })
  await settle()
  expect(heard.sort()).toEqual(['bob session', 'same change', 'same session'])
})
