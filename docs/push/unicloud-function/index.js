'use strict'
/* global require, exports, Buffer, uniCloud */

// The function that Herald's gateway calls to send by uni-push 2.0. docs/push/uni-push.md says how to install it.
// It needs the common modules uni-cloud-s2s (with "type": "sign") and the extension uni-cloud-push.
const { verifyHttpInfo } = require('uni-cloud-s2s')

// The app that is pushed to: "appid" in its manifest.json.
const APP_ID = '__UNI__XXXXXXX'

const VERSION = 1
// As long as the signature is valid, a copy of a request would pass. uni-push drops one with a request_id that it has
// seen, so nothing rings twice.
const REQUEST_ID = /^[0-9a-f]{10,32}$/
const CLIENT_ID = /^[0-9A-Za-z]{16,64}$/
// Everything that a push may consist of. In particular no other audience: user_id, user_tag, device_id, getui_*.
const FIELDS = [
  'push_clientid',
  'request_id',
  'title',
  'content',
  'payload',
  'force_notification',
  'badge',
  'settings',
  'options',
  'category',
]

const refuse = (errCode, errMsg) => ({ errCode, errMsg })

/** The push, checked; throws with a text that says what is wrong. */
function readPush(text) {
  const push = JSON.parse(text)
  if (push === null || typeof push !== 'object' || Array.isArray(push))
    throw new Error('push is not an object')
  const unknown = Object.keys(push).filter((name) => !FIELDS.includes(name))
  if (unknown.length > 0)
    throw new Error(`push has fields that this function does not take: ${unknown.join(', ')}`)
  // Without an audience sendMessage reaches every device that ever started the app.
  if (typeof push.push_clientid !== 'string' || !CLIENT_ID.test(push.push_clientid)) {
    throw new Error('push_clientid is not the id of one device')
  }
  if (typeof push.request_id !== 'string' || !REQUEST_ID.test(push.request_id)) {
    throw new Error('request_id is missing')
  }
  return push
}

exports.main = async (event) => {
  try {
    // Signs the top-level primitives of the body only: that is why the push is text within it.
    verifyHttpInfo(event)
  } catch (error) {
    return refuse(error.errCode || 51000, error.errMsg || 'the request is not signed')
  }

  let push
  try {
    const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body
    const body = JSON.parse(text)
    if (body.version !== VERSION) return refuse('herald-version', `this function is of version ${VERSION}`)
    if (body.action === 'check') return { errCode: 0, errMsg: '' }
    if (body.action !== 'send') return refuse('herald-action', 'action is neither send nor check')
    push = readPush(body.push)
  } catch (error) {
    return refuse('herald-push', error.message)
  }

  try {
    return await uniCloud.getPushManager({ appId: APP_ID }).sendMessage(push)
  } catch (error) {
    // uni-cloud-push throws some of its refusals; the gateway reads the code.
    return refuse(error.errCode || error.code || 'function-failed', error.errMsg || error.message)
  }
}
