/** How much of everything one user may have; 0 is no limit. A read token could make each of these without end. */
export interface UserLimits {
  /** Topics that the user follows. */
  readonly topics: number
  /** Devices that are registered and not signed out. */
  readonly devices: number
  /** Live sockets. */
  readonly sockets: number
  /** Tokens that can be used. */
  readonly tokens: number
  /** Sign-in codes that can be used. */
  readonly codes: number
}

export const NO_LIMITS: UserLimits = { topics: 0, devices: 0, sockets: 0, tokens: 0, codes: 0 }

/** Whether there is room for one more beside `count`. */
export const hasRoom = (count: number, limit: number): boolean => limit === 0 || count < limit
