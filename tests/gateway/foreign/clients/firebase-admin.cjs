// Google's own client, which knows one address only: its connections are led to the fake.
const { createRequire } = require('node:module')
const https = require('node:https')
const { connect } = require('node:net')
const { join } = require('node:path')

const [, , folder = '', given = ''] = process.argv
const { url, account, message } = JSON.parse(given)
const requireForeign = createRequire(join(folder, 'package.json'))
const { initializeApp, cert } = requireForeign('firebase-admin/app')
const { getMessaging } = requireForeign('firebase-admin/messaging')

class LeadingAgent extends https.Agent {
  /** @override */
  createConnection() {
    return connect(Number(new URL(url).port), '127.0.0.1')
  }
}

async function send() {
  const httpAgent = new LeadingAgent()
  // Its sign-in takes no agent.
  https.globalAgent = httpAgent
  try {
    const app = initializeApp({ credential: cert(account, httpAgent), httpAgent })
    return { ok: true, name: await getMessaging(app).send(message) }
  } catch (error) {
    const { code = '', message = String(error) } = Object(error)
    return { ok: false, code, message }
  }
}

void send().then((answer) => {
  console.log(JSON.stringify(answer))
  process.exit(0)
})
