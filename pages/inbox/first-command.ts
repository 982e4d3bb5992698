/** What the empty inbox offers to paste into a terminal, in the folder of a gateway: the first message to this user. */
interface FirstCommand {
  /** The gateway's address. */
  readonly server: string
  readonly user: string
  readonly text: string
  /** For PowerShell, where `curl` may be another program, and words that are not ASCII arrive changed. */
  readonly windows: boolean
}

const PLAIN_TEXT = 'Hello from my server'

/**
 * One line, so that it is the same in every shell; the token is read from its file when the line runs, so that it stands in no
 * history. Single quotes keep what is in them, in POSIX shells and in PowerShell.
 */
export function firstCommand({ server, user, text, windows }: FirstCommand): string {
  const quote = (words: string): string => `'${words.replace(/'/g, windows ? "''" : "'\\''")}'`
  const said = windows && /[^\x20-\x7e]/.test(text) ? PLAIN_TEXT : text
  return [
    windows ? 'curl.exe' : 'curl',
    '-H "Authorization: Bearer $(cat data/publish-token)"',
    `-d ${quote(said)}`,
    quote(`${server}/v1/feeds/user:${user}/messages`),
  ].join(' ')
}
