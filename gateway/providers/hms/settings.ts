import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { ConfigError } from '../../process/config-error'
import { readNamedFile, readPrivateKey } from '../key-file'
import { readTogether, ServiceUrlSchema } from '../service-settings'

/** A service account of Huawei's API Console, from the JSON file that it hands out. */
export interface HmsSettings {
  /** Bundle name, as registrations name the app. */
  readonly packageName: string
  readonly projectId: string
  /** The app's client id, which recalls are addressed by; without it nothing is taken back. */
  readonly clientId: string | undefined
  readonly keyId: string
  readonly subAccount: string
  readonly privateKey: KeyObject
  /** What the pushes are, in Huawei's words; all but MARKETING have to be applied for. */
  readonly category: string
  readonly url: string
}

/** Huawei, "Request parameters", `category`; those for calls and read-aloud are not Herald's. */
const CATEGORIES = [
  ...['MARKETING', 'IM', 'SUBSCRIPTION', 'TRAVEL', 'HEALTH', 'WORK', 'ACCOUNT', 'EXPRESS', 'FINANCE'],
  ...['DEVICE_REMINDER', 'MAIL', 'CUSTOMER_SERVICE'],
]

/** Variables of HMS. */
export const hmsEnvironment = {
  HERALD_HMS_SERVICE_ACCOUNT_FILE: v.optional(v.string()),
  HERALD_HMS_PACKAGE: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z][\w.]{1,149}$/, 'must be a bundle name such as com.example.herald')),
  ),
  HERALD_HMS_CATEGORY: v.optional(v.picklist(CATEGORIES)),
  HERALD_HMS_CLIENT_ID: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,40}$/, 'must be the client id of the app, which is a number')),
  ),
  HERALD_HMS_URL: v.optional(ServiceUrlSchema),
}

type Environment = v.InferOutput<v.ObjectSchema<typeof hmsEnvironment, undefined>>

const FILE = 'HERALD_HMS_SERVICE_ACCOUNT_FILE'
const VENDOR = 'https://push-api.cloud.huawei.com'

const AccountSchema = v.object({
  project_id: v.pipe(v.string(), v.regex(/^\d{1,40}$/)),
  key_id: v.pipe(v.string(), v.minLength(1)),
  private_key: v.string(),
  sub_account: v.pipe(v.string(), v.minLength(1)),
})

/** Reads the credentials for HMS; undefined when there are none. Throws ConfigError. */
export function readHmsSettings(env: Environment): HmsSettings | undefined {
  const given = readTogether(
    env,
    [FILE, 'HERALD_HMS_PACKAGE'],
    [...['HERALD_HMS_CATEGORY', 'HERALD_HMS_CLIENT_ID', 'HERALD_HMS_URL']],
  )
  if (given === undefined) return undefined
  const file = given[FILE]
  const account = readAccount(readNamedFile(FILE, file))
  const privateKey = account && readPrivateKey(account.private_key)
  if (account === undefined || privateKey?.asymmetricKeyType !== 'rsa') {
    throw new ConfigError(`${FILE}: must be the JSON file of a service account of Huawei; ${file} is not`)
  }
  return {
    packageName: given.HERALD_HMS_PACKAGE,
    projectId: account.project_id,
    clientId: env.HERALD_HMS_CLIENT_ID,
    keyId: account.key_id,
    subAccount: account.sub_account,
    privateKey,
    category: env.HERALD_HMS_CATEGORY ?? 'MARKETING',
    url: env.HERALD_HMS_URL ?? VENDOR,
  }
}

function readAccount(text: string): v.InferOutput<typeof AccountSchema> | undefined {
  try {
    const parsed = v.safeParse(AccountSchema, JSON.parse(text))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined // not JSON: the caller has the words
  }
}
