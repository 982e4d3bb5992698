declare module 'http_ece' {
  interface Parameters {
    version: 'aes128gcm'
    privateKey: import('node:crypto').ECDH
    authSecret: string
  }
  export function decrypt(body: Buffer, parameters: Parameters): Buffer
}
