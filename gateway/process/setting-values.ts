// What the values of settings may be, and what is said of those that are not.
import { FeedPatternSchema } from '@herald/protocol'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { areProxies } from './proxies'

/** Whether it is like a connection URI (libpq, 34.1.1.2); what else is wrong with it the store says. */
const isPostgresUri = (text: string): boolean => /^postgres(?:ql)?:\/\/[^/?#]+/.test(text)

export const whole = (fallback: number, min: number, max: number) =>
  v.pipe(
    v.optional(v.string(), String(fallback)),
    v.check(
      (text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `must be a whole number from ${min} to ${max}`,
    ),
    v.transform(Number),
  )

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

/** The origin of an http address; undefined for anything else. */
function httpOrigin(text: string): string | undefined {
  return /^https?:/i.test(text) && URL.canParse(text) ? new URL(text).origin : undefined
}

export const OriginsSchema = v.pipe(
  v.optional(v.string(), ''),
  v.transform(listOf),
  v.check(
    (origins) => origins.every((origin) => httpOrigin(origin) === origin),
    'must be origins such as https://app.example.com, separated by commas, without a path',
  ),
)

export const PublicUrlSchema = v.pipe(
  v.string(),
  v.check(
    (text) => httpOrigin(text) !== undefined && !/[?#]/.test(text),
    'must be an http or https address, such as https://herald.example.com',
  ),
  v.transform((text) => text.replace(/\/+$/, '')),
)

export const StaticFolderSchema = v.pipe(
  v.string(),
  v.transform((folder) => resolve(folder)),
  v.check((folder) => existsSync(resolve(folder, 'index.html')), 'must be a folder that holds index.html'),
)

export const ProxiesSchema = v.pipe(
  v.optional(v.string(), ''),
  v.transform(listOf),
  v.check(
    (entries) => areProxies(entries),
    'must be addresses of proxies separated by commas, such as loopback,10.0.0.0/8',
  ),
)

export const StoreSchema = v.pipe(
  v.string(),
  v.check(
    isPostgresUri,
    'must be the address of a PostgreSQL, such as postgres://herald@db.example.com/herald',
  ),
)

export const FeedPatternsSchema = v.pipe(
  v.optional(v.string(), ''),
  v.transform(listOf),
  v.check(
    (patterns) => patterns.every((pattern) => v.is(FeedPatternSchema, pattern)),
    'must be feeds or patterns separated by commas, such as topic:clinic*,user:*',
  ),
)
