import { describe, expect, it } from 'vitest'
import { openTestStore } from '../temporary-store'

const reader = { label: 'phone', publish: [], read: true, admin: false }

describe('the directory', () => {
  it('gives a new user their own feed and everyone’s, with nothing unread of what was there before', async () => {
    const { directory, log, subscriptions } = await openTestStore()
    await log.append('all', { body: 'old', priority: 3 })
    await directory.createUser('ann', 'Ann')
    await log.append('all', { body: 'new', priority: 3 })
    expect(await subscriptions.feedsOf('ann')).toMatchObject([
      { feed: 'user:ann', head: 0, unread: 0 },
      { feed: 'all', head: 2, unread: 1, read: [[1, 1]] },
    ])
  })

  it('refuses a second user of the same id', async () => {
    const { directory } = await openTestStore()
    await directory.createUser('ann')
    await expect(directory.createUser('ann')).rejects.toMatchObject({ code: 'user_exists' })
  })

  it('knows a token by its secret and keeps only a hash of it', async () => {
    const { directory, store } = await openTestStore()
    await directory.createUser('ann', 'Ann')
    const { token, info } = await directory.createToken('ann', reader)
    const principal = await directory.authenticate(token)
    expect(principal).toEqual({ token: info, user: { id: 'ann', name: 'Ann' } })
    const row = store.reader.prepare('SELECT * FROM tokens').get()
    expect(JSON.stringify(row)).not.toContain(token.slice(4))
  })

  it.each([
    ['an unknown secret', (secret: string) => `${secret}x`, 'token_invalid'],
    ['an empty secret', () => '', 'token_invalid'],
  ])('refuses %s', async (_name, change, code) => {
    const { directory } = await openTestStore()
    const { token } = await directory.createToken(null, reader)
    await expect(directory.authenticate(change(token))).rejects.toMatchObject({ code })
  })

  it('refuses a token after its time, and says that it expired', async () => {
    let now = 1000
    const { directory } = await openTestStore({ now: () => now })
    const { token } = await directory.createToken(null, { ...reader, ttl: 10 })
    now += 9_999
    await expect(directory.authenticate(token)).resolves.toBeDefined()
    now += 1
    await expect(directory.authenticate(token)).rejects.toMatchObject({ code: 'token_expired' })
  })

  it('refuses a revoked token, tells who listens, and no longer lists it', async () => {
    const { directory, bus } = await openTestStore()
    const { token, info } = await directory.createToken(null, reader)
    const revoked: string[] = []
    bus.on('revoked', ({ tokenId }) => revoked.push(tokenId))
    await directory.revokeToken(info.id)
    expect(revoked).toEqual([info.id])
    expect(await directory.listTokens(null)).toEqual([])
    await expect(directory.authenticate(token)).rejects.toMatchObject({ code: 'token_revoked' })
    await expect(directory.revokeToken('t_none')).rejects.toMatchObject({ code: 'token_not_found' })
  })

  it('refuses a token that was in use a moment before its revocation', async () => {
    const { directory } = await openTestStore()
    const { token, info } = await directory.createToken(null, reader)
    const other = await directory.createToken(null, reader)
    await directory.authenticate(token)
    await directory.authenticate(other.token)
    await directory.revokeToken(info.id)
    await expect(directory.authenticate(token)).rejects.toMatchObject({ code: 'token_revoked' })
    await expect(directory.authenticate(other.token)).resolves.toMatchObject({ token: other.info })
  })

  it('signs in by a code once, even when it is redeemed twice at the same moment', async () => {
    const { directory } = await openTestStore()
    await directory.createUser('ann', 'Ann')
    const { code } = await directory.createSignInCode('ann')
    const results = await Promise.allSettled([
      directory.redeemSignInCode(code, 'a'),
      directory.redeemSignInCode(code, 'b'),
    ])
    const [won] = results.filter((result) => result.status === 'fulfilled')
    const [lost] = results.filter((result) => result.status === 'rejected')
    expect(won?.value.user).toEqual({ id: 'ann', name: 'Ann' })
    expect(lost?.reason).toMatchObject({ code: 'sign_in_code_invalid' })
    expect((await directory.authenticate(won?.value.token ?? '')).user?.id).toBe('ann')
  })

  it('refuses a sign-in code after its hour', async () => {
    let now = 1000
    const { directory } = await openTestStore({ now: () => now })
    await directory.createUser('ann')
    const { code, expires } = await directory.createSignInCode('ann')
    now = expires
    await expect(directory.redeemSignInCode(code, '')).rejects.toMatchObject({ code: 'sign_in_code_invalid' })
  })

  it('makes no token and no code for a user that is not there', async () => {
    const { directory } = await openTestStore()
    await expect(directory.createToken('nobody', reader)).rejects.toMatchObject({ code: 'user_not_found' })
    await expect(directory.createSignInCode('nobody')).rejects.toMatchObject({ code: 'user_not_found' })
  })
})
