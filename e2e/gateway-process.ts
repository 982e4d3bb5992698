import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { GATEWAY_MAIN } from '../scripts/gateway.mjs'

const H5 = resolve(import.meta.dirname, '../dist/build/h5')
const READY_TIMEOUT_MS = 45_000
const run = promisify(execFile)

export interface LogLine {
  msg?: string
  [field: string]: unknown
}

/** A JSON answer of the gateway: what a test looks at, it names. */
export interface Answer {
  id?: string
  seq?: number
  error?: { code: string; message: string; retryable: boolean }
  [field: string]: unknown
}

export interface Published {
  status: number
  body: Answer
}

/** The real gateway as a child process, with a port of its own, and a data folder unless HERALD_DATA names one. */
export class GatewayProcess {
  readonly dataFolder: string
  /** Every line that it has logged, over all its lives. */
  readonly log: LogLine[] = []
  /** What it wrote to standard error, over all its lives: nothing, as long as all is well. */
  stderr = ''
  url = ''
  #env: Record<string, string>
  #program: string
  #child: ChildProcess | undefined

  /** @param program another one than the gateway of this source */
  constructor(env: Record<string, string> = {}, program = GATEWAY_MAIN) {
    this.#env = env
    this.#program = program
    this.dataFolder = env.HERALD_DATA ?? mkdtempSync(join(tmpdir(), 'herald-e2e-'))
  }

  /** Starts it, on the port it had before if any, and waits for its "ready" line. @param program from now on */
  async start(program = this.#program): Promise<void> {
    if (!existsSync(program)) throw new Error(`${program} is not built`)
    this.#program = program
    const port = this.url === '' ? '0' : new URL(this.url).port
    const env = {
      ...process.env,
      HERALD_HOST: '127.0.0.1',
      HERALD_PORT: port,
      HERALD_DATA: this.dataFolder,
      // The tests of the gateway alone need no app, and run on a clone without one.
      HERALD_STATIC: existsSync(join(H5, 'index.html')) ? H5 : '',
      HERALD_QUICKSTART: '0',
      ...this.#env,
    }
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.url = await this.#waitForReady(child)
  }

