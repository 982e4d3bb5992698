import { connect } from 'node:net'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { COMPONENT, DOMAIN } from '@herald/engines/chat-server'
import { WebSocket } from 'ws'
import { describeOnBoth, newAccount, sendByForeignClient } from './both-servers'

describeOnBoth('a chat server of the tests', (server) => {
  it('takes accounts, and a message of a client that others wrote', async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    await sendByForeignClient(server, bob, ann.jid, 'hello')
    const stranger = { ...bob, password: 'wrong' }
    await expect(sendByForeignClient(server, stranger, ann.jid, 'hello')).rejects.toThrow()
  })

  it('speaks XMPP over WebSocket', async () => {
    const socket = new WebSocket(server.websocketUrl, ['xmpp'])
    await once(socket, 'open')
    socket.send(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${DOMAIN}' version='1.0'/>`)
    const [first] = (await once(socket, 'message')) as [Buffer]
    expect(first.toString()).toContain('<open')
    socket.terminate()
  })

  it('takes components', async () => {
    const socket = connect(server.componentPort, '127.0.0.1')
    socket.write(
      `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${COMPONENT}'>`,
    )
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString()).toMatch(/ id=['"]/)
    socket.destroy()
  })
})
