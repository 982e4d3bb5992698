import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { ConfigError } from '../../process/config-error'
import { readNamedFile, readPrivateKey } from '../key-file'
import { readTogether, ServiceUrlSchema } from '../service-settings'

/** A service account of Google Cloud, from the JSON file that Firebase hands out. */
export interface FcmSettings {
  /** Package name, as registrations name the app. */
  readonly packageName: string
  readonly projectId: string
  readonly clientEmail: string
  readonly keyId: string
  readonly privateKey: KeyObject
  /** Where FCM listens. */
  readonly url: string
  /** Where access tokens come from. */
  readonly tokenUrl: string
  /** Who a signed request for a token is meant for. */
  readonly audience: string
}

/** Variables of FCM. */
export const fcmEnvironment = {
  HERALD_FCM_SERVICE_ACCOUNT_FILE: v.optional(v.string()),
  HERALD_FCM_PACKAGE: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z][\w.]{1,149}$/, 'must be a package name such as com.example.herald'),
    ),
  ),
  HERALD_FCM_URL: v.optional(ServiceUrlSchema),
}

type Environment = v.InferOutput<v.ObjectSchema<typeof fcmEnvironment, undefined>>

const FILE = 'HERALD_FCM_SERVICE_ACCOUNT_FILE'
const VENDOR = 'https://fcm.googleapis.com'
/** The only place that signs in service accounts; a file that names another is not believed. */
const TOKEN_URI = 'https://oauth2.googleapis.com/token'

const AccountSchema = v.object({
  type: v.literal('service_account'),
  project_id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9:.-]{2,60}$/)),
  client_email: v.pipe(v.string(), v.includes('@')),
  private_key_id: v.pipe(v.string(), v.minLength(1)),
  private_key: v.string(),
  token_uri: v.literal(TOKEN_URI),
})

/** Reads the credentials for FCM; undefined when there are none. Throws ConfigError. */
export function readFcmSettings(env: Environment): FcmSettings | undefined {
  const given = readTogether(env, [FILE, 'HERALD_FCM_PACKAGE'], ['HERALD_FCM_URL'])
  if (given === undefined) return undefined
  const file = given[FILE]
  const account = readAccount(readNamedFile(FILE, file))
  const privateKey = account && readPrivateKey(account.private_key)
  if (account === undefined || privateKey?.asymmetricKeyType !== 'rsa') {
    throw new ConfigError(`${FILE}: must be the JSON file of a service account of Firebase; ${file} is not`)
  }
  const url = env.HERALD_FCM_URL ?? VENDOR
  return {
    packageName: given.HERALD_FCM_PACKAGE,
    projectId: account.project_id,
    clientEmail: account.client_email,
    keyId: account.private_key_id,
    privateKey,
    url,
    tokenUrl: url === VENDOR ? TOKEN_URI : `${url}/token`,
    audience: TOKEN_URI,
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