  /** Pulls the plug: no handler runs, nothing is flushed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to shut down and waits until it has; answers its exit code, null where it was not running or was killed. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Ends it, without waiting for anything, and deletes its data if the folder was its own. */
  async dispose(): Promise<void> {
    await this.kill()
    if (this.#env.HERALD_DATA === undefined) rmSync(this.dataFolder, { recursive: true, force: true })
  }

  /** Of the process that runs; 0 when none does. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get adminToken(): string {
    return this.#secret('admin-token')
  }

  get publishToken(): string {
    return this.#secret('publish-token')
  }

  /** Publishes as the README says: by curl, or by fetch where there is no curl. */
  async publish(feed: string, body: object, headers: Record<string, string> = {}): Promise<Published> {
    return this.request('POST', `/v1/feeds/${feed}/messages`, {
      token: this.publishToken,
      body,
      headers,
      by: curlOrFetch,
    })
  }

  /** Sends one HTTP request, as the admin unless another token is given. */
  async request(
    method: string,
    path: string,
    options: { token?: string; body?: object; headers?: Record<string, string>; by?: Send } = {},
  ): Promise<Published> {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${options.token ?? this.adminToken}`,
      ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...options.headers,
    }
    const send = options.by ?? sendByFetch
    const text = options.body === undefined ? undefined : JSON.stringify(options.body)
    const answer = await send(method, this.url.replace(/\/$/, '') + path, headers, text)
    return { status: answer.status, body: answer.text === '' ? {} : (JSON.parse(answer.text) as Answer) }
  }

  /** Publishes many messages as fast as the gateway takes them; returns their seqs in the order of the bodies. */
  async publishMany(feed: string, bodies: readonly object[], inFlight = 64): Promise<number[]> {
    const seqs: number[] = []
    const token = this.publishToken
    let next = 0
    const work = async (): Promise<void> => {
      for (let index = next++; index < bodies.length; index = next++) {
        const { status, body } = await this.request('POST', `/v1/feeds/${feed}/messages`, {
          token,
          body: bodies[index],
        })
        if (status !== 201 || body.seq === undefined)
          throw new Error(`publish: ${status} ${JSON.stringify(body)}`)
        seqs[index] = body.seq
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return seqs
  }

  /** A link that signs in once; `address` is the gateway as the device reaches it. */
  async signInLink(user: string, address = this.url): Promise<string> {
    const { body } = await this.request('POST', `/v1/users/${user}/sign-in-codes`, { body: {} })
    return `${address}/#/pages/sign-in/sign-in?code=${String(body.code)}`
  }

  /** A token that reads as the user. */
  async readToken(user: string, rights: object = { read: true }): Promise<{ token: string; id: string }> {
    const { body } = await this.request('POST', `/v1/users/${user}/tokens`, { body: rights })
    return { token: String(body.token), id: (body.info as { id: string }).id }
  }

  async revoke(tokenId: string): Promise<void> {
    await this.request('DELETE', `/v1/tokens/${tokenId}`)
  }

  /**
   * Devices that are connected and welcomed; NaN while a socket is still on its way in or out. What is published to
   * one that is not welcomed yet counts as its backlog.
   */
  async connections(): Promise<number> {
    const { body } = await this.request('GET', '/v1/status')
    const life = this.log.slice(this.log.findLastIndex((line) => line.msg === 'ready'))
    const joined = life.filter((line) => line.msg === 'device joined').length
    const left = life.filter((line) => line.msg === 'socket closed' && line.device !== undefined).length
    return body.connections === joined - left ? joined - left : Number.NaN
  }

  #secret(name: string): string {
    return readFileSync(join(this.dataFolder, name), 'utf8').trim()
  }

  #waitForReady(child: ChildProcess): Promise<string> {
    child.stderr?.on('data', (chunk) => (this.stderr += String(chunk)))
    return new Promise((done, fail) => {
      const giveUp = (why: string) => {
        clearTimeout(timer)
        fail(
          new Error(
            `the gateway ${why}\n${this.stderr}\n${this.log
              .slice(-20)
              .map((line) => JSON.stringify(line))
              .join('\n')}`,
          ),
        )
      }
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        giveUp('was not ready in time')
      }, READY_TIMEOUT_MS)
      child.on('error', (error) => giveUp(`did not start: ${error.message}`))
      child.on('exit', (code) => giveUp(`ended with ${String(code)}`))
      if (child.stdout === null) return
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = parseLogLine(text)
        this.log.push(line)
        if (line.msg !== 'ready' || typeof line.url !== 'string') return
        clearTimeout(timer)
        done(line.url)
      })
    })
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    child.kill(signal)
    return ended
  }
}

/** Starts a gateway with an empty data folder. */
export async function startGateway(env: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = new GatewayProcess(env)
  await gateway.start()
  return gateway
}

type Send = (
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string | undefined,
) => Promise<{ status: number; text: string }>

async function sendByFetch(...[method, url, headers, body]: Parameters<Send>): ReturnType<Send> {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  return { status: response.status, text: await response.text() }
}

async function curlOrFetch(...[method, url, headers, body]: Parameters<Send>): ReturnType<Send> {
  const args = ['-sS', '-X', method, '-w', '\n%{http_code}', url]
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`)
  if (body !== undefined) args.push('--data-binary', body)
  try {
    const { stdout } = await run('curl', args)
    const end = stdout.lastIndexOf('\n')
    return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing) throw error
    return sendByFetch(method, url, headers, body)
  }
}

function parseLogLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    // The start-up banner is for people: not every line is JSON.
    return { msg: text }
  }
}
