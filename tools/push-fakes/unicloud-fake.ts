// A uniCloud space with one function behind an address, and uni-push 2.0 for the function to call: for tests and for
// playing. How to script it:
//   const fake = await startUnicloudFake({ signKey })
//   const phone = fake.phones.add('a'.repeat(32), { platform: 'ios', online: false })
//   phone.shown, phone.received, fake.phones.onDelivered(…)     what reached it
//   fake.install((event) => …)           runs this function instead of the built-in one; it may use
//                                        fake.verifyHttpInfo(event) and fake.sendMessage(message)
//   fake.refuseNext(30004, 'over limit') the next sendMessage answers errCode uni-cloud-push-error-30004
//   fake.fail({ type: 'hang' })          the next call meets a fault of the network
//   fake.broadcasts()                    messages that had no audience, and so reached everybody
// The function's address answers 200 whatever the function returns, as uniCloud does.
import { FakePhones } from './fake-phone'
import {
  startFakeService,
  type Fault as NetworkFault,
  type FakeReply,
  type FakeRequest,
  type OnAnswered,
} from './fake-service'
import { S2sError, verifyHttpInfo, type HttpEvent } from './s2s-verification'
import { Fault, strictly } from './strict-fields'
import { UniPushManager, type UniPushAnswer } from './uni-push-manager'

export interface UnicloudFakeOptions {
  readonly signKey: string
  readonly port?: number
  readonly onAnswered?: OnAnswered
  readonly now?: () => number
}

/** A function as uniCloud runs it. */
export type CloudFunction = (event: HttpEvent) => Promise<unknown>

export const FUNCTION_PATH = '/herald-push'

/** Whether a call of the function asks for a push. */
export const isUnicloudPush = ({ path, body }: FakeRequest): boolean =>
  path === FUNCTION_PATH && !body.includes('"check"')

/** Starts the fake on this machine; `url` is the function's address. */
export async function startUnicloudFake({ signKey, port, onAnswered, now = Date.now }: UnicloudFakeOptions) {
  const phones = new FakePhones()
  const manager = new UniPushManager(phones, now)
  const verify = (event: HttpEvent): void => verifyHttpInfo(event, signKey, now())
  const sendMessage = (message: unknown): Promise<UniPushAnswer> => manager.sendMessage(message)
  let main: CloudFunction = (event) => builtIn(event, verify, sendMessage)

  const service = await startFakeService((request) => runFunction(request, (event) => main(event)), {
    port,
    onAnswered,
  })
  return {
    url: `${service.url}${FUNCTION_PATH}`,
    requests: service.requests,
    phones,
    pushes: manager.pushes,
    dropped: manager.dropped,
    refused: manager.refused,
    broadcasts: () => manager.broadcasts,
    sendMessage,
    verifyHttpInfo: verify,
    install: (installed: CloudFunction) => void (main = installed),
    fail: (fault: NetworkFault, of = isUnicloudPush) => service.fail(fault, of),
    refuseNext: (code: number, errMsg: string) =>
      void manager.refusals.push({ errCode: `uni-cloud-push-error-${code}`, errMsg }),
    close: () => service.close(),
  }
}

async function runFunction(request: FakeRequest, main: CloudFunction): Promise<FakeReply> {
  if (request.path !== FUNCTION_PATH) {
    return { status: 404, body: { code: 'InvalidParameter', message: 'no function is at this path' } }
  }
  const event: HttpEvent = {
    path: '/',
    httpMethod: request.method,
    headers: request.headers,
    queryStringParameters: Object.fromEntries(request.query),
    body: request.body,
    isBase64Encoded: false,
  }
  try {
    return { status: 200, body: await main(event) }
  } catch (error) {
    return { status: 500, body: { code: 'FunctionBizError', message: String(error) } }
  }
}

/** What docs/push/unicloud-function does, for where that file is not at hand. */
async function builtIn(
  event: HttpEvent,
  verify: (event: HttpEvent) => void,
  sendMessage: (message: unknown) => Promise<UniPushAnswer>,
): Promise<unknown> {
  try {
    verify(event)
    const body = strictly.json(event.body)
    if (body.action === 'check') return { errCode: 0, errMsg: '' }
    const push = strictly.json(strictly.text(body.push, 'push', 100_000))
    strictly.text(push.push_clientid, 'push_clientid', 64, 16)
    return await sendMessage(push)
  } catch (error) {
    if (error instanceof S2sError) return { errCode: error.errCode, errMsg: error.errMsg }
    if (error instanceof Fault) return { errCode: 'herald-push', errMsg: error.message }
    throw error
  }
}
