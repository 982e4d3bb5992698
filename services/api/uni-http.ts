import { HostNotListed, type HttpAnswer, type SendRequest } from './http'

/** The part of `uni.request` that is used: callbacks, since interceptors change what it returns. */
export type UniRequest = (options: {
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  header: Record<string, string>
  data?: string
  dataType: string
  responseType: 'text'
  timeout: number
  success: (result: { statusCode: number; data: unknown }) => void
  fail: (result: unknown) => void
}) => unknown

/** HTTP by `uni.request`, which App, H5 and mini-programs all have. */
export function uniHttp(request: UniRequest): SendRequest {
  return ({ method, url, headers, body, timeoutMs }) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      request({
        url,
        method,
        header: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { data: JSON.stringify(body) }),
        // Any other value than 'json' leaves the body as text: uni hides from its callers whether JSON was broken.
        dataType: 'text',
        responseType: 'text',
        timeout: timeoutMs,
        success: ({ statusCode, data }) => {
          resolve({ status: statusCode, text: typeof data === 'string' ? data : JSON.stringify(data ?? '') })
        },
        fail: (failure) => {
          reject(isUnlisted(failure) ? new HostNotListed() : new Error('no answer'))
        },
      })
    })
}

/** WeChat's words for it (developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html). */
const isUnlisted = (failure: unknown): boolean =>
  typeof failure === 'object' &&
  failure !== null &&
  'errMsg' in failure &&
  String(failure.errMsg).includes('not in domain list')
