import { describeIssue } from '@herald/protocol'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { ConfigError } from './config-error'
import { readChatSettings, type ComponentSettings } from './chat-settings'
import type { CertificateFiles } from './certificate'
import { BusSchema, readBusSettings, type BusSettings } from './bus-settings'
import type { PushSettings } from './push-settings'
import {
  providerEnvironment,
  readProviderSettings,
  type ProviderSettings,
} from '../providers/provider-settings'
import {
  FeedPatternsSchema,
  OriginsSchema,
  ProxiesSchema,
  PublicUrlSchema,
  StaticFolderSchema,
  StoreSchema,
  whole,
} from './setting-values'
import type { UserLimits } from '../contracts/user-limits'

/** How JWTs of a business backend are checked. Everything is pinned here; nothing in a token is followed. */
export interface JwtSettings {
  readonly algorithm: (typeof JWT_ALGORITHMS)[number]
  readonly issuer: string
  readonly audience: string
  /** What the key file holds: a PEM public key, a JWK, or a shared secret for the HS algorithms. */
  readonly key: string
}

/** Requests a minute; 0 is no limit. */
export interface RateSettings {
  /** Messages that one token publishes. */
  readonly publish: number
  /** Everything else that one token asks. */
  readonly requests: number
  /** Everything from one address. */
  readonly address: number
  /** Failed authentications from one address. */
  readonly failures: number
  /** What one address may break of the protocol before it is refused. */
  readonly broken: number
}

/** Everything that the gateway is told by its environment. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly dataFolder: string
  readonly staticFolder: string | undefined
  /** The documents' site; undefined: `/docs` is the API's page. */
  readonly docsFolder: string | undefined
  /** Origins allowed beside the gateway's own. */
  readonly origins: readonly string[]
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly retention: { readonly maxAgeMs: number; readonly maxCount: number }
  readonly heartbeatMs: number
  /** Undefined: plain http, or TLS is a proxy's. */
  readonly tls: TlsSettings | undefined
  /** 0 is no limit. */
  readonly maxStoreBytes: number
  /** The PostgreSQL that keeps everything; undefined: a file in the data folder does. */
  readonly database: DatabaseSettings | undefined
  /** What carries hints between the gateways on one database; undefined: the database does. */
  readonly bus: BusSettings | undefined
  readonly rates: RateSettings
  /** Most connections at a time; 0 is as many as the system has descriptors for. */
  readonly maxConnections: number
  /** Most of them that one address may have; 0 is three quarters. */
  readonly maxAddressConnections: number
  readonly userLimits: UserLimits
  /** Addresses and ranges of the proxies whose X-Forwarded-* headers are believed. */
  readonly trustProxy: readonly string[]
  /** Who may read them: anybody, this machine and administrators, administrators, nobody. */
  readonly metrics: 'open' | 'local' | 'admin' | 'off'
  readonly jwt: JwtSettings | undefined
  /** Chat servers that the gateway is a component of. */
  readonly chatServers: readonly ComponentSettings[]
  readonly push: PushSettings
  readonly providers: ProviderSettings
  /** Whether a person started this and wants to be told what to do next. */
  readonly quickstart: boolean
}

/** `redirectPort`: where plain http is sent to https; undefined: nowhere. */
export interface TlsSettings extends CertificateFiles {
  readonly redirectPort: number | undefined
}

