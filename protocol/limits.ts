/** Every size and time that both ends must agree on. PROTOCOL.md lists the same figures. */

/** Subprotocol asked for and answered in the websocket handshake (RFC 6455 §1.9). */
export const SUBPROTOCOL = 'herald.v1'

/** Where the websocket is. */
export const SOCKET_PATH = '/v1/socket'

/** Largest frame that the gateway takes, in bytes of UTF-8. */
export const MAX_INBOUND_FRAME_BYTES = 16 * 1024

/** Largest HTTP body that the gateway takes, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024

/** Deepest nesting of JSON that the gateway takes. Readers in other languages give up at 64 and more. */
export const MAX_JSON_DEPTH = 32

/** Most messages in one history page, and in the newest page of a catch-up. */
export const MAX_PAGE = 100

/** Most read ranges in one `read` frame or request; a sender with more sends several. */
export const MAX_READ_RANGES = 200

/** Longest title, in UTF-16 code units. */
export const MAX_TITLE_LENGTH = 250

/** Longest body, in UTF-16 code units. */
export const MAX_TEXT_LENGTH = 16_000

/** Longest `data`, as JSON, in UTF-16 code units. */
export const MAX_DATA_LENGTH = 4096

export const MAX_ACTIONS = 3
export const MAX_TAGS = 10

/** Push registrations of one device. */
export const MAX_REGISTRATIONS = 8

/** Message ids that one push names. */
export const MAX_PUSH_IDS = 50

/** How long the gateway waits for `hello` after the socket opens, in ms. */
export const HELLO_TIMEOUT_MS = 10_000

/** How long a client waits for `welcome` after it sent `hello`, in ms. */
export const WELCOME_TIMEOUT_MS = 10_000
