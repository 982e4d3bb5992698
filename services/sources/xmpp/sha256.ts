const WORD = 2 ** 32

/** The first bits behind the point of roots of the first primes (FIPS 180-4 §4.2.2, §5.3.3). */
const rootBits = (root: number, count: number): Uint32Array => {
  const bits: number[] = []
  for (let candidate = 2; bits.length < count; candidate += 1)
    if (isPrime(candidate)) bits.push((Math.pow(candidate, 1 / root) * WORD) % WORD)
  return Uint32Array.from(bits)
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1)
    if (candidate % divisor === 0) return false
  return true
}

const ROUNDS = rootBits(3, 64)
const START = rootBits(2, 8)

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
const mix = (word: number, [a, b, c]: readonly [number, number, number]): number =>
  turn(word, a) ^ turn(word, b) ^ turn(word, c)

/**
 * SHA-256 (FIPS 180-4), for names that are made in the middle of things. Own, since it is a tenth of a library's: those
 * bring streams, views and other lengths. Nothing secret is proven by it; that is scram-hashes.ts.
 */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor((bytes.length * 8) / WORD))
  view.setUint32(padded.length - 4, (bytes.length * 8) % WORD)
  const state = START.slice()
  for (let at = 0; at < padded.length; at += 64) addBlock(state, view, at)
  const hash = new Uint8Array(32)
  state.forEach((word, index) => {
    new DataView(hash.buffer).setUint32(index * 4, word)
  })
  return hash
}

function addBlock(state: Uint32Array, view: DataView, at: number): void {
  const words = new Uint32Array(64)
  const word = (index: number): number => words[index] ?? 0
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < 64; round += 1) {
    const [near, far] = [word(round - 2), word(round - 15)]
    words[round] =
      round < 16
        ? view.getUint32(at + round * 4)
        : word(round - 16) + word(round - 7) + spread(far, [7, 18], 3) + spread(near, [17, 19], 10)
    const one = h + mix(e, [6, 11, 25]) + ((e & f) ^ (~e & g)) + (ROUNDS[round] ?? 0) + word(round)
    const two = mix(a, [2, 13, 22]) + ((a & b) ^ (a & c) ^ (b & c))
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
  }
  ;[a, b, c, d, e, f, g, h].forEach((value, index) => {
    state[index] = (state[index] ?? 0) + value
  })
}

const spread = (word: number, [a, b]: readonly [number, number], shift: number): number =>
  turn(word, a) ^ turn(word, b) ^ (word >>> shift)
