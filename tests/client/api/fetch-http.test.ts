import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchHttp } from '@/services/api/fetch-http'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

async function serve(answer: Answer): Promise<string> {
  const made = createServer((request, response) => void answer(request, response))
  server = made
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

const send = fetchHttp((url, init) => fetch(url, init))
const headers = { Authorization: 'Bearer hld_1' }

describe('HTTP by the browser', () => {
  test('sends method, headers and a body as JSON, and gives status and text as they came', async () => {
    let got: unknown
    const url = await serve(async (request, response) => {
      const { method, headers: sent } = request
      got = [method, sent.authorization, sent['content-type'], await bodyOf(request)]
      response.writeHead(409).end('{"broken')
    })
    const answer = await send({ method: 'PUT', url, headers, body: { muted: true }, timeoutMs: 5000 })
    expect(got).toEqual(['PUT', 'Bearer hld_1', 'application/json', '{"muted":true}'])
    expect(answer).toEqual({ status: 409, text: '{"broken' })
  })

  test('sends no body and no type for one where there is none', async () => {
    let got: unknown
    const url = await serve(async (request, response) => {
      got = [request.headers['content-type'], await bodyOf(request)]
      response.writeHead(204).end()
    })
    expect(await send({ method: 'DELETE', url, headers, timeoutMs: 5000 })).toEqual({ status: 204, text: '' })
    expect(got).toEqual([undefined, ''])
  })

  test('rejects when nothing answers, and when the answer stops in the middle', async () => {
    const stalling = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' })
      response.write('half')
    })
    await expect(send({ method: 'GET', url: stalling, headers, timeoutMs: 50 })).rejects.toThrow()
    server?.closeAllConnections()
    await new Promise((closed) => server?.close(closed))
    await expect(send({ method: 'GET', url: stalling, headers, timeoutMs: 5000 })).rejects.toThrow()
  })
})
