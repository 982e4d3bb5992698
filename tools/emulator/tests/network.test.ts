import { describe, expect, it } from 'vitest'
import type { Phone } from '../index'
import { openEchoServer, openSocketServer } from './servers'
import { logged, openStage, PLATFORMS, until } from './stage'

const stage = openStage()

async function socketServer() {
  const server = await openSocketServer()
  stage.after(() => server.close())
  return server
}

async function connect(phone: Phone, url: string, button = 'Connect'): Promise<void> {
  await phone.page.fill('An address', url)
  await phone.tap(button)
}

const said = (phone: Phone, words: string) =>
  phone.console.texts.filter((line) => line.includes(words)).length

describe.each(PLATFORMS)('the network of %s', (platform) => {
  it('carries requests to a real server', async () => {
    const server = await openEchoServer()
    stage.after(() => server.close())
    const phone = await stage.phone({ platform })

    await phone.page.fill('An address', server.url)
    await phone.tap('Ask')

    await phone.page.see(/Answer 201 .*"method":"POST".*fixture.* application\/json/)
  })

  it('carries a socket to a real server, with its headers, both ways', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })

    await connect(phone, server.url)
    await logged(phone, 'first open')
    expect(server.requests[0]?.headers['x-fixture']).toBe('first')
    server.sockets[0]?.send('from the server')
    await logged(phone, 'first message from the server')
    await phone.tap('Say hello')
    await until('the greeting', () => server.messages.includes('hello'))
  })

  it('gives two sockets of one millisecond one id: the first task never hears a thing', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })

    phone.clock.hold()
    await connect(phone, server.url, 'Twice')
    await until('two sockets', () => server.sockets.length === 2)
    phone.clock.release()

    await until('both openings', () => said(phone, 'two open') === 2)
    server.sockets[0]?.send('to the first')
    await logged(phone, 'two message to the first')
    expect(said(phone, 'one open')).toBe(0)
    expect(said(phone, 'one readyState 3')).toBe(1)
  })

  it('says error, with nothing in it, and no close when a socket breaks', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')

    server.sockets[0]?.terminate()

    await logged(phone, 'first error {}')
    expect(said(phone, 'first close')).toBe(0)
  })

  it('says close with code and reason when the server closes', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')

    server.sockets[0]?.close(4001, 'go away')

    await logged(phone, 'first close 4001 go away')
    expect(said(phone, 'first error')).toBe(0)
  })

  it('still brings what was under way after the app has closed its socket', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')
    server.sockets[0]?.pause()

    await phone.tap('Hang up')
    server.sockets[0]?.send('too late')
    await logged(phone, 'first message too late')
    server.sockets[0]?.resume()

    await logged(phone, 'first close 1000')
  })

  it('keeps the socket of a frozen app open, answers no ping, and delivers at the thaw', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')

    phone.background()
    phone.freeze()
    server.sockets[0]?.ping()
    server.sockets[0]?.send('while frozen')
    server.sockets[0]?.send('while frozen, too')
    await phone.passTime(500)
    expect(said(phone, 'while frozen')).toBe(0)
    expect(server.pongs()).toBe(0)
    expect(server.sockets[0]?.readyState).toBe(1)
    phone.thaw()

    await logged(phone, 'first message while frozen')
    await until('the native answer', () => server.pongs() === 1)
  })

  it('loses everything to airplane mode, and says so', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')

    phone.airplaneMode(true)
    await logged(phone, 'network false none')
    await logged(phone, 'first error {}')
    await phone.tap('Ask')
    await phone.page.see(/Answer failed .*unreachable/)
    phone.airplaneMode(false)

    await logged(phone, 'network true wifi')
  })

  it('swallows everything while it is stalled, in silence, and brings it afterwards', async () => {
    const server = await socketServer()
    const echo = await openEchoServer()
    stage.after(() => echo.close())
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')

    phone.stallNetwork(true)
    server.sockets[0]?.send('one')
    server.sockets[0]?.send('two')
    server.sockets[0]?.ping()
    await phone.tap('Say hello')
    await phone.page.fill('An address', echo.url)
    await phone.tap('Ask')
    await phone.passTime(5_000)
    expect(said(phone, 'first message')).toBe(0)
    expect(said(phone, 'first error')).toBe(0)
    expect(server.messages).toEqual([])
    expect(server.pongs()).toBe(0)
    expect(await phone.page.text()).not.toMatch(/Answer (?:2|failed)/)
    phone.stallNetwork(false)

    await logged(phone, 'first message two')
    const lines = phone.console.texts.filter((line) => line.includes('first message'))
    expect(lines.map((line) => /one|two/.exec(line)?.[0])).toEqual(['one', 'two'])
    await until('the greeting', () => server.messages.includes('hello'))
    await until('the answer to the ping', () => server.pongs() === 1)
    await phone.page.see(/Answer 201/)
  })

  it('leaves a dial hanging while it is stalled, until the app gives it up or the network is another', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    phone.stallNetwork(true)

    await connect(phone, server.url)
    await until('the dial', () => phone.sockets.dials.length === 1)
    expect(said(phone, 'first open') + said(phone, 'first error')).toBe(0)
    phone.switchNetwork('4g')
    await logged(phone, 'first error {}')
    await connect(phone, server.url)
    await logged(phone, 'first open')
    expect(server.sockets).toHaveLength(1)
    expect(phone.sockets).toMatchObject({ dials: [server.url, server.url], live: 1, most: 1 })
  })

  it('lets an app connect from its start, which the kill before had cut off', async () => {
    const server = await socketServer()
    const phone = await stage.phone({ platform })
    await connect(phone, server.url)
    await logged(phone, 'first open')

    await phone.kill()
    await until('the socket is gone', () => server.sockets[0]?.readyState === 3)
    await phone.relaunch()

    await logged(phone, 'app open')
    expect(server.sockets).toHaveLength(2)
  })
})
