import { HeraldError, type CreateTokenBody, type User } from '@herald/protocol'
import type { DataFolder } from './data-folder'
import type { Directory } from '../contracts/directory'

/** Files in the data folder that hold a token's secret. */
export const ADMIN_TOKEN_FILE = 'admin-token'
export const PUBLISH_TOKEN_FILE = 'publish-token'

/** The user of somebody who runs Herald for themselves. */
const FIRST_USER = 'me'

const noRight: CreateTokenBody = { label: '', publish: [], read: false, admin: false }

const firstTokens: Readonly<Record<string, CreateTokenBody>> = {
  // The command line tool uses it for everything, publishing too.
  [ADMIN_TOKEN_FILE]: { ...noRight, label: 'data folder: administration', admin: true, publish: ['*'] },
  [PUBLISH_TOKEN_FILE]: { ...noRight, label: 'quickstart', publish: ['*'] },
}

/**
 * Makes sure that there is somebody to sign in as, and that whoever can read the data folder can use the gateway.
 * There is no default secret: these are made at random here. A file that is missing or was damaged is made anew;
 * one whose token was revoked or has expired stays as it is, because somebody wanted that. Answers whom to sign in as:
 * nobody who is disabled.
 */
export async function prepareFirstStart(folder: DataFolder, directory: Directory): Promise<User | undefined> {
  for (const [file, body] of Object.entries(firstTokens)) {
    if (await isUsable(directory, folder.read(file))) continue
    const { token } = await directory.createToken(null, body)
    folder.writeSecret(file, token)
  }
  const users = await directory.listUsers()
  if (users.length === 0) return createFirst(directory)
  const open = users.filter(({ disabled }) => disabled === null)
  return open.find(({ id }) => id === FIRST_USER) ?? open[0]
}

/** Another gateway may start on the same store at the same moment, and be faster. */
async function createFirst(directory: Directory): Promise<User> {
  try {
    return await directory.createUser(FIRST_USER)
  } catch (error) {
    if (error instanceof HeraldError && error.code === 'user_exists') return directory.getUser(FIRST_USER)
    throw error
  }
}

async function isUsable(directory: Directory, secret: string | undefined): Promise<boolean> {
  if (secret === undefined) return false
  try {
    await directory.authenticate(secret)
    return true
  } catch (error) {
    if (error instanceof HeraldError) return error.code !== 'token_invalid'
    throw error
  }
}
