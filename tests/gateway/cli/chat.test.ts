import type { ChatServerCheck, UserNudges } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { describeChatServer } from '../../../gateway/cli/commands/doctor'
import { explainNudges } from '../../../gateway/cli/explanation'

const works: ChatServerCheck = {
  ...{
    name: 'push.example',
    server: '127.0.0.1:5347',
    domains: [],
    up: true,
    ok: true,
    since: 1_780_000_000_000,
  },
  ...{ end: null, away: null, publishes: { noted: 3, quiet: 2, unknown: 1, failed: 0 } },
}

describe('herald doctor xmpp', () => {
  it('says how a chat server is, and what it has said', () => {
    const text = describeChatServer(works)
    expect(text).toContain('push.example at 127.0.0.1:5347 (all accounts): works since')
    expect(text).toContain('said 3 times that there is something to read, 2 times something else')
    expect(text).not.toContain('!')
  })

  it.each([
    [
      'a wrong secret',
      { up: false, ok: false, end: { code: 'not-authorized', detail: '' } },
      'the secret is not the one',
    ],
    [
      'a name that is taken',
      { up: false, ok: false, end: { code: 'conflict', detail: '' } },
      'connected under this name',
    ],
    [
      'an end that it has no word for',
      { up: false, ok: false, end: { code: 'x', detail: 'the reason' } },
      'x: the reason',
    ],
    ['a word that does not come round', { ok: false }, 'does not come back'],
    [
      'texts that are switched off',
      { publishes: { noted: 0, quiet: 9, unknown: 0, failed: 0 } },
      'include_body',
    ],
    [
      'registrations that are lost',
      { away: { from: 1_780_000_000_000, to: 1_780_000_060_000 } },
      'has forgotten those devices',
    ],
  ])('says what to do about %s', (_, change, words) => {
    expect(describeChatServer({ ...works, ...change })).toContain(words)
  })
})

describe('herald explain --nudges', () => {
  const nudges: UserNudges = {
    user: 'ann',
    accounts: [
      {
        ...{ device: 'ann-phone', account: 'account-1', domain: 'chat.example', component: 'push.example' },
        registered: 1_780_000_000_000,
      },
    ],
    nudges: [
      {
        ...{ device: 'ann-phone', account: 'account-1', count: 2, time: 1_780_000_000_000 },
        ...{ state: 'pushed', reason: 'accepted', next: null },
        events: [
          { time: 1_780_000_000_000, reason: 'nudged' },
          { time: 1_780_000_001_200, reason: 'accepted', provider: 'apns' },
        ],
      },
    ],
  }

  it('says what a chat server said, and each step of what came of it', () => {
    const text = explainNudges(nudges, 'en')
    expect(text).toContain('account account-1 at chat.example, by push.example')
    expect(text).toContain('said 2 times: pushed')
    expect(text).toContain('The chat server reported something new.')
    expect(explainNudges(nudges, 'zh-Hans')).toContain('聊天服务器报告有新消息。')
  })

  it('says that there is nothing', () => {
    expect(explainNudges({ user: 'ann', accounts: [], nudges: [] }, 'en')).toBe(
      'ann has no chat account on any device.\n\nNo chat server has said anything of them.',
    )
  })
})
