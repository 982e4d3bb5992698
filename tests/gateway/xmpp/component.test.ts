import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../../../gateway/process/config'
import { Component, type ComponentStatus } from '../../../gateway/xmpp/component'
import { until } from '../process/until'

const HEADER = `<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='s1' from='push.example'>`
const HANDSHAKE = createHash('sha1').update('s1secret').digest('hex')

/** A chat server's port for components, as a test plays it: what it hears, and what it says to whoever comes. */
async function startPort(greet: (socket: Socket, heard: () => string) => void | Promise<void>) {
  const connections: { heard: string; socket: Socket }[] = []
  const server = createServer((socket) => {
    const connection = { heard: '', socket }
    connections.push(connection)
    socket.on('data', (bytes) => (connection.heard += bytes.toString()))
    socket.on('error', () => undefined)
    void greet(socket, () => connection.heard)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const { socket } of connections) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections }
}

/** As Prosody and ejabberd let a component in. */
async function letIn(socket: Socket, heard: () => string): Promise<void> {
  await until(heard, (text) => text.includes('<stream:stream'), 'a header')
  socket.write(HEADER)
  await until(heard, (text) => text.includes(`<handshake>${HANDSHAKE}</handshake>`), 'a handshake')
  socket.write('<handshake/>')
}

function open(port: number, changes: object = {}) {
  const stanzas: string[] = []
  const changed: ComponentStatus[] = []
  const settings = {
    ...{ name: 'push.example', server: { host: '127.0.0.1', port }, secret: 'secret', domains: [] },
    ...{ public: false, ...changes },
  }
  const component = new Component(settings, {
    answer: (stanza) => {
      stanzas.push(stanza.name)
      return Promise.resolve(
        stanza.attrs['type'] === 'get' ? `<iq type='result' id='${stanza.attrs['id'] ?? ''}'/>` : undefined,
      )
    },
    now: () => Date.now(),
    onChange: (status) => changed.push(status),
  })
  onTestFinished(() => {
    component.stop()
  })
  component.start()
  const becomes = (isUp: boolean) =>
    until(
      () => component.status.up,
      (up) => up === isUp,
      `up: ${String(isUp)}`,
    )
  return { component, stanzas, changed, becomes }
}

describe('a component of a chat server', () => {
  it('proves that it knows the secret, without saying it, and answers what comes', async () => {
    const { port, connections } = await startPort(letIn)
    const { stanzas, becomes } = open(port)
    await becomes(true)
    const [first] = connections
    // Cut in the middle of a character.
    const bytes = Buffer.from(`<iq type='get' id='é'/>`)
    first?.socket.write(bytes.subarray(0, 20))
    await new Promise((resolve) => setImmediate(resolve))
    first?.socket.write(bytes.subarray(20))
    await until(
      () => first?.heard ?? '',
      (heard) => heard.includes(`id='é'`),
      'an answer',
    )
    expect(stanzas).toEqual(['iq'])
    expect(first?.heard).not.toContain('secret')
  })

  it('comes back when its connection ends, and says from when to when it was away', async () => {
    const { port, connections } = await startPort(letIn)
    const { component, becomes } = open(port)
    await becomes(true)
    connections[0]?.socket.destroy()
    await becomes(false)
    await becomes(true)
    const { away } = component.status
    expect(away && away.to >= away.from).toBe(true)
    expect(connections).toHaveLength(2)
  })

  it.each([
    [
      'not-authorized',
      `<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
    ],
    ['conflict', `<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`],
    ['bad_xml', '<!DOCTYPE a>'],
    ['bad_xml', '<a>'.repeat(40)],
    ['bad_xml', `<a>${'b'.repeat(70_000)}</a>`],
    ['closed', '</stream:stream>'],
  ])('ends with %s, and tries again', async (code, text) => {
    const { port, connections } = await startPort((socket) => {
      socket.write(HEADER + text)
    })
    const { changed } = open(port)
    await until(
      () => connections.length,
      (count) => count > 1,
      'another try',
    )
    expect(changed[0]).toMatchObject({ up: false, end: { code } })
  })

  it('is no component where something else listens', async () => {
    const { port } = await startPort((socket) => {
      socket.write(`<html>`)
    })
    const { changed } = open(port)
    await until(
      () => changed.length,
      (count) => count > 0,
      'an end',
    )
    expect(changed[0]?.end?.code).toBe('no_component_port')
  })

  it('sends its own word round by the server', async () => {
    const { port } = await startPort(async (socket, heard) => {
      await letIn(socket, heard)
      const ping = await until(heard, (text) => text.includes('urn:xmpp:ping'), 'a ping')
      const id = /id="(herald-\d+)"/.exec(ping)?.[1] ?? ''
      socket.write(`<iq type='result' id='${id}' from='push.example' to='push.example'/>`)
    })
    const { component, becomes } = open(port)
    expect(await component.roundTrip()).toBe(false)
    await becomes(true)
    expect(await component.roundTrip()).toBe(true)
  })
})

describe('the file of chat servers', () => {
  const read = (content: unknown) => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-chat-'))
    onTestFinished(() => {
      rmSync(folder, { recursive: true })
    })
    const file = join(folder, 'chat.json')
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return readConfig({ HERALD_XMPP_FILE: file }, false).chatServers
  }
  const entry = { name: 'push.example', server: '127.0.0.1:5347', secret: 'a-secret' }

  it('lists servers with their names, addresses and secrets', () => {
    expect(readConfig({}, false).chatServers).toEqual([])
    expect(
      read([entry, { ...entry, server: '[::1]:5348', domains: ['one.example'], public: true }]),
    ).toMatchObject([
      { name: 'push.example', server: { host: '127.0.0.1', port: 5347 }, domains: [], public: false },
      { server: { host: '::1', port: 5348 }, domains: ['one.example'], public: true },
    ])
  })

  it.each([
    ['no JSON', '{', 'must be JSON'],
    ['no list', {}, 'HERALD_XMPP_FILE'],
    ['a field that nobody knows', [{ ...entry, port: 5347 }], 'port'],
    ['a server without a port', [{ ...entry, server: '127.0.0.1' }], 'an address and a port'],
    ['a port that there is not', [{ ...entry, server: '127.0.0.1:70000' }], 'an address and a port'],
    ['a name that is no domain', [{ ...entry, name: 'Push Example' }], 'domain'],
    ['no secret', [{ ...entry, secret: '' }], 'secret'],
    ['a server twice', [entry, entry], 'stands twice'],
  ])('is refused with %s, and no secret is told', (_, content, words) => {
    expect(() => read(content)).toThrow(words)
    expect(() => read(content)).not.toThrow('a-secret')
  })

  it('is refused when it cannot be read', () => {
    expect(() => readConfig({ HERALD_XMPP_FILE: '/nowhere/chat.json' }, false)).toThrow('must be a file')
  })
})
