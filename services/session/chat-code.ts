// What only a chat account needs, and a chunk of its own on H5.
export { forgetChat, registerChat } from '../api/chat-api'
export { ChatAccount } from '../sources/xmpp/chat-account'
export { proveAccount } from '../sources/xmpp/prove-account'