/** Where a PostgreSQL is, and the file with its password, when that is not in the address. */
export interface DatabaseSettings {
  readonly uri: string
  readonly passwordFile: string | undefined
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export const JWT_ALGORITHMS = [
  ...(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] as const

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MEGABYTE = 1024 * 1024

/** Variables that only the command line tool reads. */
const CLI_SETTINGS = ['HERALD_URL', 'HERALD_TOKEN']

/** One schema for each variable. docs/configuration.md describes the same ones, and a test compares the two. */
export const environment = {
  HERALD_HOST: v.optional(v.string(), '0.0.0.0'),
  HERALD_PORT: whole(8787, 0, 65_535),
  HERALD_DATA: v.optional(v.string(), './data'),
  HERALD_STATIC: v.optional(StaticFolderSchema),
  HERALD_DOCS: v.optional(StaticFolderSchema),
  HERALD_ORIGINS: OriginsSchema,
  HERALD_PUBLIC_URL: v.optional(PublicUrlSchema),
  HERALD_TLS_CERT: v.optional(v.string()),
  HERALD_TLS_KEY: v.optional(v.string()),
  HERALD_TLS_REDIRECT_PORT: whole(0, 0, 65_535),
  HERALD_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS)),
  HERALD_RETENTION_DAYS: whole(30, 1, 36_500),
  HERALD_RETENTION_COUNT: whole(100_000, 1, 100_000_000),
  HERALD_HEARTBEAT_MS: whole(25_000, 1000, 300_000),
  HERALD_MAX_STORE_MB: whole(0, 0, 100_000_000),
  HERALD_STORE: v.optional(StoreSchema),
  HERALD_STORE_PASSWORD_FILE: v.optional(v.string()),
  HERALD_BUS: v.optional(BusSchema),
  HERALD_BUS_SECRET_FILE: v.optional(v.string()),
  HERALD_BUS_CA_FILE: v.optional(v.string()),
  HERALD_RATE_PUBLISH: whole(600, 0, 10_000_000),
  HERALD_RATE_REQUESTS: whole(1200, 0, 10_000_000),
  HERALD_RATE_ADDRESS: whole(3000, 0, 10_000_000),
  HERALD_RATE_FAILURES: whole(20, 0, 10_000_000),
  HERALD_RATE_BROKEN: whole(300, 0, 10_000_000),
  HERALD_MAX_CONNECTIONS: whole(0, 0, 10_000_000),
  HERALD_ADDRESS_CONNECTIONS: whole(0, 0, 10_000_000),
  HERALD_USER_TOPICS: whole(1000, 0, 1_000_000),
  HERALD_USER_DEVICES: whole(100, 0, 1_000_000),
  HERALD_USER_SOCKETS: whole(50, 0, 1_000_000),
  HERALD_USER_TOKENS: whole(100, 0, 1_000_000),
  HERALD_USER_CODES: whole(50, 0, 1_000_000),
  HERALD_TRUST_PROXY: ProxiesSchema,
  HERALD_METRICS: v.optional(v.picklist(['open', 'local', 'admin', 'off']), 'local'),
  HERALD_JWT_ALG: v.optional(v.picklist(JWT_ALGORITHMS)),
  HERALD_JWT_ISSUER: v.optional(v.string()),
  HERALD_JWT_AUDIENCE: v.optional(v.string()),
  HERALD_JWT_KEY_FILE: v.optional(v.string()),
  HERALD_DEADLINE_FOREGROUND_MS: whole(8000, 100, 600_000),
  HERALD_DEADLINE_BACKGROUND_MS: whole(4000, 100, 600_000),
  HERALD_QUIET_WHEN_ACTIVE_MS: whole(30_000, 0, 600_000),
  HERALD_PUSH_ID_ONLY: FeedPatternsSchema,
  HERALD_PUSH_LIFE_HOURS: whole(24, 1, 672),
  HERALD_PUSH_DAILY_PER_DEVICE: whole(0, 0, 100_000),
  HERALD_XMPP_FILE: v.optional(v.string()),
  ...providerEnvironment,
  HERALD_QUICKSTART: v.optional(v.picklist(['0', '1'])),
}

const EnvironmentSchema = v.object(environment)
type Environment = v.InferOutput<typeof EnvironmentSchema>

/** Variables with our prefix that no part of Herald knows: a misspelt setting must not pass in silence. */
export function unknownSettings(env: NodeJS.ProcessEnv): string[] {
  const known = new Set([...Object.keys(environment), ...CLI_SETTINGS])
  return Object.keys(env).filter((name) => name.startsWith('HERALD_') && !known.has(name))
}

/**
 * Reads the environment; an empty variable counts as absent. Throws ConfigError.
 * @param isTerminal whether standard output is a terminal, and so a person watches.
 */
export function readConfig(env: NodeJS.ProcessEnv, isTerminal: boolean): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = v.safeParse(EnvironmentSchema, given)
  if (!parsed.success) throw new ConfigError(parsed.issues.map(describeIssue).join('\n'))
  const wished = parsed.output.HERALD_QUICKSTART
  return toConfig(parsed.output, wished === undefined ? isTerminal : wished === '1')
}

