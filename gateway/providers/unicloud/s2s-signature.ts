import { createHmac } from 'node:crypto'

/**
 * The headers that prove a request to uniCloud's module uni-cloud-s2s:
 * https://doc.dcloud.net.cn/uniCloud/uni-cloud-s2s.html#sign-policy. Only the top-level primitives of the body are
 * signed: whatever is nested is not protected, so it has to travel as text.
 * @param now ms since 1970; the function refuses what is more than 60 s old.
 */
export function signedHeaders(
  fields: Readonly<Record<string, string | number | boolean>>,
  signKey: string,
  now: number,
): Record<string, string> {
  const content = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${String(fields[name])}`)
    .join('&')
  const signature = createHmac('sha256', signKey).update(`${now}\n${content}`).digest('hex')
  return {
    'Unicloud-S2s-Timestamp': String(now),
    'Unicloud-S2s-Signature': `hmac-sha256 ${signature}`,
  }
}