function toConfig(env: Environment, quickstart: boolean): Config {
  return {
    host: env.HERALD_HOST,
    port: env.HERALD_PORT,
    dataFolder: resolve(env.HERALD_DATA),
    staticFolder: env.HERALD_STATIC,
    docsFolder: env.HERALD_DOCS,
    origins: env.HERALD_ORIGINS,
    publicUrl: env.HERALD_PUBLIC_URL,
    tls: readTlsSettings(env),
    // A person who reads the welcome block should not have to find it between log lines.
    logLevel: env.HERALD_LOG_LEVEL ?? (quickstart ? 'warn' : 'info'),
    retention: { maxAgeMs: env.HERALD_RETENTION_DAYS * DAY_MS, maxCount: env.HERALD_RETENTION_COUNT },
    heartbeatMs: env.HERALD_HEARTBEAT_MS,
    maxStoreBytes: env.HERALD_MAX_STORE_MB * MEGABYTE,
    database:
      env.HERALD_STORE === undefined
        ? undefined
        : { uri: env.HERALD_STORE, passwordFile: env.HERALD_STORE_PASSWORD_FILE },
    bus: readBusSettings(
      ...([env.HERALD_BUS, env.HERALD_BUS_SECRET_FILE, env.HERALD_BUS_CA_FILE] as const),
      env.HERALD_STORE !== undefined,
    ),
    rates: {
      publish: env.HERALD_RATE_PUBLISH,
      requests: env.HERALD_RATE_REQUESTS,
      address: env.HERALD_RATE_ADDRESS,
      failures: env.HERALD_RATE_FAILURES,
      broken: env.HERALD_RATE_BROKEN,
    },
    maxConnections: env.HERALD_MAX_CONNECTIONS,
    maxAddressConnections: env.HERALD_ADDRESS_CONNECTIONS,
    userLimits: {
      topics: env.HERALD_USER_TOPICS,
      devices: env.HERALD_USER_DEVICES,
      sockets: env.HERALD_USER_SOCKETS,
      tokens: env.HERALD_USER_TOKENS,
      codes: env.HERALD_USER_CODES,
    },
    trustProxy: env.HERALD_TRUST_PROXY,
    metrics: env.HERALD_METRICS,
    jwt: readJwtSettings(env),
    chatServers: readChatSettings(env.HERALD_XMPP_FILE),
    push: readPushSettings(env),
    providers: readProviderSettings(env, env.HERALD_PUBLIC_URL),
    quickstart,
  }
}

function readPushSettings(env: Environment): PushSettings {
  return {
    deadlines: {
      foregroundMs: env.HERALD_DEADLINE_FOREGROUND_MS,
      backgroundMs: env.HERALD_DEADLINE_BACKGROUND_MS,
      quietWhenActiveMs: env.HERALD_QUIET_WHEN_ACTIVE_MS,
    },
    idOnly: env.HERALD_PUSH_ID_ONLY,
    lifeMs: env.HERALD_PUSH_LIFE_HOURS * HOUR_MS,
    dailyPerDevice: env.HERALD_PUSH_DAILY_PER_DEVICE,
  }
}

function readTlsSettings(env: Environment): TlsSettings | undefined {
  const { HERALD_TLS_CERT: cert, HERALD_TLS_KEY: key, HERALD_TLS_REDIRECT_PORT: redirectPort } = env
  if (cert === undefined && key === undefined && redirectPort === 0) return undefined
  if (cert === undefined || key === undefined)
    throw new ConfigError('HERALD_TLS_CERT and HERALD_TLS_KEY must be set together')
  return { cert: resolve(cert), key: resolve(key), redirectPort: redirectPort || undefined }
}

function readJwtSettings(env: Environment): JwtSettings | undefined {
  const algorithm = env.HERALD_JWT_ALG
  const issuer = env.HERALD_JWT_ISSUER
  const audience = env.HERALD_JWT_AUDIENCE
  const keyFile = env.HERALD_JWT_KEY_FILE
  if (!algorithm && !issuer && !audience && !keyFile) return undefined
  if (!algorithm || !issuer || !audience || !keyFile) {
    throw new ConfigError(
      'HERALD_JWT_ALG, HERALD_JWT_ISSUER, HERALD_JWT_AUDIENCE and HERALD_JWT_KEY_FILE must be set together',
    )
  }
  const key = readKeyFile(keyFile)
  if (algorithm.startsWith('HS') && Buffer.byteLength(key) < 32) {
    throw new ConfigError('HERALD_JWT_KEY_FILE: must hold a secret of at least 32 bytes for an HS algorithm')
  }
  return { algorithm, issuer, audience, key }
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new ConfigError(`HERALD_JWT_KEY_FILE: must be a file that can be read; ${file} is not`)
  }
}
